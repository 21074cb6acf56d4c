/**
 * Processes that train together.
 *
 * @module
 */

/** Several processes that train together; see `lib/distributed`. */
export interface TowerGroup {
  /** This process's number. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /** `values ← Σ` over the processes, in the order of their numbers. */
  sum(values: Float32Array): void | Promise<void>;
}

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

/** Whether any process says yes; each calls it with its own answer. */
export async function any(group: TowerGroup | undefined, answer: boolean): Promise<boolean> {
  if (!group) return answer;
  const votes = Float32Array.of(answer ? 1 : 0);
  await group.sum(votes);
  return votes[0] > 0;
}
