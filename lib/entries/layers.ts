/**
 * Layers, models of them, and the adapter that runs them: what browsers can load too. Nothing here touches
 * files, processes or the network, or needs a package.
 *
 * @example A layer on an array
 * ```ts
 * import { Device, Inference, relu, sequential } from "@tower/nn/layers";
 * import { assertEquals } from "@std/assert";
 *
 * using device = await Device.open();
 * const model = sequential([4], [relu("NC")]);
 * using inference = await Inference.create(device, { model, parameters: new Float32Array() });
 * assertEquals([...await inference.run(Float32Array.of(-2, -1, 0, 1))], [0, 0, 0, 1]);
 * ```
 *
 * @module
 */

// The adapter.
export {
  AdapterError,
  type AdapterKind,
  type AdapterPreference,
  type AdapterSummary,
  describeAdapter,
  hasAdapter,
  requestAdapter,
} from "../gpu/adapter.ts";
export { Device, type DeviceBuffer, DeviceError, type DeviceOptions } from "../gpu/device.ts";

// Layers.
export {
  type ActivationOptions,
  gelu,
  leakyRelu,
  type LeakyReluOptions,
  sigmoid,
  tanh,
} from "../layers/activations.ts";
export { batchNorm, type BatchNormOptions } from "../layers/batch_norm.ts";
export { conv2d, type Conv2dOptions } from "../layers/conv2d.ts";
export { dense, type DenseOptions } from "../layers/dense.ts";
export { depthwiseConv2d, type DepthwiseConv2dOptions } from "../layers/depthwise_conv2d.ts";
export { dropout, type DropoutOptions } from "../layers/dropout.ts";
export { flatten } from "../layers/flatten.ts";
export { layerNorm, type LayerNormOptions } from "../layers/layer_norm.ts";
export {
  localResponseNormalization,
  type LocalResponseNormalizationOptions,
} from "../layers/local_response_normalization.ts";
export {
  locallyConnected2d,
  type LocallyConnected2dOptions,
} from "../layers/locally_connected2d.ts";
export { averagePool2d, globalAveragePool2d, maxPool2d, type PoolOptions } from "../layers/pool.ts";
export { relu } from "../layers/relu.ts";
export * from "../layers/residual.ts";
export { softmax } from "../layers/softmax.ts";

// Models of them.
export * from "../models/cuda_convnet.ts";
export * from "../models/open.ts";
export * from "../models/resnet.ts";
export * from "../models/tutorial.ts";
export * from "../layers/sequential.ts";

// What a layer of one's own is made with.
export * from "../layers/layer.ts";
export * from "../parameters.ts";
export * from "../shape.ts";
export { philox, Rng } from "../rng.ts";
export type { ElementType, Kernel, Workgroups } from "../../kernels/kernel.ts";
export type { MatmulVariant } from "../../kernels/matmul.wgsl.ts";

// Losses, and the terms that a training step adds up.
export * from "../losses/cross_entropy.ts";
export * from "../losses/loss_scale.ts";
export {
  type LossBuffers,
  type LossTerm,
  type LossTerms,
  lossTerms,
  totalLoss,
  weightDecayTerms,
} from "../losses/total_loss.ts";

// Running models, with what was learned elsewhere.
export * from "../inference.ts";
export * from "../predict.ts";
export { centralInput } from "../central_input.ts";
export type { Picture } from "../picture.ts";
export * from "../export/arena.ts";
export {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  SafetensorsError,
} from "../export/safetensors.ts";
export type { Dtype, HostTensor, TensorArrays } from "../export/tensor_types.ts";

// Recording and running programs of one's own.
export { Arena } from "../gpu/arena.ts";
export type { Pipeline } from "../gpu/pipeline.ts";
export * from "../gpu/profile.ts";
export { type Dispatch, Program } from "../gpu/program.ts";
export * from "../gpu/readback.ts";
export {
  type Recorded,
  Recorder,
  type RecorderOptions,
  type Recording,
  type Target,
  type Variants,
} from "../gpu/recorder.ts";
export type { Memory, Place, PlacedTensor, Tensor } from "../gpu/tensor.ts";
