// deno-lint-ignore-file no-explicit-any -- the decoders have no types
import { Buffer } from "node:buffer";
import { PNG } from "pngjs";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { encodeGraph, type GraphLayer, graphOf } from "../../lib/summary/graph.ts";
import { bucketLimits, histogramOf, sparseHistogram } from "../../lib/summary/histogram.ts";
import {
  contactSheet,
  filterGrid,
  pictureOfPlanes,
  scaledPicture,
} from "../../lib/summary/pictures.ts";
import { encodePng, type PngPicture } from "../../lib/summary/png.ts";
import { Rng } from "../../lib/rng.ts";
import { decode } from "./protos.ts";

/** The bytes of a PNG file as another decoder sees them. */
function decodePng(png: Uint8Array, channels: number): { sizes: number[]; bytes: number[] } {
  const { width, height, data } = (PNG as any).sync.read(Buffer.from(png));
  const kept = [...data].filter((_, i) => i % 4 < channels);
  return { sizes: [height, width], bytes: kept };
}

Deno.test("pictures survive an independent decoder, at odd sizes", async () => {
  const rng = Rng.from(1);
  for (const channels of [1, 3] as const) {
    for (const [height, width] of [[1, 1], [5, 3], [17, 31]]) {
      const bytes = Uint8Array.from({ length: height * width * channels }, () => rng.below(256));
      const png = await encodePng({ height, width, channels, bytes });
      assertEquals(decodePng(png, channels), { sizes: [height, width], bytes: [...bytes] });
    }
  }
  await assertRejects(
    () => encodePng({ height: 2, width: 2, channels: 3, bytes: new Uint8Array(11) }),
    RangeError,
    "needs 12 bytes, got 11",
  );
});

Deno.test("numbers are scaled around grey where some are negative, else from black", () => {
  const signed = scaledPicture(Float32Array.of(-2, 0, 1, 2), [2, 2, 1]);
  assertEquals([...signed.bytes], [1, 128, 192, 255]);
  const positive = scaledPicture(Float32Array.of(0, 1, 2, 4), [2, 2, 1]);
  assertEquals([...positive.bytes], [0, 64, 128, 255]);
  assertEquals([...scaledPicture(new Float32Array(4), [2, 2, 1]).bytes], [0, 0, 0, 0]);
});

Deno.test("filters stand in a grid, each pixel where its weight is", () => {
  const [KH, KW, I, O] = [2, 3, 3, 5];
  const weights = Float32Array.from({ length: KH * KW * I * O }, (_, i) => i);
  const grid = filterGrid(weights, { shape: [KH, KW, I, O], zoom: 1 });
  assertEquals([grid.height, grid.width], [2 * 3 - 1, 3 * 4 - 1]);
  const at = (h: number, w: number, c: number) => grid.bytes[(h * grid.width + w) * 3 + c];
  const expected = (kh: number, kw: number, i: number, o: number) =>
    Math.round((((kh * KW + kw) * I + i) * O + o) * 255 / (weights.length - 1));
  assertEquals(at(0, 0, 0), expected(0, 0, 0, 0));
  assertEquals(at(1, 4 + 2, 1), expected(1, 2, 1, 1));
  assertEquals(at(3 + 1, 4 + 0, 2), expected(1, 0, 2, 4));
  assertEquals([at(2, 0, 0), at(0, 3, 0)], [255, 255]);
});

Deno.test("a sheet has its pictures in rows", () => {
  const picture = (value: number): PngPicture => ({
    height: 1,
    width: 2,
    channels: 1,
    bytes: Uint8Array.of(value, value + 1),
  });
  const sheet = contactSheet([picture(1), picture(3), picture(5)], { columns: 2, gap: 1 });
  assertEquals([sheet.height, sheet.width], [5, 7]);
  assertEquals([...sheet.bytes.subarray(7, 14)], [255, 1, 2, 255, 3, 4, 255]);
  assertEquals([...sheet.bytes.subarray(21, 28)], [255, 5, 6, 255, 255, 255, 255]);
  assertThrows(() => contactSheet([]), RangeError, "got none");
  assertEquals(
    [...pictureOfPlanes(Uint8Array.of(1, 2, 3, 4, 5, 6), [1, 2, 3]).bytes],
    [1, 3, 5, 2, 4, 6],
  );
});

Deno.test("a histogram counts below its limits, and empty runs collapse", () => {
  assertEquals(bucketLimits, bucketLimits.toSorted((a, b) => a - b));
  const { limits, counts, num, min, max } = histogramOf([1, 1, 1.05, -5]);
  assertEquals([num, min, max], [4, -5, 1.05]);
  assertEquals(counts.reduce((a, b) => a + b), 4);
  assertEquals(counts.filter((count) => count > 0), [1, 2, 1]);
  for (let i = 1; i < counts.length; i++) {
    assertEquals(counts[i] === 0 && counts[i - 1] === 0, false);
  }
  const placed = limits.findIndex((limit) => limit > 1);
  assertEquals(counts[placed], 2);
  const none = sparseHistogram({
    min: 0,
    max: 0,
    num: 0,
    sum: 0,
    sumSquares: 0,
    counts: bucketLimits.map(() => 0),
  });
  assertEquals([none.limits, none.counts], [[Number.MAX_VALUE], [0]]);
});

Deno.test("a graph has the layers' names, what they take, and shapes on its edges", () => {
  const layers: GraphLayer[] = [
    {
      name: "conv1",
      kind: "conv2d",
      outputShape: [1, 24, 24, 64],
      parameters: { weights: [5, 5, 3, 64] },
    },
    { name: "pool1", kind: "max_pool2d", outputShape: [1, 12, 12, 64], parameters: {} },
  ];
  const { node, versions } = decode(
    "GraphDef",
    encodeGraph(graphOf(layers, { input: [24, 24, 3] })),
  );
  assertEquals(versions.producer > 0, true);
  assertEquals(node.map(({ name, op, input = [] }: any) => [name, op, ...input]), [
    ["images", "Placeholder"],
    ["conv1/weights", "VariableV2"],
    ["conv1/conv1", "Conv2d", "images", "conv1/weights"],
    ["pool1/pool1", "MaxPool2d", "conv1/conv1"],
  ]);
  const [shape] = node[3].attr._output_shapes.list.shape;
  assertEquals(shape.dim.map(({ size }: any) => size), [-1, 12, 12, 64]);
});
