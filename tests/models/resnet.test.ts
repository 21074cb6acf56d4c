import { assert, assertEquals, assertThrows } from "@std/assert";
import { stepWords } from "../../kernels/step.wgsl.ts";
import { Arena } from "../../lib/gpu/arena.ts";
import { Recorder } from "../../lib/gpu/recorder.ts";
import { resnet } from "../../lib/models/resnet.ts";
import { updateInHostMemory } from "../../lib/optim/host_update.ts";
import { Rng } from "../../lib/rng.ts";
import { type Shape, ShapeError } from "../../lib/shape.ts";
import { openDevice } from "../support/device.ts";
import { labels, normal } from "../support/random.ts";
import { compileNetwork } from "../support/run_network.ts";
import { readerOf, stepOf, write } from "../../lib/checks/tensors.ts";

Deno.test("the residual network of 20 layers has the paper's sizes and weights", () => {
  const { rows, parameters } = resnet();
  const sizes = rows.map(({ outputShape }) => outputShape.slice(1).join("×"));
  assertEquals(sizes.filter((size, i) => size !== sizes[i - 1]), [
    "24×24×16",
    "12×12×32",
    "6×6×64",
    "64",
    "10",
  ]);
  const of = (pattern: RegExp) =>
    parameters.entries.filter(({ name }) => pattern.test(name))
      .reduce((sum, { size }) => sum + size, 0);
  // 0.27 M in the paper's table 6: 3·16·9, six of 16·16·9, 16·32·9, five of 32·32·9, and so on.
  assertEquals(of(/^(?!.*projection).*weights$/), 268_336);
  assertEquals(of(/projection\/weights/), 16 * 32 + 32 * 64);
  assertEquals(parameters.entries.filter(({ decay }) => decay > 0).length, 20);
  assertEquals(rows.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0), 22_957_696);
  assertEquals(resnet({ depth: 8, crop: 32, channels: 1, classes: 7 }).outputShape(3), [3, 7]);
});

Deno.test("a depth that stages of equal blocks cannot have is refused", () => {
  const message = "Cannot build the residual network: needs a depth of 6n + 2, such as 20, got ";
  assertThrows(() => resnet({ depth: 18 }), ShapeError, message + 18);
  assertThrows(() => resnet({ depth: 2 }), ShapeError, message + 2);
});

Deno.test("a residual network learns a batch, and its running averages follow", async () => {
  const batch = 8;
  const model = resnet({ depth: 8, width: 4 });
  const rng = Rng.from(53);
  const table = model.parameters;
  const arena = table.initialize(rng.split("parameters"));
  const x = normal(rng.split("x"), { shape: [batch, 24, 24, 3] });
  const classes = labels(rng.split("labels"), { N: batch, classes: 10 });
  using device = await openDevice();
  using network = await compileNetwork(device, model, { batch });
  const losses: number[] = [];
  for (let step = 0; step < 20; step++) {
    const parameters = Object.fromEntries(
      table.entries.map(({ name }) => [name, table.view(arena, name)]),
    );
    const got = await network.run({ x: x.data, labels: classes, parameters });
    losses.push(got.losses.cross_entropy);
    const gradients = new Float32Array(table.length);
    for (const { name } of table.entries) table.view(gradients, name).set(got.gradients[name]);
    updateInHostMemory({ parameters: arena, averages: arena.slice() }, {
      gradients,
      scale: 1,
      learningRate: 0.1,
      averageWeight: 1,
      trained: table.trainedLength,
    });
  }
  assert(losses[19] < losses[0] / 4, losses.join(", "));

  // The same parameters without training: by the running averages, which are near the batch's by now.
  const record = new Recorder(device);
  const values = new Arena(record, table, "values");
  const pictures = record.keep<Shape<"NHWC">>([batch, 24, 24, 3], "x");
  const step = record.keep([stepWords], "step");
  const { y } = model.apply(pictures, { record, values, training: false, step });
  const logits = record.output(y, "logits");
  using program = await record.compile(device);
  using reader = await readerOf(program, [logits]);
  write(program, values.all, arena);
  write(program, pictures, x.data);
  write(program, step, stepOf({}));
  program.run();
  const [got] = await reader.read();
  const best = Array.from({ length: batch }, (_, n) => {
    const row = got.subarray(n * 10, n * 10 + 10);
    return row.indexOf(Math.max(...row));
  });
  assertEquals(best, Array.from(classes));
});
