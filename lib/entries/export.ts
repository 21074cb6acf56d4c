/**
 * Parameters and models in other people's formats.
 *
 * @module
 */
export * from "../export/arena.ts";
export * from "../export/npz.ts";
export * from "../export/onnx.ts";
export * from "../export/safetensors.ts";
export * from "../export/safetensors_files.ts";
export type { Dtype, HostTensor, TensorArrays } from "../export/tensor_types.ts";
export { ParameterTable } from "../parameters.ts";
export { ShapeError } from "../shape.ts";
