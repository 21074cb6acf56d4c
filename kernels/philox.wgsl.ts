/**
 * Philox4x32-10: random numbers as a function of a counter and a key, the same on every machine.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).
 *
 * @module
 */
import { wgsl } from "./kernel.ts";

/** WGSL functions `philox(counter, key)` → four `u32`, and `uniform_from(bits)` in [0, 1). */
export const philox: string = wgsl`
fn multiply_wide(a: u32, b: u32) -> vec2u {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let low = a_low * b_low;
  let middle = a_high * b_low + (low >> 16u);
  let other = a_low * b_high + (middle & 0xffffu);
  return vec2u(a * b, a_high * b_high + (middle >> 16u) + (other >> 16u));
}

fn philox(start: vec4u, start_key: vec2u) -> vec4u {
  var counter = start;
  var key = start_key;
  for (var round = 0u; round < 10u; round++) {
    let even = multiply_wide(0xd2511f53u, counter.x);
    let odd = multiply_wide(0xcd9e8d57u, counter.z);
    counter = vec4u(odd.y ^ counter.y ^ key.x, odd.x, even.y ^ counter.w ^ key.y, even.x);
    key += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return counter;
}

fn uniform_from(bits: u32) -> f32 {
  return f32(bits >> 8u) * 5.9604645e-8f;
}
`;
