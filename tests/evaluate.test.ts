import { assertEquals, assertRejects } from "@std/assert";
import { shapes } from "../lib/data/shapes.ts";
import { inOrder } from "../lib/data/in_order.ts";
import { datasetOf } from "../lib/data/dataset_of.ts";
import { evaluate, type EvaluateOptions } from "../lib/evaluate.ts";
import { dense } from "../lib/layers/dense.ts";
import { flatten } from "../lib/layers/flatten.ts";
import { sequential } from "../lib/layers/sequential.ts";
import { Rng } from "../lib/rng.ts";
import { ShapeError } from "../lib/shape.ts";
import { openDevice } from "./support/device.ts";

const model = sequential([24, 24, 3], [flatten(), dense({ name: "logits", units: 10 })]);
const dataset = shapes({ train: 30, test: 53 });

/** Parameters that always predict one class. */
function always(label: number): Float32Array {
  const arena = new Float32Array(model.parameters.length);
  model.parameters.view(arena, "logits/biases")[label] = 1;
  return arena;
}

async function labels(): Promise<number[]> {
  const all: number[] = [];
  for await (const batch of inOrder(dataset, { split: "test", batchSize: 10 })) {
    all.push(...batch.labels);
  }
  return all;
}

Deno.test("every picture counts once, whatever the batch size, in the row of its label", async () => {
  using device = await openDevice();
  const counts = new Array(10).fill(0);
  for (const label of await labels()) counts[label]++;
  for (const batchSize of [7, 53, 128]) {
    const result = await evaluate(device, { model, dataset, parameters: always(3), batchSize });
    assertEquals(result.examples, 53);
    assertEquals(result.confusion.map((row) => row[3]), counts);
    assertEquals(result.confusion.flat().reduce((a, b) => a + b), 53);
    assertEquals(result.precision, counts[3] / 53);
  }
  assertEquals(device.liveBuffers, 0);
});

Deno.test("of equal logits the first wins", async () => {
  using device = await openDevice();
  const parameters = new Float32Array(model.parameters.length);
  const { confusion } = await evaluate(device, { model, dataset, parameters });
  assertEquals(confusion.map((row) => row[0]).reduce((a, b) => a + b), 53);
});

Deno.test("a limit takes the first pictures, and the training split can be chosen", async () => {
  using device = await openDevice();
  const first = (await labels()).slice(0, 11).filter((label) => label === 5).length;
  const options = { model, dataset, parameters: always(5), batchSize: 4 };
  const result = await evaluate(device, { ...options, examples: 11 });
  assertEquals([result.examples, result.confusion[5][5]], [11, first]);
  assertEquals((await evaluate(device, { ...options, split: "train" })).examples, 30);
});

Deno.test("pictures of any number of bytes are each judged as themselves, in a last short batch too", async () => {
  using device = await openDevice();
  const rng = Rng.from(7);
  const examples = Array.from({ length: 12 }, () => ({
    image: Uint8Array.from({ length: 27 * 27 * 3 }, () => rng.below(256)),
    label: rng.below(10),
  }));
  const parameters = model.parameters.initialize(rng);
  const predictions = async (count: number) => {
    const format = { height: 27, width: 27, channels: 3 };
    const test = () => examples.slice(0, count);
    const options = { name: "odd", classes: dataset.classes, format, train: test, test };
    const judged: number[] = [];
    await evaluate(device, {
      model,
      parameters,
      dataset: await datasetOf(options),
      batchSize: 8,
      onExample: ({ prediction }) => judged.push(prediction),
    });
    return judged;
  };
  const all = await predictions(12);
  for (const count of [9, 10, 11]) assertEquals(await predictions(count), all.slice(0, count));
});

Deno.test("what does not fit is refused: parameters, channels, sizes, classes, batches", async () => {
  using device = await openDevice();
  const refused = async (options: Partial<EvaluateOptions>, message: string) => {
    const given = { model, dataset, parameters: always(0), ...options };
    await assertRejects(() => evaluate(device, given), ShapeError, message);
  };
  const other = (input: readonly [number, number, number], units = 10) => {
    const model = sequential(input, [flatten(), dense({ units })]);
    return { model, parameters: new Float32Array(model.parameters.length) };
  };
  const on = "Cannot evaluate the model on shapes: needs";
  await refused(
    { parameters: always(0).subarray(1) },
    "needs an arena of 17344 parameters, got 17343",
  );
  await refused(
    other([24, 24, 1]),
    `${on} pictures of at least 24×24 with 1 channels, as it takes, got 32×32 with 3`,
  );
  await refused(other([48, 24, 3]), `${on} pictures of at least 48×24 with 3 channels`);
  await refused(
    other([24, 24, 3], 11),
    `${on} data of 11 classes, as it has so many outputs, got 10`,
  );
  await refused({ batchSize: 0 }, "needs the batch size to be a whole number of at least 1, got 0");
  device.check();
});

Deno.test("a number of examples that is none is refused", async () => {
  using device = await openDevice();
  for (const examples of [NaN, -1, 2.5]) {
    await assertRejects(
      () => evaluate(device, { model, dataset, parameters: always(0), examples }),
      RangeError,
      `Cannot evaluate the model: needs examples to be a whole number of at least 0, got ${examples}`,
    );
  }
});

Deno.test("an abort ends an evaluation with its reason", async () => {
  using device = await openDevice();
  const reason = new Error("enough");
  const options = {
    model,
    dataset,
    parameters: always(0),
    batchSize: 1,
    signal: AbortSignal.abort(reason),
  };
  await assertRejects(() => evaluate(device, options), Error, "enough");
});

Deno.test("logits that are not finite are refused, as none of them is the largest", async () => {
  using device = await openDevice();
  for (const value of [NaN, Infinity]) {
    const parameters = always(0).fill(value);
    await assertRejects(
      () => evaluate(device, { model, dataset, parameters }),
      RangeError,
      "Cannot evaluate the model: needs finite logits, got NaN for picture 0; ",
    );
  }
});
