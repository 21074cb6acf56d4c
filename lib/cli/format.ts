/**
 * The console lines of the tutorial, to the letter, and numbers in others.
 *
 * @module
 */

/** `1 picture`, `2 pictures`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Now, in microseconds since 1970. */
export function epochMicroseconds(): number {
  return Math.floor((performance.timeOrigin + performance.now()) * 1000);
}

/**
 * A moment in local time: `2015-11-04 11:45:45.927302`.
 *
 * @param time Microseconds since 1970.
 */
export function timestamp(time: number = epochMicroseconds()): string {
  const date = new Date(Math.floor(time / 1000));
  const pad = (n: number, digits = 2) => String(n).padStart(digits, "0");
  const day = [pad(date.getFullYear(), 4), pad(date.getMonth() + 1), pad(date.getDate())].join("-");
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => pad(n)).join(
    ":",
  );
  const fraction = date.getMilliseconds() * 1000 +
    Math.floor(time - Math.floor(time / 1000) * 1000);
  return `${day} ${clock}.${pad(fraction, 6)}`;
}

/** What {@linkcode stepLine} says. */
export interface StepReport {
  /** The step that was done. */
  readonly step: number;
  /** The total loss of its batch. */
  readonly loss: number;
  /** Images per second. */
  readonly examplesPerSecond: number;
  /** Seconds per batch. */
  readonly secondsPerBatch: number;
  /** When, in microseconds since 1970; now if not given. */
  readonly time?: number;
}

/** `2015-11-04 11:45:45.927302: step 0, loss = 4.68 (2.0 examples/sec; 64.221 sec/batch)` */
export function stepLine(report: StepReport): string {
  const { step, loss, examplesPerSecond, secondsPerBatch, time } = report;
  return `${timestamp(time)}: step ${step}, loss = ${loss.toFixed(2)} ` +
    `(${examplesPerSecond.toFixed(1)} examples/sec; ${secondsPerBatch.toFixed(3)} sec/batch)`;
}

/** What {@linkcode precisionLine} says. */
export interface PrecisionReport {
  /** The share of images whose most probable class is the right one, from 0 to 1. */
  readonly precision: number;
  /** When, in microseconds since 1970; now if not given. */
  readonly time?: number;
}

/** `2015-11-06 08:30:44.391206: precision @ 1 = 0.860` */
export function precisionLine({ precision, time }: PrecisionReport): string {
  return `${timestamp(time)}: precision @ 1 = ${precision.toFixed(3)}`;
}
