/**
 * The float64 references that kernels are held against: plain loops, obviously right rather than
 * fast. A reference gives its value and a pullback: `pullback(dy)` is the gradient of `⟨dy, y⟩` for
 * everything that went in, by name.
 *
 * They share no code with the library, and `reference.test.ts` holds them against PyTorch and central
 * differences.
 *
 * @module
 */
export { gelu, leakyRelu, sigmoid, tanh } from "./reference/activations.ts";
export { type Array64, array64, map, type Reference, zeros } from "./reference/array.ts";
export { conv2d, type Conv2dOptions } from "./reference/conv2d.ts";
export { cudaConvnet } from "./reference/cuda_convnet.ts";
export { dense } from "./reference/dense.ts";
export { depthwiseConv2d } from "./reference/depthwise_conv2d.ts";
export { dropout, flatten, relu } from "./reference/elementwise.ts";
export {
  localResponseNormalization,
  type NormalizationOptions,
} from "./reference/local_response_normalization.ts";
export { locallyConnected2d } from "./reference/locally_connected2d.ts";
export {
  batchNorm,
  type BatchNormInputs,
  layerNorm,
  type NormalizedInputs,
} from "./reference/normalization.ts";
export { averageDecay, gradientDescent, movingAverage, weightDecay } from "./reference/optim.ts";
export {
  brighten,
  centralCrop,
  contrast,
  crop,
  distort,
  type DistortionDraws,
  flip,
  fromPlanes,
  standardize,
} from "./reference/picture.ts";
export { averagePool2d, globalAveragePool2d, maxPool2d } from "./reference/pool.ts";
export { type Weighted } from "./reference/products.ts";
export { type CrossEntropy, crossEntropy, softmax } from "./reference/softmax.ts";
export { type NetworkResult, tutorialNetwork } from "./reference/tutorial_network.ts";
export { type WindowOptions, type Windows, windows } from "./reference/windows.ts";
