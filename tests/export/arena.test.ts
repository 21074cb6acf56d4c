import { assertEquals, assertThrows } from "@std/assert";
import { arenaOf } from "../../lib/export/arena.ts";
import type { HostTensor } from "../../lib/export/tensor_types.ts";
import { dense } from "../../lib/layers/dense.ts";
import { sequential } from "../../lib/layers/sequential.ts";

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
