/**
 * Layers, models of them, and the adapter that runs them: what browsers can load too. Nothing here touches
 * files, processes or the network.
 *
 * @module
 */

export * from "../../kernels/kernel.ts";
export { type MatmulVariant } from "../../kernels/matmul.wgsl.ts";
export * from "../central_input.ts";
export * from "../gpu/adapter.ts";
export * from "../gpu/arena.ts";
export * from "../gpu/device.ts";
export { type Pipeline } from "../gpu/pipeline.ts";
export * from "../gpu/profile.ts";
export { type Dispatch, Program } from "../gpu/program.ts";
export * from "../gpu/readback.ts";
export * from "../gpu/recorder.ts";
export * from "../gpu/tensor.ts";
export * from "../inference.ts";
export * from "../losses/cross_entropy.ts";
export * from "../losses/loss_scale.ts";
export * from "../losses/total_loss.ts";
export * from "../models/cuda_convnet.ts";
export * from "../models/open.ts";
export * from "../models/resnet.ts";
export * from "../models/tutorial.ts";
export * from "../parameters.ts";
export * from "../rng.ts";
export * from "../shape.ts";
export * from "../layers/activations.ts";
export * from "../layers/batch_norm.ts";
export * from "../layers/conv2d.ts";
export * from "../layers/dense.ts";
export * from "../layers/depthwise_conv2d.ts";
export * from "../layers/dropout.ts";
export * from "../layers/flatten.ts";
export * from "../layers/layer.ts";
export * from "../layers/layer_norm.ts";
export * from "../layers/local_response_normalization.ts";
export * from "../layers/locally_connected2d.ts";
export * from "../layers/pool.ts";
export * from "../layers/relu.ts";
export * from "../layers/residual.ts";
export * from "../layers/sequential.ts";
export * from "../layers/softmax.ts";
