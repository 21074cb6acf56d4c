/**
 * The fixed batch and parameters on which systems are held against each other, and what each of them
 * has to answer.
 *
 * @module
 */
import stored from "../../tests/support/tutorial_case.json" with { type: "json" };

/** Sizes of a picture, which fills its 24×24 crop, so that cropping leaves it as it is. */
export const picture = { height: 24, width: 24, channels: 3 } as const;

/** Of every step. */
export const learningRate = 0.1;

/** Losses of the first steps by which systems are held against each other. */
export const checkedSteps = 3;

/** What a system answers, as one line of JSON. */
export interface Answer {
  /** Its name, version and what it ran on. */
  readonly system: string;
  /** The total losses of its first steps on the fixed batch from the fixed parameters. */
  readonly losses: readonly number[];
  /** Training steps' speed. */
  readonly imagesPerSecond: number;
  /** The forward pass's speed. */
  readonly evaluationImagesPerSecond: number;
  /** Lines to print below the table. */
  readonly details?: readonly string[];
}

/** A float32 array with its sizes. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** The batch size that the command line gives. */
export function batchArgument(): number {
  const [batch] = Deno.args.map(Number);
  if (Number.isInteger(batch) && batch > 0) return batch;
  throw new TypeError(`Cannot run: needs a batch size as argument, got "${Deno.args.join(" ")}"`);
}

/** Seconds to time training for, the second argument; evaluation is timed for a quarter of it. */
export const secondsArgument: number = Number(Deno.args[1] ?? 20);

/** Bytes of the pictures, as planes. Noise from an integer hash, so any language makes the same. */
export function imageBytes(batch: number): Uint8Array<ArrayBuffer> {
  const { height, width, channels } = picture;
  return Uint8Array.from(
    { length: batch * height * width * channels },
    (_, i) => Math.imul(i, 2654435761) >>> 24,
  );
}

/** Classes of the pictures: three of the ten, so that gradients are large and errors in them show. */
export function labels(batch: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: batch }, (_, i) => i % 3);
}

/** The pictures standardized, `[N, 24, 24, 3]`: what the layers see. */
export function pictures(batch: number): Values {
  const { height, width, channels } = picture;
  const pixels = height * width, count = pixels * channels;
  const bytes = imageBytes(batch);
  const data = new Float32Array(bytes.length);
  for (let n = 0; n < batch; n++) {
    const own = bytes.subarray(n * count, (n + 1) * count);
    const mean = own.reduce((sum, value) => sum + value, 0) / count;
    const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
    const deviation = Math.max(Math.sqrt(variance), 1 / Math.sqrt(count));
    own.forEach((value, i) => {
      const channel = Math.floor(i / pixels), pixel = i % pixels;
      data[n * count + pixel * channels + channel] = (value - mean) / deviation;
    });
  }
  return { shape: [batch, height, width, channels], data };
}

/** The parameters by name: sines, as in the stored case of the tests. */
export function parameters(): Record<string, Values> {
  return Object.fromEntries(
    Object.entries(stored.parameters).map(([name, { shape, k, scale }]) => {
      const length = shape.reduce((product, size) => product * size, 1);
      const data = Float32Array.from({ length }, (_, i) => Math.sin(i * k) * scale);
      return [name, { shape, data }];
    }),
  );
}

/** What is timed. Both wait until the adapter is done. */
export interface Timed {
  /** Does a training step; gives its loss. */
  step(): Promise<number>;
  /** Does a forward pass. */
  evaluate(): Promise<unknown>;
}

/** Does the first steps, times more of them, then forward passes. */
export async function time(
  { step, evaluate }: Timed,
  batch: number,
): Promise<Omit<Answer, "system">> {
  const losses: number[] = [];
  while (losses.length < checkedSteps) losses.push(await step());
  const training = await imagesPerSecond(step, { batch, seconds: secondsArgument });
  await evaluate();
  const evaluation = await imagesPerSecond(evaluate, { batch, seconds: secondsArgument / 4 });
  return { losses, imagesPerSecond: training, evaluationImagesPerSecond: evaluation };
}

/** Speed over about `seconds`, at least two runs. */
async function imagesPerSecond(
  run: () => Promise<unknown>,
  { batch, seconds }: { batch: number; seconds: number },
): Promise<number> {
  const start = performance.now();
  let count = 0;
  let elapsed = 0;
  while (count < 2 || elapsed < seconds) {
    await run();
    count++;
    elapsed = (performance.now() - start) / 1000;
  }
  return count * batch / elapsed;
}

/** Hands an answer to the benchmark. */
export function answer(answer: Answer): void {
  console.log(JSON.stringify(answer));
}
