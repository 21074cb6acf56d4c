/**
 * The element types that safetensors files and typed arrays have in common.
 *
 * @module
 */

/** The typed array of each element type. */
export interface TensorArrays {
  /** 64-bit float. */
  F64: Float64Array;
  /** 32-bit float. */
  F32: Float32Array;
  /** 16-bit float. */
  F16: Float16Array;
  /** 64-bit integer. */
  I64: BigInt64Array;
  /** 32-bit integer. */
  I32: Int32Array;
  /** 16-bit integer. */
  I16: Int16Array;
  /** 8-bit integer. */
  I8: Int8Array;
  /** 64-bit unsigned integer. */
  U64: BigUint64Array;
  /** 32-bit unsigned integer. */
  U32: Uint32Array;
  /** 16-bit unsigned integer. */
  U16: Uint16Array;
  /** 8-bit unsigned integer. */
  U8: Uint8Array;
}

/** Element types by the names that safetensors gives them. */
export type Dtype = keyof TensorArrays;

/** A tensor in host memory: row-major, the last axis running fastest. */
export type HostTensor<D extends Dtype = Dtype> = {
  [K in D]: {
    /** Element type. */
    readonly dtype: K;
    /** Sizes of the axes; empty for a scalar. */
    readonly shape: readonly number[];
    /** As many elements as the product of the shape. */
    readonly data: TensorArrays[K];
  };
}[D];

/** A class of typed array, as far as it is used here. */
export interface TensorArrayClass<A> {
  /** Bytes in an element. */
  readonly BYTES_PER_ELEMENT: number;
  /** A view of memory that is there already. */
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
}

/** The class of typed array for each element type. */
export const tensorArrayClasses: { readonly [D in Dtype]: TensorArrayClass<TensorArrays[D]> } = {
  F64: Float64Array,
  F32: Float32Array,
  // Younger than WebGPU: where it is not, only tensors of this type cannot be read.
  get F16() {
    return Float16Array;
  },
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
};

/** Whether there is a typed array for this element type. */
export function isDtype(name: unknown): name is Dtype {
  return typeof name === "string" && Object.hasOwn(tensorArrayClasses, name);
}

/** Elements in a tensor of this shape: 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** What is wrong with a tensor's data for its type and shape; nothing if all is well. */
export function tensorProblem({ dtype, shape, data }: HostTensor): string | undefined {
  const arrayClass = tensorArrayClasses[dtype];
  if (!(data instanceof (arrayClass as unknown as new () => object))) {
    return `${dtype} needs another array than ${data.constructor.name}`;
  }
  const count = elementCount(shape);
  if (data.length === count) return undefined;
  return `shape [${shape}] needs ${count} elements, got ${data.length}`;
}
