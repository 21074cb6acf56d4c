/**
 * The worker in which `setup` looks for an adapter again: says whether there is one, once.
 *
 * @module
 */

import { hasAdapter } from "../gpu/adapter.ts";

const worker = self as unknown as Worker;
worker.postMessage(await hasAdapter());
