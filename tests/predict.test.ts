import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { shapes } from "../lib/data/shapes.ts";
import { evaluate } from "../lib/evaluate.ts";
import { Inference } from "../lib/inference.ts";
import { dense } from "../lib/layers/dense.ts";
import { flatten } from "../lib/layers/flatten.ts";
import { sequential } from "../lib/layers/sequential.ts";
import { softmax } from "../lib/layers/softmax.ts";
import { predict } from "../lib/predict.ts";
import { Rng } from "../lib/rng.ts";
import { ShapeError } from "../lib/shape.ts";
import { pictureOfPlanes } from "../lib/summary/pictures.ts";
import { openDevice } from "./support/device.ts";

const dataset = shapes({ train: 1, test: 20 }), { classes } = dataset;
const layers = [flatten(), dense({ units: 10 })] as const;
const model = sequential([24, 24, 3], layers);
const parameters = model.parameters.initialize(Rng.from(1));
const grey = { height: 32, width: 32, channels: 3, bytes: new Uint8Array(32 * 32 * 3).fill(99) };

Deno.test("a picture is taken for what evaluation takes it for", async () => {
  using device = await openDevice();
  using inference = await Inference.create(device, { model, parameters });
  const judged: { image: Uint8Array; prediction: number }[] = [];
  const onExample = ({ image, prediction }: typeof judged[number]) =>
    void judged.push({ image: image.slice(), prediction });
  await evaluate(device, { model, dataset, parameters, onExample });
  for (const { image, prediction } of judged) {
    const [first] = await predict(inference, pictureOfPlanes(image, [32, 32, 3]), { classes });
    assertEquals(first.class, classes[prediction]);
  }
});

Deno.test("probabilities fall from the first on, sum to 1, and are those of a softmax layer", async () => {
  using device = await openDevice();
  const picture = { ...grey, bytes: grey.bytes.map((_, i) => i % 251) };
  const probable = sequential([24, 24, 3], [...layers, softmax()]);
  const [own, layer] = await Promise.all([model, probable].map(async (model) => {
    using inference = await Inference.create(device, { model, parameters });
    return await predict(inference, picture, { classes });
  }));
  assertAlmostEquals(own.reduce((sum, { probability }) => sum + probability, 0), 1, 1e-6);
  for (const [i, { class: name, probability }] of own.entries()) {
    assertEquals(i === 0 || own[i - 1].probability >= probability, true);
    assertEquals(layer[i].class, name);
    assertAlmostEquals(layer[i].probability, probability, 1e-6);
  }
});

Deno.test("of equal classes the earlier comes first, and so many are given as are asked for", async () => {
  using device = await openDevice();
  const equal = new Float32Array(model.parameters.length);
  using inference = await Inference.create(device, { model, parameters: equal });
  const names = (await predict(inference, grey, { classes, top: 3 })).map((p) => p.class);
  assertEquals(names, classes.slice(0, 3));
});

Deno.test("a network that gives no numbers has no opinion", async () => {
  using device = await openDevice();
  const lost = new Float32Array(model.parameters.length).fill(NaN);
  using inference = await Inference.create(device, { model, parameters: lost });
  await assertRejects(
    () => predict(inference, grey, { classes }),
    RangeError,
    "Cannot ask the model what a picture shows: needs finite logits, got NaN for this one",
  );
});

Deno.test("a number of classes to give that is none is refused", async () => {
  using device = await openDevice();
  using inference = await Inference.create(device, { model, parameters });
  for (const top of [-1, 0, 1.5, NaN]) {
    await assertRejects(
      () => predict(inference, grey, { classes, top }),
      RangeError,
      `Cannot name what a picture shows: needs top to be a whole number of at least 1, got ${top}`,
    );
  }
});

Deno.test("classes and pictures that do not fit the network are refused", async () => {
  using device = await openDevice();
  using inference = await Inference.create(device, { model, parameters });
  await assertRejects(
    () => predict(inference, grey, { classes: ["a", "b"] }),
    ShapeError,
    "needs the names of 10 classes, as the network has so many outputs, got 2",
  );
  await assertRejects(
    () => predict(inference, { ...grey, height: 20 }, { classes }),
    ShapeError,
    "Cannot take a picture of 20×32×3: needs one that covers 24×24×3",
  );
  await assertRejects(
    () => predict(inference, { ...grey, width: 33 }, { classes }),
    ShapeError,
    "Cannot take a picture of 32×33×3: needs 3168 bytes, got 3072",
  );
});
