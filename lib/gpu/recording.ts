/**
 * What was recorded: plain data, which may go to another process to be built there.
 *
 * @module
 */
import type { Kernel } from "../../kernels/kernel.ts";
import type { AdapterKind, AdapterSummary } from "./adapter.ts";
import type { Memory, Tensor } from "./tensor.ts";

/** What a recording depends on of the adapter that it will run on; a {@linkcode Device} is one. */
export interface Target {
  /** Its name. */
  readonly summary: AdapterSummary;
  /** Which variants of the kernels suit it. */
  readonly kind: AdapterKind;
  /** Whether kernels may use subgroups, of at least 8 lanes. */
  readonly subgroups: boolean;
  /** Whether kernels may use numbers of 16 bits. */
  readonly f16: boolean;
  /** Bytes of a tensor at most: what a binding can cover. */
  readonly maxTensorBytes: number;
}

/** One recorded dispatch. */
export interface Recorded {
  /** The layer that asked for it. */
  readonly layer: string;
  /** What runs. */
  readonly kernel: Kernel;
  /** The tensors in the order of the kernel's bindings. */
  readonly tensors: readonly Tensor[];
  /** Whether it is left out of runs that do not ask for summaries. */
  readonly summary?: boolean;
}

/** Which of several kernels for the same work to use, by the work's name. */
export type Variants = Readonly<Record<string, string>>;

/** All that was recorded: plain data, which may go to another process to be built there. */
export interface Recording {
  /** The dispatches in order. */
  readonly recorded: readonly Recorded[];
  /** Memory that nothing may share. */
  readonly kept: readonly Memory[];
  /** The variants that were chosen. */
  readonly variants: Variants;
}
