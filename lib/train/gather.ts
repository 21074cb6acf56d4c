/**
 * What each process of a group has to say.
 *
 * @module
 */
import type { TowerGroup } from "./host_towers.ts";

/** The texts of all processes, in their order; each calls it with its own. */
export async function gather(group: TowerGroup, text: string): Promise<string[]> {
  const own = new TextEncoder().encode(text);
  // Each writes into a place where all others have zeros, so sums are copies.
  const lengths = new Float32Array(group.size);
  lengths[group.rank] = own.length;
  await group.sum(lengths);
  let end = 0;
  const ends = Array.from(lengths, (length) => end += length);
  const bytes = new Float32Array(end);
  bytes.set(own, ends[group.rank] - own.length);
  await group.sum(bytes);
  return ends.map((end, rank) =>
    new TextDecoder().decode(Uint8Array.from(bytes.subarray(end - lengths[rank], end)))
  );
}
