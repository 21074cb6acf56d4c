/**
 * What of a program depends on constants alone, and so need not be computed in every run.
 *
 * @module
 */
import { bindingsOf } from "../../kernels/kernel.ts";
import type { Recorded } from "./recording.ts";
import type { Tensor } from "./tensor.ts";

/** Dispatches apart. */
export interface Split {
  /** Those that read nothing but constants and what others of these have written. */
  readonly once: readonly Recorded[];
  /** All others. */
  readonly each: readonly Recorded[];
  /** What the former write and the latter read: it has to keep its content. */
  readonly lasting: ReadonlySet<Tensor>;
}

/** Takes apart what only changes when memory that is marked as constant is written, and what every run does. */
export function splitConstants(recorded: readonly Recorded[]): Split {
  const writers = new Map<Tensor, number>();
  const uses = recorded.map(({ kernel, tensors }) => {
    const writes = new Set(
      bindingsOf(kernel.code).flatMap(({ access }, at) =>
        access === "read_write" ? [tensors[at]] : []
      ),
    );
    for (const tensor of writes) writers.set(tensor, (writers.get(tensor) ?? 0) + 1);
    return { writes, reads: tensors.filter((tensor) => !writes.has(tensor)) };
  });
  const known = new Set<Tensor>();
  const isConstant = (tensor: Tensor) => tensor.place?.memory.constant || known.has(tensor);
  const once: Recorded[] = [], each: Recorded[] = [], lasting = new Set<Tensor>();
  for (const [i, dispatch] of recorded.entries()) {
    const { reads, writes } = uses[i];
    const written = [...writes];
    // What several dispatches write changes on the way.
    const own = written.every((tensor) => !tensor.place && writers.get(tensor) === 1);
    if (own && reads.length > 0 && reads.every(isConstant)) {
      once.push(dispatch);
      for (const tensor of written) known.add(tensor);
    } else {
      each.push(dispatch);
      for (const tensor of reads) if (known.has(tensor)) lasting.add(tensor);
    }
  }
  return { once, each, lasting };
}
