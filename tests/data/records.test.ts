import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DataError, type DatasetPart, recordBytes } from "../../lib/data/dataset.ts";
import { filePart } from "../../lib/data/file_part.ts";
import { readRecords } from "../../lib/data/records.ts";
import { format, pieces, record } from "./memory_dataset.ts";

const cifar = { labelBytes: 1, labelAt: 0, height: 32, width: 32, channels: 3 };
const classes = [..."0123456789"];

function join(count: number): Uint8Array {
  return Uint8Array.from(Array.from({ length: count }, (_, i) => [...record(i)]).flat());
}

function part(stream: ReadableStream<Uint8Array>, records: number): DatasetPart {
  return { name: "letters.bin", records, open: () => stream };
}

async function readAll(part: DatasetPart, signal?: AbortSignal): Promise<number[]> {
  const bytes: number[] = [];
  for await (const block of readRecords({ classes, format }, part, { signal })) {
    assertEquals(block.first, bytes.length / recordBytes(format));
    bytes.push(...block.bytes.subarray(0, block.count * recordBytes(format)));
  }
  return bytes;
}

async function failure(bytes: Uint8Array, records: number): Promise<string> {
  return (await assertRejects(() => readAll(part(pieces(bytes), records)), DataError)).message;
}

Deno.test("records come out whole and in order, however the bytes come in", async () => {
  const bytes = join(1000);
  for (const largest of [1, 7, 8, 9, 8000, 1 << 20]) {
    for (const seed of [1, 2]) {
      const stream = pieces(bytes, { largest, seed });
      assertEquals(await readAll(part(stream, 1000)), [...bytes]);
    }
  }
});

Deno.test("a part longer than a block comes in several", async () => {
  const size = recordBytes(cifar), records = 100, bytes = new Uint8Array(records * size);
  for (let i = 0; i < records; i++) bytes.fill(i % 10, i * size, (i + 1) * size);
  const counts = [];
  const source = part(pieces(bytes, { largest: 1 << 18 }), records);
  for await (const block of readRecords({ classes, format: cifar }, source)) {
    assertEquals(block.bytes[0], block.first % 10);
    counts.push(block.count);
  }
  assertEquals(counts, [43, 43, 14]);
});

Deno.test("a part that ends early says where", async () => {
  assertEquals(
    await failure(join(5).subarray(0, 35), 5),
    "Cannot read letters.bin: needs 5 records of 8 bytes, 40 in all, " +
      "got an end at byte offset 35, 3 bytes into record 4; put a whole copy in its place",
  );
  assertStringIncludes(await failure(join(4), 5), "at byte offset 32, 0 bytes into record 4;");
});

Deno.test("an empty part says so", async () => {
  const empty = new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
  const error = await assertRejects(() => readAll(part(empty, 5)), DataError);
  assertStringIncludes(
    error.message,
    "letters.bin: needs 5 records of 8 bytes, 40 in all, got an empty stream (record 0",
  );
});

Deno.test("a part with more than it declares says from where on", async () => {
  const expected =
    "needs 5 records of 8 bytes, 40 in all, got more from record 5 at byte offset 40";
  assertStringIncludes(await failure(join(6), 5), expected);
  assertStringIncludes(await failure(join(6).subarray(0, 41), 5), expected);
});

Deno.test("a label that names no class says which record has it", async () => {
  const bytes = join(9);
  bytes[7 * 8 + format.labelAt] = 10;
  assertEquals(
    await failure(bytes, 9),
    "Cannot read letters.bin: needs a label from 0 to 9 in record 7 at byte offset 57, got 10; " +
      "put an intact copy in its place",
  );
});

Deno.test("more classes than a byte can name are refused", async () => {
  const many = (length: number) => {
    const classes = Array.from({ length }, (_, c) => `${c}`);
    return Array.fromAsync(readRecords({ classes, format }, part(pieces(join(5)), 5)));
  };
  assertEquals((await many(256)).length, 1);
  const { message } = await assertRejects(() => many(257), DataError);
  assertStringIncludes(
    message,
    "Cannot read letters.bin: needs at most 256 classes, as a label is one byte, got 257; ",
  );
});

Deno.test("an error of the source comes through as it is", async () => {
  const stream = new ReadableStream<Uint8Array>({
    pull: () => Promise.reject(new Error("the disk is on fire")),
  });
  await assertRejects(() => readAll(part(stream, 5)), Error, "the disk is on fire");
});

Deno.test("leaving early lets go of the source", async () => {
  let cancelled = false;
  const stream = pieces(join(100_000), { largest: 1 << 16, onCancel: () => cancelled = true });
  for await (const block of readRecords({ classes, format }, part(stream, 100_000))) {
    assert(block.count > 0 && !cancelled);
    break;
  }
  assert(cancelled);
});

Deno.test("the source is let go of when a record is bad", async () => {
  let cancelled = false;
  const bytes = join(100_000).fill(99, 0, 8);
  const stream = pieces(bytes, { largest: 1 << 16, onCancel: () => cancelled = true });
  await assertRejects(() => readAll(part(stream, 100_000)), DataError, "got 99");
  assert(cancelled);
});

Deno.test("an abort ends a read that would wait for ever, with the signal's reason", async () => {
  let cancelled: unknown;
  const stream = new ReadableStream<Uint8Array>({
    pull: () => new Promise(() => {}),
    cancel: (reason) => void (cancelled = reason),
  });
  const reason = new Error("enough");
  const controller = new AbortController();
  const reading = readAll(part(stream, 5), controller.signal);
  setTimeout(() => controller.abort(reason), 5);
  assertEquals(await assertRejects(() => reading), reason);
  assertEquals(cancelled, reason);
});

Deno.test("an aborted signal stops a read before it starts", async () => {
  const reading = readAll(part(pieces(join(5)), 5), AbortSignal.abort(new Error("enough")));
  await assertRejects(() => reading, Error, "enough");
});

Deno.test("the reader runs only a little ahead of its user, so memory stays bounded", async () => {
  const size = recordBytes(cifar), chunk = new Uint8Array(64 * size);
  let given = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      given += 64;
      controller.enqueue(chunk.slice());
    },
  });
  let used = 0, ahead = 0;
  for await (const { count } of readRecords({ classes, format: cifar }, part(stream, 1e9))) {
    used += count;
    await new Promise((resolve) => setTimeout(resolve));
    ahead = Math.max(ahead, given - used);
    if (used > 2000) break;
  }
  assert(ahead < 500, `${ahead} records ahead`);
});

// The sanitizer of Deno.test fails these if a file stays open.
Deno.test("files are closed at the end, when left early, on bad data and on abort", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, join(300_000));
    const data = { classes, format };
    let total = 0;
    for await (const { count } of readRecords(data, filePart(path, { records: 300_000 }))) {
      total += count;
    }
    assertEquals(total, 300_000);
    for await (const _ of readRecords(data, filePart(path, { records: 300_000 }))) break;
    await assertRejects(() => readAll(filePart(path, { records: 9 })), DataError, path);
    const controller = new AbortController();
    await assertRejects(async () => {
      const options = { signal: controller.signal };
      for await (const _ of readRecords(data, filePart(path, { records: 300_000 }), options)) {
        controller.abort();
      }
    }, DOMException);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a file that is not there is named", async () => {
  await assertRejects(
    () => readAll(filePart("/no/such/file", { records: 1 })),
    Deno.errors.NotFound,
    "/no/such",
  );
});
