/**
 * The adapter's twins of the parameter arena.
 *
 * @module
 */
import type { ParameterTable } from "../parameters.ts";
import type { Recorder } from "./recorder.ts";
import type { Memory, PlacedTensor } from "./tensor.ts";

/** One array of the arena's form in a program's memory: values, gradients or averages. */
export class Arena {
  /** The layout. */
  readonly table: ParameterTable;
  readonly #memory: Memory;

  /** Keeps memory for it in a recording; it starts zeroed. See {@linkcode Memory} for `constant`. */
  constructor(
    record: Recorder,
    table: ParameterTable,
    name: string,
    options: { constant?: boolean } = {},
  ) {
    this.table = table;
    this.#memory = record.keep([Math.max(1, table.length)], name, options).place.memory;
  }

  /** The whole arena as one tensor. */
  get all(): PlacedTensor {
    const { name } = this.#memory;
    return { name, shape: [this.table.length], place: { memory: this.#memory, offset: 0 } };
  }

  /** One parameter's slice. */
  tensor(name: string): PlacedTensor {
    const { shape, offset } = this.table.get(name);
    return { name, shape, place: { memory: this.#memory, offset: offset * 4 } };
  }
}
