/**
 * Parameters in other people's formats.
 *
 * @module
 */

export * from "../export/safetensors.ts";
export * from "../export/tensor_types.ts";
