/**
 * An array in as many slices as there are ranks.
 *
 * @module
 */

/**
 * Where the slices of `length` elements begin and how long they are, one a rank: slice `r` begins at
 * `⌊r·length / R⌋`, so lengths differ by one at most and some are 0 where there are more ranks than
 * elements. Both are 32-bit integers, as MPI takes them.
 */
export function cutSlices(
  length: number,
  { offsets, counts }: { offsets: Int32Array; counts: Int32Array },
): void {
  const ranks = counts.length;
  const start = (r: number) => Math.floor(r * length / ranks);
  for (let r = 0; r < ranks; r++) {
    offsets[r] = start(r);
    counts[r] = start(r + 1) - start(r);
  }
}

/**
 * `y[i] = ((p₀[i] + p₁[i]) + p₂[i]) + …` in float32, where `p_r` are the parts of `length` elements that
 * follow each other in `parts`.
 */
export function addInOrder(
  parts: Float32Array,
  { y, length, ranks }: { y: Float32Array; length: number; ranks: number },
): void {
  for (let i = 0; i < length; i++) y[i] = parts[i];
  for (let r = 1; r < ranks; r++) {
    const start = r * length;
    for (let i = 0; i < length; i++) y[i] += parts[start + i];
  }
}
