/**
 * The numbers of the current step, which change while all else of a program stays.
 *
 * @module
 */
import { wgsl } from "./kernel.ts";

/** What a kernel may know of the current step. */
export interface StepNumbers {
  /** Key of the random draws on the adapter: two words made from the seed. */
  readonly key: readonly [number, number];
  /** The step. */
  readonly step: number;
  /** The number, within the step, of this tower's first example. */
  readonly firstExample: number;
  /** The learning rate. */
  readonly learningRate: number;
  /** `1 − d` of the moving averages of the parameters, `avg ← avg − (1 − d)(avg − p)`. */
  readonly averageWeight: number;
  /** What Adam multiplies its averages by, as they start at 0. Default 1 and 1. */
  readonly corrections?: readonly [number, number];
}

/** 32-bit words of the struct. */
export const stepWords = 8;

/** The WGSL struct `Step`, bound as `var<uniform> step: Step`. */
export const stepStruct: string = wgsl`
struct Step {
  key: vec2u,
  index: u32,
  first_example: u32,
  learning_rate: f32,
  average_weight: f32,
  corrections: vec2f,
}
`;

/** The struct's bytes. */
export function packStep(numbers: StepNumbers): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(stepWords);
  words.set([...numbers.key, numbers.step, numbers.firstExample]);
  const { learningRate, averageWeight, corrections = [1, 1] } = numbers;
  new Float32Array(words.buffer).set([learningRate, averageWeight, ...corrections], 4);
  return words;
}
