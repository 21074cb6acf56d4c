// Event files against decoders that are not ours, and against what crashes and hostile disks leave.

import { Crc32c } from "@aws-crypto/crc32c";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { crc32c, maskedCrc32c } from "../../lib/summary/crc32c.ts";
import { decodeEvent, encodeEvent, type SummaryEvent } from "../../lib/summary/event.ts";
import { EventReader, withoutPurged } from "../../lib/summary/event_reader.ts";
import { ScalarLog } from "../../lib/summary/scalar_log.ts";
import { EventWriter } from "../../lib/summary/event_writer.ts";
import { histogramOf } from "../../lib/summary/histogram.ts";
import { frameRecord, readRecord } from "../../lib/summary/tfrecord.ts";
import { Rng } from "../../lib/rng.ts";
import { decode, encode } from "./protos.ts";
import { inTemporary } from "../support/temporary.ts";

const events: SummaryEvent[] = [
  { wallTime: 1.5, step: 0, fileVersion: "brain.Event:2" },
  { wallTime: 2.25, step: 300, started: true },
  {
    wallTime: 3,
    step: 2 ** 40,
    values: [{ tag: "loss", scalar: 2.5 }, { tag: "a/b", scalar: -0 }],
  },
  {
    wallTime: 4,
    step: 7,
    values: [
      { tag: "é", histogram: histogramOf([-3, 0, 0, 1e-30, 4, 1e25]) },
      {
        tag: "x/image/0",
        image: { height: 2, width: 3, channels: 1, png: Uint8Array.of(1, 2, 3) },
      },
      { tag: "config", text: "batch: 128\nünï" },
    ],
  },
  { wallTime: 5, step: 0, graph: Uint8Array.of(9, 8, 7) },
];

const bytes = (count: number, rng: Rng) => Uint8Array.from({ length: count }, () => rng.below(256));

Deno.test("checksums are those of an independent implementation, at every length", () => {
  assertEquals(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
  const rng = Rng.from(3);
  for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 31, 1000, 65_537]) {
    const data = bytes(length, rng);
    const crc = length === 0 ? 0 : new Crc32c().update(data).digest();
    assertEquals(crc32c(data), crc, `${length} bytes`);
    const masked = ((crc >>> 15 | crc << 17 >>> 0) + 0xa282ead8) % 2 ** 32;
    assertEquals(maskedCrc32c(data), masked);
  }
});

Deno.test("events read as they were meant by an independent decoder", () => {
  const [version, started, scalars, rich, graph] = events.map((event) =>
    decode("Event", encodeEvent(event))
  );
  assertEquals(version, { wallTime: 1.5, step: 0, fileVersion: "brain.Event:2" });
  assertEquals([started.step, started.sessionLog.status], [300, "START"]);
  assertEquals(scalars.step, 2 ** 40);
  assertEquals(scalars.summary.value.map((value: { tag: string }) => value.tag), ["loss", "a/b"]);
  assertEquals(scalars.summary.value[0].simpleValue, 2.5);
  const [histogram, image, text] = rich.summary.value;
  assertEquals([histogram.tag, histogram.histo.num, histogram.histo.max], ["é", 6, 1e25]);
  assertEquals(histogram.histo.bucket.reduce((a: number, b: number) => a + b), 6);
  assertEquals(histogram.histo.bucket.length, histogram.histo.bucketLimit.length);
  assertEquals(image.image.height * 10 + image.image.width, 23);
  assertEquals([...image.image.encodedImageString], [1, 2, 3]);
  assertEquals(text.metadata.pluginData.pluginName, "text");
  assertEquals([text.tensor.dtype, text.tensor.tensorShape], [7, {}]);
  assertEquals(new TextDecoder().decode(text.tensor.stringVal[0]), "batch: 128\nünï");
  assertEquals([...graph.graphDef], [9, 8, 7]);
});

Deno.test("what we write we read, and what others write too", () => {
  for (const event of events) assertEquals(decodeEvent(encodeEvent(event)), event);
  const theirs = encode("Event", {
    wallTime: 9,
    step: 12,
    summary: { value: [{ tag: "t", simpleValue: 1 }, { tag: "u", metadata: {} }] },
  });
  assertEquals(decodeEvent(theirs), {
    wallTime: 9,
    step: 12,
    values: [{ tag: "t", scalar: 1 }],
  });
});

Deno.test("a reader sees every event once, as files grow and new ones come", () =>
  inTemporary(async (dir) => {
    const reader = new EventReader(join(dir, "run"));
    assertEquals(await reader.poll(), []);
    {
      using writer = await EventWriter.open(join(dir, "run"), { startStep: 0 });
      const [version, started] = await reader.poll();
      assertEquals([version.fileVersion, started.started], ["brain.Event:2", true]);
      writer.write(events[2]);
      writer.write(events[3]);
      assertEquals(await reader.poll(), [events[2], events[3]]);
      assertEquals(await reader.poll(), []);
    }
    using second = await EventWriter.open(join(dir, "run"), { startStep: 5 });
    second.write(events[4]);
    assertEquals((await reader.poll()).slice(1).map(({ step }) => step), [5, 0]);
    assertEquals(reader.problems, []);
  }));

Deno.test("a run that goes on from a step takes back what was written of it and of later ones", () => {
  const scalar = (step: number, scalar: number): SummaryEvent => ({
    wallTime: 1,
    step,
    values: [{ tag: "loss", scalar }],
  });
  const file = (startStep: number, ...more: SummaryEvent[]): SummaryEvent[] => [
    { wallTime: 1, step: 0, fileVersion: "brain.Event:2" },
    { wallTime: 1, step: startStep, started: true },
    ...more,
  ];
  const written = [
    ...file(0, scalar(0, 1), scalar(100, 2), scalar(200, 3)),
    ...file(150, scalar(200, 4), scalar(300, 5)),
    ...file(200, scalar(200, 6)),
  ];
  const series = withoutPurged(written).flatMap(({ step, values = [] }) =>
    values.map((value) => [step, "scalar" in value ? value.scalar : NaN])
  );
  assertEquals(series, [[0, 1], [100, 2], [200, 6]]);
});

Deno.test("a file is read after those that were there before, though the clock was set back", () =>
  inTemporary(async (dir) => {
    const tomorrow = Math.floor(Date.now() / 1000) + 86_400;
    await Deno.writeFile(
      join(dir, `events.out.tfevents.${tomorrow}.other`),
      frameRecord(encodeEvent({ wallTime: 1, step: 0, started: true })),
    );
    for (const step of [1, 2]) {
      using writer = await EventWriter.open(dir, { startStep: step });
      writer.write({ wallTime: 2, step, values: [{ tag: "loss", scalar: step }] });
    }
    const steps = withoutPurged(await new EventReader(dir).poll()).flatMap(({ step, values }) =>
      values ? [step] : []
    );
    assertEquals(steps, [1, 2]);
  }));

Deno.test("what cannot be read is a problem until it can be, and costs nothing that was read", () =>
  inTemporary(async (dir) => {
    using writer = await EventWriter.open(dir, { startStep: 0 });
    writer.write(events[3]);
    const away = join(dir, "away"), later = join(dir, "events.out.tfevents.9999999999.x");
    await Deno.symlink(away, later);
    const reader = new EventReader(dir);
    assertEquals((await reader.poll()).slice(2), [events[3]]);
    assertEquals(reader.problems, [`${later} cannot be read: no such file or directory`]);
    await Deno.writeFile(away, frameRecord(encodeEvent(events[4])));
    assertEquals([await reader.poll(), reader.problems], [[events[4]], []]);
  }));

Deno.test("of several values at a step the last counts, and steps that come late find their place", () => {
  const log = new ScalarLog();
  const take = (step: number, scalar: number) =>
    log.take({ wallTime: step, step, values: [{ tag: "precision @ 1", scalar }] });
  assertEquals([take(10, 1), take(30, 3), take(20, 2), take(30, 4)], [false, false, true, true]);
  const { steps, values } = log.byTag.get("precision @ 1")!;
  assertEquals([steps, values], [[10, 20, 30], [1, 2, 4]]);
  assertEquals(log.take({ wallTime: 1, step: 20, started: true }), true);
  assertEquals([steps, values], [[10], [1]]);
  log.take({ wallTime: 1, step: 10, started: true });
  assertEquals(log.byTag.size, 0, "a series without points is none");
});

Deno.test("a file that was cut anywhere gives its whole records, and the rest when it comes", () =>
  inTemporary(async (dir) => {
    const records = events.map((event) => frameRecord(encodeEvent(event)));
    const whole = new Uint8Array(await new Blob(records).arrayBuffer());
    const path = join(dir, "events.out.tfevents.1.x");
    for (let cut = 0; cut <= whole.length; cut++) {
      await Deno.writeFile(path, whole.subarray(0, cut));
      const reader = new EventReader(dir);
      const first = await reader.poll();
      await Deno.writeFile(path, whole);
      assertEquals([...first, ...await reader.poll()], events, `cut at ${cut}`);
      assertEquals(reader.problems, []);
    }
  }));

Deno.test("flipped bits, endless lengths and noise end a file's reading with a sentence, nothing else", () =>
  inTemporary(async (dir) => {
    const records = events.map((event) => frameRecord(encodeEvent(event)));
    const whole = new Uint8Array(await new Blob(records).arrayBuffer());
    const path = join(dir, "events.out.tfevents.1.x");
    const rng = Rng.from(4);
    for (let round = 0; round < 300; round++) {
      const broken = round % 10 === 0 ? bytes(200, rng) : whole.slice();
      if (round % 10) broken[rng.below(broken.length)] ^= 1 << rng.below(8);
      await Deno.writeFile(path, broken);
      const reader = new EventReader(dir);
      const got = await reader.poll();
      assertEquals(got, events.slice(0, got.length));
      assert(got.length < events.length);
      assertEquals(reader.problems.length, 1);
      assertStringIncludes(reader.problems[0], "is corrupt from byte");
    }
    const endless = new Uint8Array(12);
    new DataView(endless.buffer).setBigUint64(0, 2n ** 62n, true);
    new DataView(endless.buffer).setUint32(8, maskedCrc32c(endless.subarray(0, 8)), true);
    const found = readRecord(endless, 0);
    assert("corrupt" in found && found.corrupt.includes("is said to have"));
  }));

Deno.test("messages of noise under a right checksum do not get past the reader either", () =>
  inTemporary(async (dir) => {
    const rng = Rng.from(5);
    for (let round = 0; round < 300; round++) {
      const path = join(dir, "events.out.tfevents.1.x");
      await Deno.writeFile(path, frameRecord(bytes(rng.below(40), rng)));
      const reader = new EventReader(dir);
      await reader.poll();
      assert(reader.problems.every((problem) => problem.includes("is corrupt from byte 0 on: ")));
    }
  }));

Deno.test("files and records of many megabytes are read in parts, each event once", () =>
  inTemporary(async (dir) => {
    using writer = await EventWriter.open(dir, { startStep: 0 });
    const text = (length: number): SummaryEvent => ({
      wallTime: 1,
      step: length,
      values: [{ tag: "long", text: "x".repeat(length) }],
    });
    const lengths = [3 * 2 ** 20, 2 ** 20 + 17, 9 * 2 ** 20, 5, 4 * 2 ** 20];
    for (const length of lengths) writer.write(text(length));
    const reader = new EventReader(dir);
    const got = (await reader.poll()).slice(2);
    assertEquals(got.map(({ step }) => step), lengths);
    assertEquals(got, lengths.map(text));
    assertEquals(await reader.poll(), []);
  }));
