/**
 * A graph of ONNX operations that grows.
 *
 * @module
 */
import { encodeNode, encodeTensor, type OnnxAttribute } from "./onnx_proto.ts";

/** Nodes and constants, encoded as they come. */
export class OnnxGraph {
  /** The nodes as messages, in order. */
  readonly nodes: Uint8Array[] = [];
  /** The constants as messages. */
  readonly tensors: Uint8Array[] = [];
  readonly #names: Set<string>;

  /**
   * An empty graph.
   *
   * @param reserved the names of inputs and outputs, which nothing else may have
   */
  constructor(reserved: readonly string[] = []) {
    this.#names = new Set(reserved);
  }

  /** Adds an operation that gives an output of the graph, under the reserved name of that. */
  output(
    operation: string,
    input: string,
    { name, attributes = {} }: {
      name: string;
      attributes?: Readonly<Record<string, OnnxAttribute>>;
    },
  ): string {
    this.nodes.push(encodeNode({ operation, name, inputs: [input], outputs: [name], attributes }));
    return name;
  }

  /**
   * Adds an operation.
   *
   * @param operation such as `Relu`, of opset 17
   * @param inputs names of what it takes
   * @returns the name of what it gives
   */
  node(
    operation: string,
    inputs: readonly string[],
    { name, attributes = {} }: {
      name: string;
      attributes?: Readonly<Record<string, OnnxAttribute>>;
    },
  ): string {
    const unique = this.#unique(name);
    this.nodes.push(
      encodeNode({ operation, name: unique, inputs, outputs: [unique], attributes }),
    );
    return unique;
  }

  /**
   * Adds a constant: 32-bit floats of a `Float32Array`, whole numbers of 64 bits of a list.
   *
   * @returns its name
   */
  constant(name: string, shape: readonly number[], data: Float32Array | readonly number[]): string {
    const unique = this.#unique(name);
    const values = data instanceof Float32Array ? data : BigInt64Array.from(data, BigInt);
    this.tensors.push(encodeTensor({ name: unique, shape, data: values }));
    return unique;
  }

  #unique(name: string): string {
    let unique = name;
    for (let n = 2; this.#names.has(unique); n++) unique = `${name}_${n}`;
    this.#names.add(unique);
    return unique;
  }
}

/** The axes of a tensor in another order: `axes[i]` is what becomes axis `i`. */
export function transposed(
  data: Float32Array,
  shape: readonly number[],
  axes: readonly number[],
): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const sizes = axes.map((axis) => shape[axis]), steps = axes.map((axis) => strides[axis]);
  const result = new Float32Array(data.length);
  const at = sizes.map(() => 0);
  for (let i = 0, from = 0; i < result.length; i++) {
    result[i] = data[from];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++at[axis] < sizes[axis]) break;
      from -= steps[axis] * sizes[axis];
      at[axis] = 0;
    }
  }
  return result;
}
