/**
 * Sending values from rank 0 to all.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { deserialize, serialize } from "node:v8";
import type { Group } from "./group.ts";

/**
 * Gives every rank what rank 0 gives: plain data and arrays of numbers.
 *
 * @param value of rank 0; that of the others does not matter
 * @throws {MpiError} as {@linkcode Group.broadcast} does
 */
export async function broadcastValue<T>(group: Group, value: T): Promise<T> {
  const bytes: Uint8Array = group.rank === 0 ? serialize(value) : new Uint8Array();
  const length = Float64Array.of(bytes.length);
  await group.broadcast(new Uint8Array(length.buffer));
  const sent = group.rank === 0 ? bytes : new Uint8Array(length[0]);
  await group.broadcast(sent);
  return group.rank === 0 ? value : deserialize(Buffer.from(sent.buffer));
}
