/**
 * Sharing memory between scratch tensors that live at different times.
 *
 * @module
 */
import type { Recorded } from "./recording.ts";
import { bytesOf, type Tensor } from "./tensor.ts";

/** Which slot every scratch tensor uses, and how large the slots must be. */
export interface Allocation {
  /** The slot of each scratch tensor. */
  readonly slotOf: ReadonlyMap<Tensor, number>;
  /** The bytes of each slot. */
  readonly slots: readonly number[];
}

/**
 * Gives each scratch tensor a slot from its first use to its last, or for good if it is `lasting`. Two tensors of one dispatch never
 * share, and a slot is free again only after the dispatch that used it last. The best fit wins: the
 * smallest free slot that is large enough, else the largest free one, made larger.
 */
export function allocate(
  recorded: readonly Recorded[],
  lasting: ReadonlySet<Tensor> = new Set(),
): Allocation {
  const lastUse = new Map<Tensor, number>();
  recorded.forEach(({ tensors }, index) => {
    for (const tensor of tensors) if (!tensor.place) lastUse.set(tensor, index);
  });

  const slots: number[] = [];
  const free: number[] = [];
  const slotOf = new Map<Tensor, number>();
  recorded.forEach(({ tensors }, index) => {
    for (const tensor of tensors) {
      if (tensor.place || slotOf.has(tensor)) continue;
      slotOf.set(tensor, takeSlot(bytesOf(tensor), slots, free));
    }
    for (const tensor of new Set(tensors)) {
      if (lastUse.get(tensor) === index && !lasting.has(tensor)) free.push(slotOf.get(tensor)!);
    }
  });
  return { slotOf, slots };
}

function takeSlot(bytes: number, slots: number[], free: number[]): number {
  const bySize = (a: number, b: number) => slots[a] - slots[b];
  const slot = free.filter((slot) => slots[slot] >= bytes).sort(bySize)[0] ??
    [...free].sort(bySize).at(-1);
  if (slot === undefined) return slots.push(bytes) - 1;
  free.splice(free.indexOf(slot), 1);
  slots[slot] = Math.max(slots[slot], bytes);
  return slot;
}
