/** What the page is told, for tests. */
import { Runs } from "../../lib/dashboard/page/runs.js";

/** Points of a scalar. */
export type Points = readonly (readonly [step: number, value: number, time?: number])[];

const series = (points: Points) => ({
  steps: points.map(([step]) => step),
  values: points.map(([, value]) => value),
  times: points.map(([step, , time = 1000 + step]) => time),
});

/** An update of a log; parsed from JSON, as in the page. */
export function update(more: {
  reset?: boolean;
  scalars?: Record<string, Points>;
  texts?: Record<string, string>;
  session?: { step: number; time: number };
  time?: number;
  step?: number;
}) {
  const { scalars = {}, texts = {}, time = 0, step = 0 } = more;
  const textsOf = Object.entries(texts).map(([tag, value]) => [tag, { step, time, value }]);
  return JSON.parse(JSON.stringify({
    reset: more.reset ?? false,
    scalars: Object.fromEntries(Object.entries(scalars).map(([tag, p]) => [tag, series(p)])),
    texts: Object.fromEntries(textsOf),
    images: {},
    histograms: {},
    session: more.session,
    problems: [],
  }));
}

/** Runs whose logs were told so. */
export function runsOf(...logs: { train?: object; eval?: object }[]): Runs {
  const runs = new Runs();
  const names = logs.map((_, i) => ({ name: `run ${i}`, directory: "" }));
  runs.take({ runs: names, waiting: [], problems: [] });
  logs.forEach((log, run) => {
    for (const [name, update] of Object.entries(log)) runs.take({ run, log: name, update });
  });
  return runs;
}
