/**
 * Parameters in other people's formats.
 *
 * @module
 */

export * from "../export/arena.ts";
export * from "../export/npz.ts";
export * from "../export/onnx.ts";
export * from "../export/safetensors.ts";
export * from "../export/tensor_types.ts";
