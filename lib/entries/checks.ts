/**
 * For the tests of layers and losses of one's own: gradients held against central differences.
 *
 * @module
 */
export { GradientError } from "../checks/gradients.ts";
export {
  checkLayerGradients,
  type GradientCheckOptions,
  type LayerCheckOptions,
} from "../checks/layer_gradients.ts";
export { checkLossGradients, type LossCheckOptions } from "../checks/loss_gradients.ts";
export { DeviceError } from "../gpu/device.ts";
export { ShapeError } from "../shape.ts";
