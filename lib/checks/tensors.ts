/**
 * Arrays to tensors on the adapter, and back.
 *
 * @module
 */
import { packStep, type StepNumbers } from "../../kernels/step.wgsl.ts";
import type { Arena } from "../gpu/arena.ts";
import type { Program } from "../gpu/program.ts";
import { Readback } from "../gpu/readback.ts";
import { bytesOf, type PlacedTensor } from "../gpu/tensor.ts";
import { sizeOf } from "../shape.ts";

/** Uploads a whole tensor; numbers that are not words are rounded to what the tensor holds. */
export function write(program: Program, tensor: PlacedTensor, data: ArrayLike<number>): void {
  const { name, shape } = tensor;
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(
      `Cannot write ${name}: needs ${sizeOf(shape)} numbers, got ${data.length}`,
    );
  }
  if (tensor.type === "f16") {
    const halves = new Float16Array(bytesOf(tensor) / 2);
    halves.set(data);
    return program.write(tensor, halves);
  }
  const words = data instanceof Uint32Array ? new Uint32Array(data) : Float32Array.from(data);
  program.write(tensor, words);
}

/** Uploads parameters by name, and gradients that no kernel gives: all of them must be overwritten. */
export function writeArenas(
  program: Program,
  { values, gradients }: { values: Arena; gradients: Arena },
  parameters: Readonly<Record<string, ArrayLike<number>>>,
): void {
  const { table } = values;
  const host = new Float32Array(table.length);
  for (const [name, data] of Object.entries(parameters)) table.view(host, name).set(data);
  write(program, values.all, host);
  write(program, gradients.all, host.fill(7e7));
}

/** The words of a step in which nothing is set but what is given. */
export function stepOf(numbers: Partial<StepNumbers>): Uint32Array<ArrayBuffer> {
  return packStep({
    key: [1, 2],
    step: 0,
    firstExample: 0,
    learningRate: 0,
    averageWeight: 0,
    ...numbers,
  });
}

/** Reads the same tensors again and again. */
export interface TensorReader extends Disposable {
  read(): Promise<Float32Array[]>;
}

/** Makes a reader for tensors of floats. */
export async function readerOf(
  program: Program,
  tensors: readonly PlacedTensor[],
): Promise<TensorReader> {
  const spans = tensors.map((tensor) => program.span(tensor));
  const bytes = spans.reduce((sum, { bytes }) => sum + bytes, 0);
  const readback = await Readback.create(program.device, bytes);
  return {
    async read() {
      const data = await readback.read(spans);
      let end = 0;
      return tensors.map(({ shape, type }, index) => {
        const start = end;
        end += spans[index].bytes;
        const count = sizeOf(shape);
        return type === "f16"
          ? Float32Array.from(new Float16Array(data, start, count))
          : new Float32Array(data, start, count);
      });
    },
    [Symbol.dispose]: () => readback[Symbol.dispose](),
  };
}
