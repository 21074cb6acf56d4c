import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Device, DeviceError } from "../lib/gpu/device.ts";
import { Readback } from "../lib/gpu/readback.ts";
import { Inference } from "../lib/inference.ts";
import { shapes } from "../lib/data/shapes.ts";
import { evaluate } from "../lib/evaluate.ts";
import { relu } from "../lib/layers/relu.ts";
import { sequential } from "../lib/layers/sequential.ts";
import { Rng } from "../lib/rng.ts";
import { ShapeError, sizeOf } from "../lib/shape.ts";
import { placeOn } from "../lib/train/replica.ts";
import { train } from "../lib/train/trainer.ts";
import { assertClose } from "./support/assert_close.ts";
import { openDevice } from "./support/device.ts";
import { tinyModel, tinyRecipe } from "./support/tiny.ts";

const parameters = tinyModel.parameters.initialize(Rng.from(2));
const rng = Rng.from(3);
const size = sizeOf(tinyModel.input);
const x = Float32Array.from({ length: 7 * size }, () => rng.truncatedNormal());

Deno.test("examples in turns give what they give one by one, in their order", async () => {
  using device = await openDevice();
  using one = await Inference.create(device, { model: tinyModel, parameters });
  using three = await Inference.create(device, { model: tinyModel, parameters, batchSize: 3 });
  const expected = new Float32Array(70);
  for (let n = 0; n < 7; n++) {
    expected.set(await one.run(x.subarray(n * size, (n + 1) * size)), n * 10);
  }
  assertEquals(await one.run(x), expected);
  const turns = await three.run(x);
  assertClose(turns, expected, { name: "logits", terms: 400 });
  assertEquals(await three.run(x), turns);
  assertEquals(await three.run(new Float32Array()), new Float32Array());
  assertEquals(three.outputShape, [10]);
});

Deno.test("runs that are asked for at once take their turns, whatever becomes of others", async () => {
  using device = await openDevice();
  using inference = await Inference.create(device, { model: tinyModel, parameters, batchSize: 2 });
  const alone = await inference.run(x);
  const parts = [0, 2, 3, 7].map((end, i, ends) =>
    x.subarray((ends[i - 1] ?? 0) * size, end * size)
  );
  const wrong = assertRejects(() => inference.run(x.subarray(1)), ShapeError);
  const together = await Promise.all(parts.map((part) => inference.run(part)));
  await wrong;
  assertEquals(together.flatMap((logits) => [...logits]), [...alone]);
});

Deno.test("one layer alone can be run", async () => {
  using device = await openDevice();
  const model = sequential([5], [relu("NC")]);
  using inference = await Inference.create(device, { model, parameters: new Float32Array() });
  const y = await inference.run(Float32Array.of(-1, 2, -3, 4, -5, 6, -7, 8, -9, 10));
  assertEquals([...y], [0, 2, 0, 4, 0, 6, 0, 8, 0, 10]);
});

Deno.test("parameters in another kind of array are refused, as the adapter would take their bytes", async () => {
  using device = await openDevice();
  for (const wrong of [[...parameters], new Float64Array(parameters), undefined]) {
    const given = { model: tinyModel, parameters: wrong as unknown as Float32Array };
    const error = await assertRejects(() => Inference.create(device, given), ShapeError);
    const got = wrong?.constructor.name;
    assertEquals(
      error.message,
      `Cannot run the model: needs parameters in a Float32Array, got ${got}`,
    );
  }
});

Deno.test("sizes that do not fit are named", async () => {
  using device = await openDevice();
  const create = (parameters: Float32Array) =>
    Inference.create(device, { model: tinyModel, parameters });
  await assertRejects(
    () => create(parameters.subarray(1)),
    ShapeError,
    `needs an arena of ${parameters.length} parameters, got ${parameters.length - 1}`,
  );
  using inference = await create(parameters);
  await assertRejects(
    () => inference.run(x.subarray(1)),
    ShapeError,
    "needs examples of 24×24×3 (1728 numbers each)",
  );
});

Deno.test("a run takes its array as it was when it was asked for", async () => {
  using device = await openDevice();
  const model = sequential([4], [relu("NC")]);
  using inference = await Inference.create(device, { model, parameters: new Float32Array() });
  const given = Float32Array.of(1, 2, 3, 4);
  const running = inference.run(given);
  given.fill(9);
  assertEquals([...await running], [1, 2, 3, 4]);
});

Deno.test("what was disposed refuses to run, and the device goes on", async () => {
  using device = await openDevice();
  const inference = await Inference.create(device, { model: tinyModel, parameters });
  const pending = inference.run(x);
  inference[Symbol.dispose]();
  for (const run of [pending, inference.run(x)]) {
    await assertRejects(() => run, DeviceError, "Cannot run the model: it was disposed");
  }
  using next = await Inference.create(device, { model: tinyModel, parameters });
  await next.run(x);
  device.check();
});

Deno.test("a device that was disposed before its last use says so", async () => {
  const device = await openDevice();
  const inference = await Inference.create(device, { model: tinyModel, parameters });
  const dataset = shapes({ train: 40, test: 8 });
  device[Symbol.dispose]();
  const uses = [
    () => inference.run(x),
    () => Inference.create(device, { model: tinyModel, parameters }),
    () => evaluate(device, { model: tinyModel, parameters, dataset }),
    () => Readback.create(device, 16),
    () => Array.fromAsync(train(device, { model: tinyModel, dataset, maxSteps: 1 })),
  ];
  const message = `Cannot use adapter "${device.summary.name}": its device was disposed; ` +
    "dispose it after its last use";
  for (const use of uses) await assertRejects(use, DeviceError, message);
  assertThrows(() => device.buffer("late", 16), DeviceError, message);
});

Deno.test("batches that there cannot be are refused", async () => {
  using device = await openDevice();
  for (const batchSize of [0, 2.5, NaN]) {
    await assertRejects(
      () => Inference.create(device, { model: tinyModel, parameters, batchSize }),
      ShapeError,
      `needs the batch size to be a whole number of at least 1, got ${batchSize}`,
    );
  }
});

Deno.test("every buffer that training, evaluating and inference make is destroyed", async () => {
  using device = await Device.open();
  const alive = new Set<GPUBuffer>();
  let made = 0;
  const { gpu } = device;
  const createBuffer = gpu.createBuffer.bind(gpu);
  gpu.createBuffer = (descriptor) => {
    const buffer = createBuffer(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    alive.add(buffer);
    made++;
    buffer.destroy = () => {
      alive.delete(buffer);
      return destroy();
    };
    return buffer;
  };
  const dataset = shapes({ train: 40, test: 8 });
  const options = { model: tinyModel, dataset, recipe: tinyRecipe, maxSteps: 3, summarySteps: 2 };
  const places = [placeOn(device), placeOn(device)];
  for (const where of [device, places]) await Array.fromAsync(train(where, options));
  // Stopped in the middle, and never begun.
  for await (const event of train(device, options)) if (event.type === "summary") break;
  await train(device, options).return();
  await evaluate(device, { model: tinyModel, parameters, dataset });
  {
    using inference = await Inference.create(device, { model: tinyModel, parameters });
    await inference.run(x);
  }
  assert(made > 30, `${made} buffers were made`);
  assertEquals([...alive].map(({ label }) => label), []);
});
