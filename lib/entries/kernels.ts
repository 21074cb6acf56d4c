/**
 * What the kernels of a layer of one's own are made of: WGSL as text with sizes baked in, and kernels that
 * others can be built from.
 *
 * @module
 */
export {
  type Binding,
  bindingsOf,
  type ElementType,
  f32,
  flatIndex,
  grid,
  type Kernel,
  repeat,
  stored as storedType,
  wgsl,
  type Workgroups,
} from "../../kernels/kernel.ts";
export { columnSums } from "../../kernels/column_sums.wgsl.ts";
export { elementwise } from "../../kernels/elementwise.wgsl.ts";
export { sum } from "../../kernels/losses.wgsl.ts";
export {
  type Finish,
  matmul,
  type MatmulOptions,
  type MatmulVariant,
} from "../../kernels/matmul.wgsl.ts";
export { philox as philoxFunctions } from "../../kernels/philox.wgsl.ts";
export { type StepNumbers, stepStruct } from "../../kernels/step.wgsl.ts";
export { sumInParts, sumParts } from "../../kernels/sum_in_parts.wgsl.ts";
