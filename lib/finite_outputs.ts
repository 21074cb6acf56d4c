/**
 * Whether what a network gives can be judged.
 *
 * @module
 */

/**
 * Requires what a network gave for a picture to be finite: of numbers that are not, none is the largest.
 *
 * @param outputs one number for each class
 * @param doing what they are needed for, to follow "Cannot"
 * @param picture what messages call the picture
 * @throws {RangeError} if one is not finite
 */
export function requireFinite(
  outputs: Float32Array,
  { doing, picture }: { doing: string; picture: string },
): void {
  const bad = outputs.find((value) => !Number.isFinite(value));
  if (bad === undefined) return;
  throw new RangeError(
    `Cannot ${doing}: needs finite logits, got ${bad} for ${picture}; its parameters are ` +
      "of a run that went wrong: use an earlier checkpoint",
  );
}
