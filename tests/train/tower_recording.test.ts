import { assert, assertEquals } from "@std/assert";
import { bindingsOf } from "../../kernels/kernel.ts";
import { cudaConvnet } from "../../lib/models/cuda_convnet.ts";
import { resnet } from "../../lib/models/resnet.ts";
import { tutorialNetwork } from "../../lib/models/tutorial.ts";
import { adamW } from "../../lib/optim/optimizers.ts";
import { Rng } from "../../lib/rng.ts";
import { tutorialRecipe } from "../../lib/train/recipe.ts";
import { Tower } from "../../lib/train/tower.ts";
import { recordTower } from "../../lib/train/tower_recording.ts";
import { openDevice } from "../support/device.ts";

const common = {
  picture: { height: 32, width: 32, channels: 3 },
  distortion: tutorialRecipe.distortion,
  optimizer: adamW(),
  clipNorm: 1,
  summaries: true,
};

/** Storage buffers that every WebGPU adapter can bind for one kernel. */
const everywhere = 8;

Deno.test("no kernel of a step binds more than every adapter can, however many terms the loss has", async () => {
  using device = await openDevice();
  const models = [tutorialNetwork(), cudaConvnet(), resnet({ depth: 56 })];
  for (const model of models) {
    const { recording } = recordTower(device, { ...common, model, batch: 4, update: true });
    for (const { kernel } of recording.recorded) {
      const storage = bindingsOf(kernel.code).filter(({ access }) => access !== "uniform");
      assert(storage.length <= everywhere, `${kernel.name} binds ${storage.length} buffers`);
    }
  }
});

Deno.test("a network of many decayed layers trains, and its total is that of all terms", async () => {
  using device = await openDevice();
  const model = resnet({ depth: 32 });
  using tower = await Tower.create(device, { ...common, model, batch: 2, summaries: false });
  const parameters = model.parameters.initialize(Rng.from(5));
  const lossAverages = new Float32Array(tower.lossNames.length);
  tower.writeState({ parameters, averages: parameters, lossAverages });
  const images = new Uint8Array(2 * 3072).map((_, i) => i * 37);
  const numbers = { key: [1, 2], step: 0, learningRate: 0, averageWeight: 0 } as const;
  tower.step({ images, labels: Uint8Array.of(3, 4) }, numbers);
  const { raw } = await tower.losses(1);
  const { total_loss: total, ...terms } = raw;
  assertEquals(Object.keys(terms).length, tower.lossNames.length - 1);
  assert(Object.keys(terms).length > 30);
  const sum = Object.values(terms).reduce((a, b) => a + b);
  assert(Math.abs(total - sum) < 1e-5 * sum, `${total} ${sum}`);
  for (const { name, decay } of model.parameters.entries.filter(({ decay }) => decay > 0)) {
    const w = model.parameters.view(parameters, name);
    const expected = decay / 2 * w.reduce((sum, value) => sum + value * value, 0);
    const got = terms[`${name.slice(0, name.lastIndexOf("/"))}/weight_loss`];
    assert(Math.abs(got - expected) < 1e-5 * expected, `${name}: ${got} ${expected}`);
  }
});
