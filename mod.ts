/**
 * Tower: convolutional networks on WebGPU, trained and run from Deno.
 *
 * @module
 */

export {};
