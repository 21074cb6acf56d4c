// What a run writes for TensorBoard and the dashboard, as an independent decoder reads it.

import { assert, assertAlmostEquals, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { PNG } from "pngjs";
import { Buffer } from "node:buffer";
import type { Io } from "../../lib/cli/command.ts";
import { withSummaries } from "../../lib/commands/train_summaries.ts";
import { shapes } from "../../lib/data/shapes.ts";
import { evaluate } from "../../lib/evaluate.ts";
import { ConfusedPictures, EvaluationSummaries } from "../../lib/evaluation_summaries.ts";
import { encodeEvent } from "../../lib/summary/event.ts";
import { EventReader, withoutPurged } from "../../lib/summary/event_reader.ts";
import { conv2d } from "../../lib/layers/conv2d.ts";
import { dense } from "../../lib/layers/dense.ts";
import { flatten } from "../../lib/layers/flatten.ts";
import { relu } from "../../lib/layers/relu.ts";
import { residual } from "../../lib/layers/residual.ts";
import { sequential } from "../../lib/layers/sequential.ts";
import { resnet } from "../../lib/models/resnet.ts";
import { encodeGraph } from "../../lib/summary/graph.ts";
import { modelGraph } from "../../lib/train/model_graph.ts";
import { RunSummaries } from "../../lib/train/run_summaries.ts";
import type { Snapshot } from "../../lib/train/snapshot.ts";
import type { TrainEvent } from "../../lib/train/train_event.ts";
import { train } from "../../lib/train/trainer.ts";
import { Rng } from "../../lib/rng.ts";
import { openDevice } from "../support/device.ts";
import { canMount, withTinyDisk } from "../support/tiny_disk.ts";
import { tinyModel, tinyRecipe } from "../support/tiny.ts";
import { decode, type Message } from "../summary/protos.ts";
import { inTemporary } from "../support/temporary.ts";

const dataset = shapes({ train: 100, test: 40 });

/** The events of a directory that count, as messages that an independent decoder has read. */
async function messagesOf(directory: string): Promise<Message[]> {
  const events = withoutPurged(await new EventReader(directory).poll());
  return events.map((event) => decode("Event", encodeEvent(event)));
}

/** Values by tag, each with its step. */
function byTag(messages: readonly Message[]): Record<string, Message[]> {
  const values = messages.flatMap(({ step, summary }) =>
    (summary?.value ?? []).map((value: Message) => ({ step, ...value }))
  );
  return Object.groupBy(values, ({ tag }) => tag) as Record<string, Message[]>;
}

function decodePng(image: Message): { height: number; width: number } {
  const { height, width } = PNG.sync.read(Buffer.from(image.encodedImageString));
  assertEquals([image.height, image.width], [height, width]);
  return { height, width };
}

const textOf = (value: Message) => JSON.parse(new TextDecoder().decode(value.tensor.stringVal[0]));

Deno.test("a run's files have everything that there is to see, under the tutorial's names", () =>
  inTemporary(async (directory) => {
    using device = await openDevice();
    const events: TrainEvent[] = [];
    const { classes } = dataset;
    {
      const config = { answer: 42 };
      const options = { model: tinyModel, classes, config };
      using summaries = await RunSummaries.open(directory, options);
      const run = { model: tinyModel, dataset, recipe: tinyRecipe, maxSteps: 5, summarySteps: 2 };
      for await (const event of train(device, run)) {
        await summaries.record(event);
        events.push(event);
      }
      summaries.end("finished");
    }
    const messages = await messagesOf(directory);
    const values = byTag(messages);
    const steps = [0, 2, 4];
    const made = events.filter((event) => event.type === "summary");
    assertEquals(made.map(({ step }) => step), steps);
    const series = (tag: string) => values[tag].map(({ simpleValue }) => simpleValue);
    const close = (tag: string, expected: number[]) => {
      assertEquals(values[tag].map(({ step }) => step), steps, tag);
      series(tag).forEach((value, i) => assertAlmostEquals(value, expected[i], 1e-5, tag));
    };
    for (const name of ["cross_entropy", "logits/weight_loss", "total_loss"]) {
      close(`${name} (raw)`, made.map(({ losses }) => losses.raw[name]));
      close(name, made.map(({ losses }) => losses.averaged[name]));
    }
    close("learning_rate", made.map(({ learningRate }) => learningRate));
    assertEquals(series("examples/sec").map((speed) => speed > 0), [true, true, true]);
    const zeros = made.map(({ summary: { tensors } }) => tensors[0].zeros / tensors[0].size);
    close("conv/sparsity", zeros);
    assert(zeros.every((share) => share > 0 && share < 1));

    const histograms = ["conv/activations", "conv/weights", "conv/weights/gradients"];
    for (const tag of histograms) {
      assertEquals(values[tag].length, 3, tag);
      for (const { histo: { num, bucket, bucketLimit, min, max } } of values[tag]) {
        assertEquals(bucket.reduce((a: number, b: number) => a + b), num);
        assertEquals(bucket.length, bucketLimit.length);
        assert(min < max && min < bucketLimit.at(-1));
      }
    }
    for (const n of [0, 1, 2]) {
      const [picture] = values[`images/image/${n}`];
      assertEquals(decodePng(picture.image), { height: 24, width: 24 });
    }
    assertEquals(textOf(values["images/labels"][0]), made[0].labels.map((label) => classes[label]));
    assertEquals(decodePng(values["conv/weights/filters"][0].image), { height: 21, width: 21 });

    const graph = decode("GraphDef", messages.find(({ graphDef }) => graphDef).graphDef);
    const nodes = graph.node.map(({ name, input = [] }: Message) => [name, ...input].join(" "));
    assertEquals(nodes, [
      "images",
      "conv/weights",
      "conv/biases",
      "conv/conv images conv/weights conv/biases",
      "flatten/flatten conv/conv",
      "logits/weights",
      "logits/biases",
      "logits/logits flatten/flatten logits/weights logits/biases",
      "labels",
      "cross_entropy logits/logits labels",
      "logits/weight_loss logits/weights",
      "total_loss cross_entropy logits/weight_loss",
      "learning_rate",
      "gradients total_loss",
      "train gradients learning_rate",
    ]);
    assertEquals(textOf(values.config[0]), { answer: 42 });
    assertEquals(textOf(values.model[0]).layers.length, 3);
    const timings = textOf(values.kernels[0]);
    assert(timings.length > 5 && timings.every((row: Message) => row.milliseconds >= 0));
    const statuses = values.status.map(({ tensor }) =>
      new TextDecoder().decode(tensor.stringVal[0])
    );
    assertEquals([statuses, values.status[1].step], [["running", "finished"], 5]);
  }));

Deno.test("the graph has the layers within layers, and the way around them", () => {
  const model = sequential([8, 8, 3], [
    residual([
      conv2d({ name: "conv", filters: 3, kernel: 3, padding: "SAME", weightDecay: 0.1 }),
      relu("NHWC"),
    ], { name: "block" }),
    residual([conv2d({ name: "conv", filters: 4, kernel: 1 })], {
      name: "wider",
      shortcut: [conv2d({ name: "projection", filters: 4, kernel: 1 })],
    }),
    flatten(),
    dense({ name: "logits", units: 2 }),
  ]);
  const { node } = decode("GraphDef", encodeGraph(modelGraph(model)));
  const lines = node.map(({ name, op, input = [] }: Message) => [name, op, ...input].join(" "));
  assertEquals(lines.slice(0, 12), [
    "images Placeholder",
    "block/conv/weights VariableV2",
    "block/conv/biases VariableV2",
    "block/conv/conv Conv2d images block/conv/weights block/conv/biases",
    "block/relu/relu Relu block/conv/conv",
    "block/block Add block/relu/relu images",
    "wider/conv/weights VariableV2",
    "wider/conv/biases VariableV2",
    "wider/conv/conv Conv2d block/block wider/conv/weights wider/conv/biases",
    "wider/projection/weights VariableV2",
    "wider/projection/biases VariableV2",
    "wider/projection/projection Conv2d block/block wider/projection/weights " +
    "wider/projection/biases",
  ]);
  assertEquals(lines[12], "wider/wider Add wider/conv/conv wider/projection/projection");
  assert(lines.includes("total_loss AddN cross_entropy block/conv/weight_loss"));
  const names = node.map(({ name }: Message) => name);
  const taken = node.flatMap(({ input = [] }: Message) => input);
  assertEquals(taken.filter((name: string) => !names.includes(name)), []);
  assertEquals(new Set(names).size, names.length);
  const parameters = model.parameters.entries.map(({ name }) => name);
  assertEquals(parameters.filter((name) => !names.includes(name)), []);
});

Deno.test("the graph of a deep network is whole", () => {
  const { node } = decode("GraphDef", encodeGraph(modelGraph(resnet())));
  const names = node.map(({ name }: Message) => name);
  const taken = node.flatMap(({ input = [] }: Message) => input);
  assertEquals(taken.filter((name: string) => !names.includes(name)), []);
  assertEquals(new Set(names).size, names.length);
  assert(names.includes("block2_1/projection/projection"));
});

Deno.test("how a run ended stands at the last step that was done, whatever was reported", () =>
  inTemporary(async (directory) => {
    const options = { model: tinyModel, classes: dataset.classes, config: {} };
    {
      using summaries = await RunSummaries.open(directory, options);
      await summaries.record({ type: "progress", done: 197, loss: 1 });
      const snapshot = {} as Snapshot;
      await summaries.record({ type: "saved", step: 200, path: "model.ckpt-200", snapshot });
      summaries.end("finished");
    }
    const { status } = byTag(await messagesOf(directory));
    assertEquals(status.map(({ step }) => Number(step)), [0, 200]);
  }));

Deno.test(
  "a file whose beginning cannot be written is closed",
  { sanitizeResources: true },
  () =>
    inTemporary(async (directory) => {
      const options = { model: tinyModel, classes: dataset.classes, config: 1n }; // which is no JSON
      await assertRejects(() => RunSummaries.open(directory, options), TypeError);
    }),
);

Deno.test("a run that goes on from step 2 leaves nothing of what it did before from there on", () =>
  inTemporary(async (directory) => {
    using device = await openDevice();
    const options = { model: tinyModel, classes: dataset.classes, config: {} };
    for (const [startStep, maxSteps] of [[0, 5], [2, 3]]) {
      using summaries = await RunSummaries.open(directory, { ...options, startStep });
      const run = { model: tinyModel, dataset, recipe: tinyRecipe, maxSteps, summarySteps: 1 };
      // What a resumed run would give: steps before it did not happen in this session.
      for await (const event of train(device, run)) {
        if (event.type !== "summary" || event.step >= startStep) await summaries.record(event);
      }
    }
    const { total_loss: points } = byTag(await messagesOf(directory));
    assertEquals(points.map(({ step }) => step), [0, 1, 2]);
  }));

Deno.test("an evaluation's files have precision, who was taken for whom, and their pictures", () =>
  inTemporary(async (directory) => {
    using device = await openDevice();
    const pictures = new ConfusedPictures(dataset);
    const result = await evaluate(device, {
      model: tinyModel,
      parameters: tinyModel.parameters.initialize(Rng.from(3)),
      dataset,
      onExample: (example) => pictures.add(example),
    });
    using summaries = await EvaluationSummaries.open(directory);
    const subject = { split: "test", averages: true } as const;
    await summaries.record(result, { step: 7, dataset, subject, pictures });
    // Another evaluation beside it, of an earlier step and of something else.
    using others = await EvaluationSummaries.open(directory);
    const other = { split: "train", averages: false } as const;
    await others.record(result, { step: 5, dataset, subject: other, pictures });
    const values = byTag(await messagesOf(directory));
    assertEquals(values["precision @ 1"].map(({ step }) => Number(step)), [7]);
    assertEquals(values["precision @ 1 (train, not averaged)"].length, 1);
    assertAlmostEquals(values["precision @ 1"][0].simpleValue, result.precision, 1e-6);
    const { confusion, classes, picturesInCell } = textOf(values.confusion[0]);
    assertEquals([confusion, classes], [result.confusion, dataset.classes]);
    assertEquals(picturesInCell, 12);
    let cells = 0;
    confusion.forEach((row: number[], label: number) =>
      row.forEach((count, prediction) => {
        const value = values[`confusion/${classes[label]}/${classes[prediction]}`];
        assertEquals(value !== undefined, count > 0);
        if (!value) return;
        cells++;
        const across = Math.min(6, count), down = Math.ceil(Math.min(12, count) / 6);
        const { height, width } = decodePng(value[0].image);
        assertEquals([height, width], [down * 33 + 1, across * 33 + 1]);
      })
    );
    assert(cells > 5);
  }));

Deno.test("of many classes no more than 1,200 pictures are kept in all", async () => {
  const classes = Array.from({ length: 100 }, (_, c) => `${c}`);
  const small = { ...dataset, classes, format: { ...dataset.format, height: 1, width: 1 } };
  const pictures = new ConfusedPictures(small);
  const image = new Uint8Array(3);
  for (let i = 0; i < 10_000; i++) {
    pictures.add({ image, label: i % 100, prediction: Math.floor(i / 100) });
  }
  assertEquals((await pictures.sheets("confusion")).length, 1200);
});

Deno.test({
  name: "training outlives a disk too full for its summaries, says so, and leaves whole events",
  ignore: !canMount, // Only root may mount a tiny disk.
  fn: async () => {
    await withTinyDisk(async (path) => {
      using device = await openDevice();
      const said: string[] = [];
      const io: Io = {
        log: () => {},
        error: (line) => said.push(line),
        progress: () => {},
        columns: 80,
        signal: new AbortController().signal,
      };
      const run = { model: tinyModel, dataset, recipe: tinyRecipe, maxSteps: 40, summarySteps: 1 };
      const options = { path, io, model: tinyModel, classes: dataset.classes, config: {} };
      const events = await Array.fromAsync(withSummaries(train(device, run), options));
      assertEquals(events.filter(({ type }) => type === "summary").length, 40);
      assertEquals(said.length, 1);
      assertMatch(
        said[0],
        /^Cannot write summaries to .*: no space left.*; going on without them\.$/,
      );
      const reader = new EventReader(path);
      const written = await reader.poll();
      assert(written.length > 5);
      assertEquals(reader.problems, []);
      const bytes = written.reduce((sum, event) => sum + encodeEvent(event).length + 16, 0);
      const [{ name }] = [...Deno.readDirSync(path)];
      assertEquals((await Deno.stat(join(path, name))).size, bytes, "nothing half written is left");
    });
  },
});

Deno.test("a run that has nothing else to say says every few seconds that it is running", () =>
  inTemporary(async (directory) => {
    const { now } = performance;
    let seconds = 0;
    performance.now = () => 1000 * seconds;
    try {
      const { classes } = dataset;
      using summaries = await RunSummaries.open(directory, {
        model: tinyModel,
        classes,
        config: {},
      });
      for (; seconds < 13; seconds++) {
        await summaries.record({ type: "progress", done: seconds + 1, loss: 1 });
      }
      summaries.end("stopped");
    } finally {
      performance.now = now;
    }
    const { status } = byTag(await messagesOf(directory));
    const said = status.map(({ step, tensor }) => [
      Number(step),
      new TextDecoder().decode(tensor.stringVal[0]),
    ]);
    const running = [0, 6, 11].map((step) => [step, "running"]);
    assertEquals(said, [...running, [13, "stopped"]]);
  }));
