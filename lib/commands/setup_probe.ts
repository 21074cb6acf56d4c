/**
 * The worker in which `setup` looks for an adapter again: says whether there is one, once.
 *
 * @module
 */

const worker = self as unknown as Worker;
worker.postMessage(await navigator.gpu.requestAdapter() !== null);
