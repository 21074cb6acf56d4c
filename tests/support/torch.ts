/**
 * PyTorch itself, where Debian's `python3-torch` is installed.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Array64 } from "./reference.ts";

/** Whether it is; for `ignore: !torchInstalled`. */
export const torchInstalled: boolean = exists("/usr/lib/python3/dist-packages/torch/__init__.py");

/** An operation to compute: a function of `torch_reference.py`, which is given inputs and attributes. */
export interface TorchCase {
  readonly op: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Array64>>;
  readonly dy: Array64;
}

/** What it gives, flat. */
export interface TorchAnswer {
  readonly y: readonly number[];
  readonly grads: Readonly<Record<string, readonly number[]>>;
}

/** Computes all cases in one process; `null` for an operation that `torch_reference.py` does not have. */
export async function askTorch(cases: readonly TorchCase[]): Promise<(TorchAnswer | null)[]> {
  const script = new URL("torch_reference.py", import.meta.url).pathname;
  const python = new Deno.Command("/usr/bin/python3", {
    args: [script],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const plain = cases.map(({ op, attrs, inputs, dy }) => ({ op, attrs, inputs, dy }));
  const text = JSON.stringify(
    plain,
    (_, value) => value instanceof Float64Array ? Array.from(value) : value,
  );
  const [{ code, stdout }] = await Promise.all([
    python.output(),
    ReadableStream.from([new TextEncoder().encode(text)]).pipeTo(python.stdin),
  ]);
  assertEquals(code, 0, "torch_reference.py");
  const answers: (TorchAnswer | null)[] = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(answers.length, cases.length);
  return answers;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
