import { assertEquals, assertThrows } from "@std/assert";
import { arenaOf, tensorsOf } from "../../lib/export/arena.ts";
import type { HostTensor } from "../../lib/export/tensor_types.ts";
import { batchNorm } from "../../lib/layers/batch_norm.ts";
import { dense } from "../../lib/layers/dense.ts";
import { sequential } from "../../lib/layers/sequential.ts";
import { Rng } from "../../lib/rng.ts";
import { ShapeError } from "../../lib/shape.ts";

const { parameters: table } = sequential([2], [dense({ name: "logits", units: 3 })]);
const biases: HostTensor = { dtype: "F32", shape: [3], data: Float32Array.of(1, 2, 3) };
const weights: HostTensor = { dtype: "F32", shape: [2, 3], data: new Float32Array(6).fill(4) };

function refusal(tensors: Record<string, HostTensor>): string {
  const read = () => arenaOf(tensors, { table, source: "p.safetensors" });
  return assertThrows(read, RangeError).message;
}

Deno.test("tensors come into the places of the parameters that they are named after", () => {
  const tensors = { "logits/weights": weights, "logits/biases": biases, other: biases };
  const arena = arenaOf(tensors, { table, source: "p.safetensors" });
  assertEquals([...table.view(arena, "logits/biases")], [1, 2, 3]);
});

Deno.test("numbers of another type are named by their type, of another shape by the model", () => {
  const halves: HostTensor = { dtype: "F16", shape: [3], data: new Float16Array(3) };
  const doubles: HostTensor = { dtype: "F64", shape: [3], data: new Float64Array(3) };
  for (const wrong of [halves, doubles]) {
    assertEquals(
      refusal({ "logits/weights": weights, "logits/biases": wrong }),
      `Cannot use p.safetensors: needs logits/biases as F32 3, got ${wrong.dtype} 3; write it again with ` +
        `numbers of the type F32 instead of ${wrong.dtype}`,
    );
  }
  const many: HostTensor = { dtype: "F32", shape: [4], data: new Float32Array(4) };
  assertEquals(
    refusal({ "logits/weights": weights, "logits/biases": many }),
    "Cannot use p.safetensors: needs logits/biases as F32 3, got F32 4; it was made with another model",
  );
  assertEquals(
    refusal({ "logits/weights": weights }),
    "Cannot use p.safetensors: needs logits/biases as F32 3, got none; it was made with another model",
  );
});

Deno.test("an arena's tensors make the arena again, by other names and trained ones alone too", () => {
  const { parameters: table } = sequential([2], [batchNorm("NC"), dense({ units: 3 })]);
  const arena = table.initialize(Rng.from(1));
  assertEquals(arenaOf(tensorsOf(arena, { table }), { table }), arena);
  const averages = tensorsOf(arena, { table, suffix: "/average" });
  assertEquals(Object.keys(averages)[0], "norm/gamma/average");
  assertEquals(arenaOf(averages, { table, suffix: "/average" }), arena);
  const trained = tensorsOf(arena, { table, trainedOnly: true });
  assertEquals(Object.keys(trained), [
    "norm/gamma",
    "norm/beta",
    "dense/weights",
    "dense/biases",
  ]);
  const part = arena.subarray(0, table.trainedLength);
  assertEquals(arenaOf(trained, { table, trainedOnly: true }), part);
  assertThrows(
    () => tensorsOf(part, { table }),
    ShapeError,
    "Cannot name the parameters: needs an arena of 384 parameters, got 256",
  );
});
