import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "@std/path";
import {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  SafetensorsError,
} from "../../lib/export/safetensors.ts";
import { readSafetensors, writeSafetensors } from "../../lib/export/safetensors_files.ts";

const content: Safetensors = {
  tensors: {
    bytes: { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 3) },
    weights: { dtype: "F32", shape: [2, 2], data: Float32Array.of(1, -0, NaN, Infinity) },
    halves: { dtype: "F16", shape: [1], data: Float16Array.of(0.5) },
    indices: { dtype: "U32", shape: [1], data: Uint32Array.of(4294967295) },
    signed: { dtype: "I32", shape: [2], data: Int32Array.of(-1, 7) },
    counts: { dtype: "I64", shape: [1], data: BigInt64Array.of(-(2n ** 63n)) },
    scalar: { dtype: "F64", shape: [], data: Float64Array.of(Math.PI) },
    empty: { dtype: "F32", shape: [0, 5], data: new Float32Array(0) },
    __proto: { dtype: "U16", shape: [1], data: Uint16Array.of(9) },
  },
  metadata: { step: "12", note: 'ä "quoted"\n' },
};

function concatenate(pieces: Uint8Array[]): Uint8Array {
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}

/** A file with this header and so many bytes of data. */
function file(header: unknown, dataLength: number): Uint8Array {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const json = new TextEncoder().encode(text);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(json.length), true);
  return concatenate([length, json, new Uint8Array(dataLength)]);
}

function refusal(bytes: Uint8Array): string {
  return assertThrows(() => decodeSafetensors(bytes, "x.safetensors"), SafetensorsError).message;
}

const f32 = (shape: unknown, data_offsets: unknown) => ({ dtype: "F32", shape, data_offsets });

Deno.test("what is written is read back, to the bit", () => {
  const bytes = concatenate(encodeSafetensors(content));
  assertEquals(decodeSafetensors(bytes, "x"), content);
  assertEquals(concatenate(encodeSafetensors(decodeSafetensors(bytes, "x"))), bytes);
});

Deno.test("the same content gives the same bytes, in whatever order it is given", () => {
  const reversed = Object.fromEntries(Object.entries(content.tensors).reverse());
  const metadata = { note: content.metadata.note, step: content.metadata.step };
  assertEquals(
    concatenate(encodeSafetensors({ tensors: reversed, metadata })),
    concatenate(encodeSafetensors(content)),
  );
});

Deno.test("the bytes are those of the format", () => {
  const bytes = concatenate(encodeSafetensors({
    tensors: { b: { dtype: "U8", shape: [1], data: Uint8Array.of(7) } },
    metadata: { k: "v" },
  }));
  const header = '{"__metadata__":{"k":"v"},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  assertEquals(bytes[0], padded.length);
  assertEquals(bytes.subarray(1, 8), new Uint8Array(7));
  assertEquals(new TextDecoder().decode(bytes.subarray(8, -1)), padded);
  assertEquals(bytes.at(-1), 7);
});

Deno.test("every tensor of a written file is aligned, so reading copies nothing", () => {
  const bytes = concatenate(encodeSafetensors(content));
  for (const { data } of Object.values(decodeSafetensors(bytes, "x").tensors)) {
    assert(data.buffer === bytes.buffer);
  }
});

Deno.test("a foreign file whose tensors are not aligned is read too", () => {
  const bytes = file({ a: f32([1], [0, 4]) }, 4);
  assert(bytes.length % 4 !== 0);
  new DataView(bytes.buffer).setFloat32(bytes.length - 4, 1.5, true);
  assertEquals(decodeSafetensors(bytes, "x").tensors.a.data, Float32Array.of(1.5));
});

Deno.test("a view into a larger array is written as the view", () => {
  const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
  const bytes = concatenate(
    encodeSafetensors({ tensors: { a: { dtype: "F32", shape: [2], data } }, metadata: {} }),
  );
  assertEquals(decodeSafetensors(bytes, "x").tensors.a.data, Float32Array.of(2, 3));
});

Deno.test("tensors may have the names of an object's own machinery", () => {
  for (const name of ["__proto__", "constructor", "toString", ""]) {
    const bytes = file(
      `{${JSON.stringify(name)}:{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`,
      1,
    );
    assertEquals(Object.keys(decodeSafetensors(bytes, "x").tensors), [name]);
  }
});

Deno.test("a file cut off anywhere is refused", () => {
  const whole = concatenate(encodeSafetensors(content));
  for (let length = 0; length < whole.length; length++) refusal(whole.subarray(0, length));
  refusal(concatenate([whole, Uint8Array.of(0)]));
});

Deno.test("no single flipped bit in the header makes the reader fail in another way than by refusing", () => {
  const whole = concatenate(encodeSafetensors(content));
  const headerLength = 8 + whole[0] + 256 * whole[1];
  for (let bit = 0; bit < headerLength * 8; bit++) {
    const bytes = whole.slice();
    bytes[bit >> 3] ^= 1 << (bit & 7);
    try {
      decodeSafetensors(bytes, "x");
    } catch (error) {
      assert(error instanceof SafetensorsError, `bit ${bit}: ${error}`);
    }
  }
});

Deno.test("each fault is named in one sentence that begins with the file", () => {
  const faults: [Uint8Array, string][] = [
    [new Uint8Array(3), "a safetensors file needs at least 8 bytes, got 3"],
    [
      new Uint8Array(16).fill(255),
      "this is no safetensors file: its header would be 18446744073709552000 bytes long",
    ],
    [
      file("{}   ", 0).subarray(0, 10),
      "the file is cut off: its header ends at byte 13 and it has 10",
    ],
    [file("[]", 0), "this is no safetensors file: its header is not a JSON object"],
    [file("{", 0), "this is no safetensors file: its header is not a JSON object"],
    [file({ __metadata__: { a: 1 } }, 0), "needs texts under __metadata__, got something else"],
    [file({ __metadata__: [] }, 0), "needs texts under __metadata__, got something else"],
    [file({ a: 1 }, 0), `tensor "a" needs an object in the header`],
    [
      file({ a: { ...f32([1], [0, 4]), dtype: "F33" } }, 4),
      `tensor "a" needs one of the types F64, F32, F16, I64, I32, I16, I8, U64, U32, U16, U8, got "F33"`,
    ],
    [
      file({ a: { ...f32([1], [0, 4]), dtype: "toString" } }, 4),
      `tensor "a" needs one of the types F64, F32, F16, I64, I32, I16, I8, U64, U32, U16, U8, got "toString"`,
    ],
    [file({ a: f32([-1], [0, 4]) }, 4), `tensor "a" needs a list of sizes as its shape, got [-1]`],
    [
      file({ a: f32([1.5], [0, 6]) }, 6),
      `tensor "a" needs a list of sizes as its shape, got [1.5]`,
    ],
    [file({ a: f32("1", [0, 4]) }, 4), `tensor "a" needs a list of sizes as its shape, got "1"`],
    [file({ a: f32([1], [0]) }, 4), `tensor "a" needs two data_offsets, got [0]`],
    [file({ a: f32([1], [-4, 0]) }, 4), `tensor "a" needs two data_offsets, got [-4,0]`],
    [file({ a: f32([2], [0, 4]) }, 4), `tensor "a" of F32 [2] needs 8 bytes, got 4`],
    [file({ a: f32([1], [4, 0]) }, 4), `tensor "a" of F32 [1] needs 4 bytes, got -4`],
    [
      file({ a: f32([2 ** 52, 2 ** 52], [0, 0]) }, 0),
      `tensor "a" of F32 [4503599627370496,4503599627370496] needs 8.112963841460668e+31 bytes, got 0`,
    ],
    [
      file({ a: f32([2], [0, 8]) }, 4),
      `the file is cut off: tensor "a" ends at byte 8 of the data and there are 4`,
    ],
    [
      file({ a: f32([2], [0, 8]), b: f32([1], [4, 8]) }, 8),
      `tensor "b" overlaps the one before it`,
    ],
    [
      file({ a: f32([1], [0, 4]), b: f32([1], [8, 12]) }, 12),
      `there are 4 bytes of no tensor before tensor "b"`,
    ],
    [file({ a: f32([1], [0, 4]) }, 6), "there are 2 bytes of no tensor at its end"],
  ];
  for (const [bytes, fault] of faults) {
    assertEquals(refusal(bytes), `Cannot read x.safetensors: ${fault}`);
  }
});

Deno.test("content that contradicts itself is not written", () => {
  const write = (tensor: unknown, name = "a") =>
    assertThrows(
      () => encodeSafetensors({ tensors: { [name]: tensor }, metadata: {} } as Safetensors),
      SafetensorsError,
    ).message;
  assertEquals(
    write({ dtype: "F32", shape: [2], data: new Float32Array(3) }),
    `Cannot write tensor "a": shape [2] needs 2 elements, got 3`,
  );
  assertEquals(
    write({ dtype: "F32", shape: [2], data: new Int32Array(2) }),
    `Cannot write tensor "a": F32 needs another array than Int32Array`,
  );
  assertEquals(
    write({ dtype: "U8", shape: [1], data: new Uint8Array(1) }, "__metadata__"),
    `Cannot write tensor "__metadata__": the format keeps that name for itself`,
  );
});

Deno.test("files go to the disk and come back; an error names the file", async () => {
  const directory = await Deno.makeTempDir({ prefix: "tower-" });
  try {
    const path = join(directory, "a.safetensors");
    await writeSafetensors(path, content);
    assertEquals(await readSafetensors(path), content);
    await Deno.truncate(path, 100);
    const { message } = await readSafetensors(path).then(() => new Error("read"), (error) => error);
    assertStringIncludes(message, `Cannot read ${path}: the file is cut off`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
