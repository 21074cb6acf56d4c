/**
 * Tower: convolutional networks on WebGPU, trained and run from Deno.
 *
 * Layers are plain data. {@linkcode sequential} puts them in order and checks their sizes;
 * {@linkcode train} records them once for an adapter into a flat list of dispatches and replays it step
 * after step; {@linkcode evaluate} says how good the result is.
 *
 * @example A whole training run
 * ```ts
 * import { Device, evaluate, shapes, train, tutorialNetwork } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * using device = await Device.open();
 * const dataset = shapes({ train: 640, test: 64 });
 * const model = tutorialNetwork();
 * const recipe = { batchSize: 32, minQueueExamples: 320 };
 * let parameters: Float32Array = new Float32Array();
 * for await (const event of train(device, { model, dataset, recipe, maxSteps: 5 })) {
 *   if (event.type === "step") console.log(event.step, event.losses.raw.total_loss);
 *   if (event.type === "saved") parameters = event.snapshot.tower.averages;
 * }
 * const { examples } = await evaluate(device, { model, dataset, parameters });
 * assertEquals(examples, 64);
 * ```
 *
 * @module
 */

export * from "./lib/entries/data.ts";
export * from "./lib/entries/export.ts";
export * from "./lib/entries/layers.ts";
export * from "./lib/entries/optim.ts";
export * from "./lib/entries/summary.ts";
export * from "./lib/entries/train.ts";
