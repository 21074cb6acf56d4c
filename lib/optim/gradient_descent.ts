/**
 * Gradient descent on arrays in host memory.
 *
 * @module
 */

/** `p ← p − η g` for every element, in place. */
export function gradientDescent(
  parameters: Float32Array,
  { gradients, learningRate }: { gradients: Float32Array; learningRate: number },
): void {
  for (let i = 0; i < parameters.length; i++) parameters[i] -= learningRate * gradients[i];
}
