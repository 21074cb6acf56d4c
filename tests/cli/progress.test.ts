import { assert, assertEquals } from "@std/assert";
import { formatDuration, progressLine } from "../../lib/cli/progress.ts";

const half = { step: 500, total: 1000, elapsedSeconds: 60, loss: 2.345 };

Deno.test("the progress line has a bar, the share, the count, the time left and the loss", () => {
  assertEquals(
    progressLine(half, { width: 80 }),
    "[===============               ]  50%  500/1000  1:00 left  loss 2.35",
  );
});

Deno.test("the time left counts only the steps of this run", () => {
  const resumed = progressLine({ ...half, startStep: 400 }, { width: 80 });
  assert(resumed.includes("5:00 left"), resumed);
});

Deno.test("before the first step the time left is not known", () => {
  const line = progressLine({ step: 0, total: 10, elapsedSeconds: 0 }, { width: 80 });
  assertEquals(line, "[                              ]   0%  0/10  ? left");
});

Deno.test("a curve of the losses follows where there is room beside the bar", () => {
  const losses = [8, 4, 2, 1];
  assertEquals(
    progressLine(half, { width: 90, losses }),
    "[===============               ]  50%  500/1000  1:00 left  loss 2.35 █▆▃▁",
  );
  assertEquals(
    progressLine(half, { width: 90, losses, ascii: true }),
    "[===============               ]  50%  500/1000  1:00 left  loss 2.35 ^=._",
  );
  assertEquals(progressLine(half, { width: 64, losses }), progressLine(half, { width: 64 }));
});

Deno.test("no line is wider than the terminal, and a narrow one still has the share", () => {
  const losses = Array.from({ length: 100 }, (_, i) => i);
  for (let width = 0; width < 120; width++) {
    const line = progressLine(half, { width, losses });
    assert(line.length <= width, `${width}: ${line}`);
    if (width >= 4) assert(line.includes("50%"), `${width}: ${line}`);
  }
});

Deno.test("only the end is 100%", () => {
  const at = (step: number) => progressLine({ ...half, step }, { width: 80 });
  assert(at(999).includes(" 99%"));
  assert(at(1000).includes("100%"));
  assert(at(1001).includes("100%"));
});

Deno.test("durations are read at a glance", () => {
  assertEquals([0, 59.4, 59.6, 3599, 3600, 86399, 90000, Infinity].map(formatDuration), [
    "0s",
    "59s",
    "1:00",
    "59:59",
    "1:00:00",
    "23:59:59",
    "1d 1h",
    "?",
  ]);
});
