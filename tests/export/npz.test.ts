import { assertThrows } from "@std/assert";
import { encodeNpy, encodeNpz } from "../../lib/export/npz.ts";
import type { HostTensor } from "../../lib/export/tensor_types.ts";

Deno.test("an array whose data is not of its shape or type is refused, which numpy could not read", () => {
  const cases = [
    [
      { dtype: "F32", shape: [3], data: new Float32Array(2) },
      "shape [3] needs 3 elements, got 2",
    ],
    [
      { dtype: "F32", shape: [2], data: new Float64Array(2) },
      "F32 needs another array than Float64Array",
    ],
    [{ dtype: "C64", shape: [1], data: new Float32Array(1) }, "numpy has no type C64"],
  ] as const;
  for (const [wrong, problem] of cases) {
    const tensor = wrong as unknown as HostTensor;
    assertThrows(() => encodeNpy(tensor), RangeError, `Cannot write the array: ${problem}`);
    const tensors = { "conv1/weights": tensor };
    assertThrows(() => encodeNpz(tensors), RangeError, `Cannot write "conv1/weights": ${problem}`);
  }
});
