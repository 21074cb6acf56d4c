/**
 * Tower: convolutional networks on WebGPU, trained and run from Deno.
 *
 * Layers are plain data. {@linkcode sequential} puts them in order and checks their sizes;
 * {@linkcode train} records them once for an adapter into a flat list of dispatches and replays it step
 * after step; {@linkcode evaluate} says how good the result is.
 *
 * @example A whole training run
 * ```ts
 * import { Device, evaluate, shapes, train, tutorialNetwork, tutorialRecipe } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * using device = await Device.open();
 * const dataset = shapes({ train: 640, test: 64 });
 * const model = tutorialNetwork();
 * const recipe = { ...tutorialRecipe, batchSize: 32, minQueueExamples: 320 };
 * let parameters = new Float32Array();
 * const save = ({ tower }: { tower: { averages: Float32Array } }) => {
 *   parameters = tower.averages.slice();
 *   return Promise.resolve("in memory");
 * };
 * for await (const event of train(device, { model, dataset, recipe, maxSteps: 5, save })) {
 *   if (event.type === "step") console.log(event.step, event.losses.raw.total_loss);
 * }
 * const { examples } = await evaluate(device, { model, dataset, parameters });
 * assertEquals(examples, 64);
 * ```
 *
 * @module
 */

export * from "./kernels/kernel.ts";
export { type Distortion } from "./kernels/picture.wgsl.ts";
export { type MatmulVariant } from "./kernels/matmul.wgsl.ts";
export { type StepNumbers } from "./kernels/step.wgsl.ts";

export * from "./lib/data/batch.ts";
export * from "./lib/data/cifar10.ts";
export * from "./lib/data/cifar100.ts";
export * from "./lib/data/dataset.ts";
export * from "./lib/data/dataset_of.ts";
export {
  type DownloadOptions,
  type DownloadProgress,
  type RemoteFile,
} from "./lib/data/receive.ts";
export * from "./lib/data/folder.ts";
export * from "./lib/data/image.ts";
export * from "./lib/data/in_order.ts";
export * from "./lib/data/open.ts";
export { planesOf } from "./lib/data/planes.ts";
export * from "./lib/data/prefetch.ts";
export * from "./lib/data/records.ts";
export * from "./lib/data/shapes.ts";
export * from "./lib/data/shuffle_queue.ts";
export * from "./lib/data/svhn.ts";
export { type SplitOptions } from "./lib/data/epochs.ts";

export * from "./lib/evaluate.ts";
export * from "./lib/export/safetensors.ts";
export * from "./lib/export/tensor_types.ts";

export * from "./lib/gpu/adapter.ts";
export * from "./lib/gpu/arena.ts";
export * from "./lib/gpu/device.ts";
export * from "./lib/gpu/pins.ts";
export * from "./lib/gpu/profile.ts";
export { type Dispatch, Program } from "./lib/gpu/program.ts";
export * from "./lib/gpu/readback.ts";
export * from "./lib/gpu/recorder.ts";

export * from "./lib/layers/conv2d.ts";
export * from "./lib/layers/dense.ts";
export * from "./lib/layers/dropout.ts";
export * from "./lib/layers/flatten.ts";
export * from "./lib/layers/layer.ts";
export * from "./lib/layers/local_response_normalization.ts";
export * from "./lib/layers/loss.ts";
export * from "./lib/layers/pool.ts";
export * from "./lib/layers/relu.ts";
export * from "./lib/layers/sequential.ts";
export * from "./lib/layers/softmax.ts";
export * from "./lib/models/tutorial.ts";

export * from "./lib/optim/averages.ts";
export * from "./lib/optim/gradient_descent.ts";
export * from "./lib/optim/host_update.ts";
export * from "./lib/optim/schedules.ts";

export * from "./lib/parameters.ts";
export * from "./lib/rng.ts";
export * from "./lib/shape.ts";

export * from "./lib/train/checkpoint.ts";
export * from "./lib/train/host_towers.ts";
export * from "./lib/train/placement.ts";
export * from "./lib/train/recipe.ts";
export * from "./lib/train/replica.ts";
export * from "./lib/train/run_directory.ts";
export * from "./lib/train/snapshot.ts";
export * from "./lib/train/tower.ts";
export * from "./lib/train/tower_recording.ts";
export * from "./lib/train/towers.ts";
export * from "./lib/train/trainer.ts";
