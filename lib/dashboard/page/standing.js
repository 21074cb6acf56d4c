// How a run stands: status, progress, time left.

import { formatCount, formatDuration, formatPrecision, formatValue } from "./format.js";
import { examplesOf, maxStepsOf } from "./texts.js";

/**
 * @typedef {import("./runs.js").Run} Run
 * @typedef {import("./runs.js").Moment} Moment
 * @typedef {{ status: string, words: string, fraction: number, loss: number | null | undefined,
 *   facts: string[] }} Standing
 */

/** A running run that says nothing for so many of its usual pauses is silent, and not before so long. */
const pauses = 4, leastSilence = 10;

/** What is long enough where nothing is known of pauses: kernels are compiled before the first step. */
const longStart = 60;

/** Seconds after which a run of ours that has nothing else to say says that it is running, once a step is done. */
const signs = 5;

/** Points that the speed is taken from. */
const recent = 20;

/**
 * What a run's events say of how it stands.
 *
 * @param {Run} run
 * @param {number} now seconds since 1970
 * @returns {Standing}
 */
export function standingOf({ train, eval: evaluation }, now) {
  const loss = train.scalars.get("total_loss");
  const said = train.texts.get("status");
  const maxSteps = maxStepsOf(train);
  const points = pointsOf(loss);
  if (!said && points.length === 0) {
    return { status: "none", words: "nothing yet", fraction: 0, loss: undefined, facts: [] };
  }
  // Other programs' event files do not say how their runs stand.
  const status = said?.value ?? "";
  const session = sessionOf(points, train.session);
  const last = Math.max(
    ...[said, points.at(-1), train.texts.get("kernels")].map((moment) => moment?.time ?? 0),
  );
  const silence = now - last;
  const silent = status === "running" && silence > patience(train, session);
  const done = stepsDone({ status, said, points, maxSteps });
  const facts = [`step ${formatCount(done)}${maxSteps ? ` of ${formatCount(maxSteps)}` : ""}`];
  if (status === "running" && !silent && maxSteps) {
    const left = timeLeft(session, maxSteps - done);
    if (left !== undefined) facts.push(`${formatDuration(left)} left`);
  }
  if (loss) facts.push(`loss ${formatValue(loss.values.at(-1))}`);
  const speed = train.scalars.get("examples/sec")?.values.at(-1);
  if (speed) facts.push(`${formatValue(speed)} examples/s`);
  facts.push(...precisionFacts(evaluation.scalars.get("precision @ 1")));
  return {
    status: silent ? "silent" : status,
    words: silent ? `no news for ${formatDuration(silence)}` : status,
    fraction: maxSteps ? Math.min(1, done / maxSteps) : status === "finished" ? 1 : 0,
    loss: loss?.values.at(-1),
    facts,
  };
}

/** @param {import("./runs.js").Series | undefined} series @returns {Moment[]} */
function pointsOf(series) {
  if (!series) return [];
  const { steps, times } = series;
  return steps.slice(-recent).map((step, i) => ({ step, time: times.slice(-recent)[i] }));
}

/**
 * The last points of the session that goes on: what was before it was written by a process that ended.
 *
 * @param {readonly Moment[]} points
 * @param {Moment | undefined} session
 */
function sessionOf(points, session) {
  return session ? points.filter(({ time }) => time >= session.time) : points;
}

/**
 * How long a run may say nothing, by what is known of its pauses.
 *
 * @param {import("./runs.js").Log} log
 * @param {readonly Moment[]} points of its session
 */
function patience(log, points) {
  const gaps = points.slice(1).map(({ time }, i) => time - points[i].time);
  const known = gaps.length === 0 ? [] : [Math.max(leastSilence, pauses * Math.max(...gaps))];
  const step = secondsPerStep(log);
  if (step !== undefined) known.push(pauses * Math.max(signs, step));
  if (known.length > 0) return Math.min(...known);
  const speed = log.scalars.get("examples/sec")?.values.at(-1), examples = examplesOf(log);
  return Math.max(longStart, speed && examples ? pauses * examples / speed : 0);
}

/** What a step takes, by the signs that the run gave since its session began. @param {import("./runs.js").Log} log */
function secondsPerStep({ session, texts }) {
  const said = texts.get("status");
  if (!session || !said || said.step <= session.step) return undefined;
  return (said.time - session.time) / (said.step - session.step);
}

/** @param {{ status: string, said: Moment | undefined, points: readonly Moment[],
 *   maxSteps: number | undefined }} run */
function stepsDone({ status, said, points, maxSteps }) {
  const shown = (points.at(-1)?.step ?? -1) + 1;
  // Who finished has done them all.
  return Math.max(said?.step ?? 0, shown, status === "finished" ? maxSteps ?? 0 : 0);
}

/** @param {readonly Moment[]} points @param {number} steps */
function timeLeft(points, steps) {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || last.step <= first.step) return undefined;
  return (last.time - first.time) / (last.step - first.step) * steps;
}

/** @param {import("./runs.js").Series | undefined} series */
function precisionFacts(series) {
  if (!series || series.values.length === 0) return [];
  const last = series.values.at(-1);
  let best = 0;
  series.values.forEach((value, i) => {
    if ((value ?? -1) > (series.values[best] ?? -1)) best = i;
  });
  const more = series.values[best] === last
    ? ""
    : ` (best ${formatPrecision(series.values[best])} at step ${formatCount(series.steps[best])})`;
  return [`precision @ 1 = ${formatPrecision(last)}${more}`];
}
