/**
 * Every case of `torch.json` and every test of ONNX that names an operation of a convolutional network,
 * each passed or with the reason why it does not apply; the table in `README.md` is what comes out.
 * `TOWER_WRITE_CONFORMANCE=1` writes it anew.
 *
 * @module
 */
import { assert, assertEquals, AssertionError } from "@std/assert";
import type { Device } from "../../lib/gpu/device.ts";
import { allConformanceCases, conformanceAvailable } from "../support/conformance.ts";
import { openDevice } from "../support/device.ts";
import type { Array64 } from "../support/reference.ts";
import { onnxInstalled, onnxTests } from "./onnx_model.ts";
import { onnxOperations } from "./onnx_operations.ts";
import { type Outcome, tableOf } from "./table.ts";
import { torchOperations } from "./torch_operations.ts";

const readme = new URL("README.md", import.meta.url);

Deno.test({
  name: "every case of PyTorch's numbers passes or does not apply" +
    (conformanceAvailable ? "" : " (skipped: no ../shared/conformance/torch.json)"),
  ignore: !conformanceAvailable,
  async fn(t) {
    using device = await openDevice();
    const outcomes: Outcome[] = [];
    for (const stored of allConformanceCases()) {
      const { op, name } = stored;
      const operation = torchOperations[op];
      assert(operation, `torch_operations.ts has no entry for ${op}`);
      const check = operation(stored as never);
      outcomes.push({ op, name, result: await resultOf(t, { name, check, device }) });
    }
    assertEquals(outcomes.length, 81);
    await compare("PyTorch", tableOf(outcomes));
  },
});

Deno.test({
  name: "every ONNX test of our operations passes or does not apply" +
    (onnxInstalled ? "" : " (skipped: no libonnx-testdata)"),
  ignore: !onnxInstalled,
  async fn(t) {
    using device = await openDevice();
    const outcomes: Outcome[] = [];
    for (const test of onnxTests(Object.keys(onnxOperations))) {
      const { name, op, outputs: [expected] } = test;
      const run = onnxOperations[op](test);
      const check = typeof run === "string" ? run : async (device: Device) => {
        assertWithin(await run(device), expected);
      };
      outcomes.push({ op, name, result: await resultOf(t, { name, check, device }) });
    }
    outcomes.sort((a, b) => a.op < b.op ? -1 : a.op > b.op ? 1 : 0);
    await compare("ONNX", tableOf(outcomes));
  },
});

/** Runs a case in a step of its own. */
async function resultOf(
  t: Deno.TestContext,
  { name, check, device }: {
    name: string;
    check: string | ((device: Device) => Promise<void>);
    device: Device;
  },
): Promise<Outcome["result"]> {
  if (typeof check === "string") return { reason: check };
  return await t.step(name, () => check(device)) ? "passed" : "failed";
}

/**
 * An error of 1e-5 of the value and 1e-6 of the largest, as both sides are float32. ONNX allows 1e-3 of the
 * value, which would let pass an LRN that does not divide its alpha.
 */
function assertWithin(got: Array64, expected: Array64): void {
  assertEquals(got.shape, expected.shape);
  const largest = expected.data.reduce((size, value) => Math.max(size, Math.abs(value)), 0);
  got.data.forEach((value, i) => {
    const wanted = expected.data[i];
    if (Math.abs(value - wanted) <= 1e-6 * largest + 1e-5 * Math.abs(wanted)) return;
    throw new AssertionError(`element ${i} is off: got ${value}, expected ${wanted}`);
  });
}

/** Requires the section of `README.md` to have this table. */
async function compare(section: string, table: string): Promise<void> {
  const text = await Deno.readTextFile(readme);
  const [, before, after] = text.match(
    new RegExp(
      `^([^]*<!-- ${section} -->\n<!-- deno-fmt-ignore-start -->\n\n)[^]*?(<!-- deno-fmt-ignore-end -->[^]*)$`,
    ),
  )!;
  const current = `${before}${table}\n${after}`;
  if (Deno.env.get("TOWER_WRITE_CONFORMANCE")) return await Deno.writeTextFile(readme, current);
  assertEquals(
    text,
    current,
    "tests/conformance/README.md is not what comes out: run this test with TOWER_WRITE_CONFORMANCE=1",
  );
}
