/**
 * How far a run has come, in one line.
 *
 * @module
 */

import { sparkline } from "./sparkline.ts";

/** What a progress line is made of. */
export interface Progress {
  /** Steps done, counted from the first run on. */
  readonly step: number;
  /** Steps in all. */
  readonly total: number;
  /** Step at which this run began: what came before took none of its time. */
  readonly startStep?: number;
  /** Seconds since this run began. */
  readonly elapsedSeconds: number;
  /** The newest loss. */
  readonly loss?: number;
}

/** Options of {@linkcode progressLine}. */
export interface ProgressLineOptions {
  /** Characters in the line, at most. */
  readonly width: number;
  /** The losses so far, for a curve. Default: no curve. */
  readonly losses?: readonly number[];
  /** Whether to do without letters beyond ASCII. Default: no. */
  readonly ascii?: boolean;
}

/** Characters that a bar has at most, and keeps beside a curve; and those of a curve. */
const barCells = 30, barCellsByCurve = 18, curveCells = 16, fewestCurveCells = 8;

/**
 * The line for a terminal of `width` characters. What does not fit is left out: first the curve
 * goes, then the bar shrinks, then the loss goes, the time left, the count; the percentage stays.
 */
export function progressLine(progress: Progress, options: ProgressLineOptions): string {
  const { step, total, loss } = progress;
  const { width, losses, ascii } = options;
  const fraction = total > 0 ? Math.min(1, Math.max(0, step / total)) : 1;
  // Rounded down, so that 100% means done.
  const percent = `${Math.floor(fraction * 100)}%`.padStart(4);
  const words = [
    percent,
    `${step}/${total}`,
    `${formatDuration(secondsLeft(progress))} left`,
    ...(loss === undefined ? [] : [`loss ${loss.toFixed(2)}`]),
  ];
  while (words.length > 1 && words.join("  ").length > width) words.pop();
  const text = words.join("  ");
  if (text.length > width) return "";
  const room = width - text.length - "[] ".length;
  const forCurve = Math.min(curveCells, room - barCellsByCurve - " ".length);
  // Its room is kept from the start, so that the bar does not shrink while it grows.
  const withCurve = losses && loss !== undefined && forCurve >= fewestCurveCells;
  const curve = withCurve ? sparkline(losses, { width: forCurve, ascii }) : "";
  const cells = Math.min(barCells, withCurve ? room - forCurve - " ".length : room);
  if (cells < 5) return text.trimStart();
  const full = Math.round(fraction * cells);
  return `[${"=".repeat(full)}${" ".repeat(cells - full)}] ${text} ${curve}`.trimEnd();
}

/** `9s`, `4:05`, `1:02:03`, `3d 4h`; `?` for what is not known. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const s = Math.round(seconds);
  if (s < 60) return `${s}s`;
  const two = (n: number) => String(n).padStart(2, "0");
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`;
  if (s < 86400) return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return `${Math.floor(s / 86400)}d ${Math.floor(s / 3600) % 24}h`;
}

function secondsLeft({ step, total, startStep = 0, elapsedSeconds }: Progress): number {
  const done = step - startStep;
  return done > 0 ? Math.max(0, total - step) * (elapsedSeconds / done) : Infinity;
}
