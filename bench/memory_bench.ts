/**
 * Is memory small and flat? Trains the tutorial's network and prints resident memory as it goes.
 *
 *   deno run --allow-read --allow-env bench/memory_bench.ts DATA_DIR [STEPS]
 */
import { cifar10 } from "../lib/data/cifar10.ts";
import { Device } from "../lib/gpu/device.ts";
import { tutorialNetwork } from "../lib/models/tutorial.ts";
import { tutorialRecipe } from "../lib/train/recipe.ts";
import { train } from "../lib/train/trainer.ts";

const [dir = "data/cifar10", steps = "2000"] = Deno.args;
using device = await Device.open();
const dataset = await cifar10({ dir });
const events = train(device, {
  model: tutorialNetwork(),
  dataset,
  recipe: tutorialRecipe,
  maxSteps: Number(steps) + 1,
  logFrequency: 100,
});
for await (const event of events) {
  if (event.type !== "step") continue;
  const { rss, heapUsed, external } = Deno.memoryUsage();
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  console.log(
    `step ${event.step}: resident ${mebibytes(rss)}, heap ${mebibytes(heapUsed)}, ` +
      `arrays ${mebibytes(external)}, ${event.examplesPerSecond.toFixed(0)} examples/sec`,
  );
}
