import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  count,
  epochMicroseconds,
  precisionLine,
  stepLine,
  timestamp,
} from "../../lib/cli/format.ts";

/** A moment in local time, so that the test holds in every time zone. */
function local(...date: [number, number, number, number, number, number]): number {
  return new Date(...date).getTime() * 1000;
}

Deno.test("a moment is written in local time with microseconds", () => {
  assertEquals(timestamp(local(2015, 10, 4, 11, 45, 45) + 927302), "2015-11-04 11:45:45.927302");
  assertEquals(timestamp(local(2026, 0, 2, 3, 4, 5)), "2026-01-02 03:04:05.000000");
  assertEquals(timestamp(local(2026, 0, 2, 3, 4, 5) + 1), "2026-01-02 03:04:05.000001");
  assertEquals(timestamp(local(2026, 11, 31, 23, 59, 59) + 999_999), "2026-12-31 23:59:59.999999");
});

Deno.test("now is now, to more than milliseconds", () => {
  const before = Date.now();
  const now = epochMicroseconds();
  assert(Math.abs(now / 1000 - before) < 2000);
  assertMatch(timestamp(), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
  const fractions = Array.from({ length: 50 }, () => epochMicroseconds() % 1000);
  assert(fractions.some((fraction) => fraction !== 0));
});

Deno.test("a step and a precision are written as in the tutorial", () => {
  assertEquals(
    stepLine({
      step: 0,
      loss: 4.6833,
      examplesPerSecond: 1.993,
      secondsPerBatch: 64.2212,
      time: local(2015, 10, 4, 11, 45, 45) + 927302,
    }),
    "2015-11-04 11:45:45.927302: step 0, loss = 4.68 (2.0 examples/sec; 64.221 sec/batch)",
  );
  assertEquals(
    precisionLine({ precision: 0.86, time: local(2015, 10, 6, 8, 30, 44) + 391206 }),
    "2015-11-06 08:30:44.391206: precision @ 1 = 0.860",
  );
});

Deno.test("one thing is one, and any other number of them are many", () => {
  assertEquals([0, 1, 2].map((number) => count(number, "picture")), [
    "0 pictures",
    "1 picture",
    "2 pictures",
  ]);
});
