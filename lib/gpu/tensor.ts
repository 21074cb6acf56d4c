/**
 * Tensors as recordings know them: plain data that names memory.
 *
 * @module
 */
import type { ElementType } from "../../kernels/kernel.ts";
import { formatShape, sizeOf } from "../shape.ts";

/** Memory that keeps its content from run to run; a program makes a buffer of it. */
export interface Memory {
  /** What messages and the buffer call it. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
  /** Whether it is written now and then only, so that what depends on it alone need not be computed in every run. */
  readonly constant?: boolean;
}

/** Where a tensor that keeps its content lies. */
export interface Place {
  /** In what. */
  readonly memory: Memory;
  /** Bytes from its start, a multiple of 256. */
  readonly offset: number;
}

/** A named array of numbers on a device; without a place it is scratch, shared by liveness. */
export interface Tensor<S extends readonly number[] = readonly number[]> {
  /** What messages and buffers call it. */
  readonly name: string;
  /** Sizes along its axes. */
  readonly shape: S;
  /** `f16` for numbers of 16 bits; else they have 32. */
  readonly type?: ElementType;
  /** Where it lies, if it keeps its content. */
  readonly place?: Place;
  /** The tensor whose memory it looks at under another shape. */
  readonly base?: Tensor;
}

/** A tensor that keeps its content from run to run. */
export interface PlacedTensor<S extends readonly number[] = readonly number[]> extends Tensor<S> {
  /** Where it lies. */
  readonly place: Place;
}

/** The bytes that a tensor's binding covers: its elements, rounded up to 16 bytes. */
export function bytesOf({ shape, type }: Tensor): number {
  const bytes = sizeOf(shape) * (type === "f16" ? 2 : 4);
  return Math.max(16, Math.ceil(bytes / 16) * 16);
}

/** A tensor as messages name it. */
export function formatTensor(tensor: Tensor): string {
  return `${tensor.name} (${formatShape(tensor.shape)})`;
}
