/**
 * Where a shuffle queue is, for a checkpoint.
 *
 * @module
 */

/** The numbers of a shuffle queue that survive JSON. */
export interface ShuffleQueueProgress {
  /** Records put into the queue since the start of the first epoch. */
  readonly read: number;
  /** State of the generator that chooses places. */
  readonly rng: readonly number[];
}

/** Where a shuffle queue is, in four bytes for every example that it holds and a few numbers. */
export interface ShuffleQueueState extends ShuffleQueueProgress {
  /** Which record of the split is at each place. */
  readonly indices: Uint32Array<ArrayBuffer>;
  /** How many records the split has; not there in states of old. */
  readonly records?: number;
}

/** What a queue is that is to take up a state. */
export interface QueueIdentity {
  /** Examples that it holds. */
  readonly places: number;
  /** Records of its split. */
  readonly records: number;
  /** The key of the generator that chooses places. */
  readonly key: readonly [number, number];
}

/**
 * Requires that a state is of a queue of the same size, data and seed.
 *
 * @throws {RangeError} if it is not
 */
export function checkQueueState(
  state: ShuffleQueueState,
  queue: QueueIdentity,
): void {
  const { indices, rng } = state;
  const refuse = (needs: string, got: string | number) => {
    throw new RangeError(
      `Cannot restore the shuffle queue: needs ${needs}, got ${got}; go on with the options and the ` +
        `data that the run was started with`,
    );
  };
  if (indices.length !== queue.places) {
    refuse(`a state of ${queue.places} held examples`, indices.length);
  }
  if (rng[0] !== queue.key[0] || rng[1] !== queue.key[1]) {
    refuse(`a state of the same seed (key ${queue.key.join(" ")})`, rng.slice(0, 2).join(" "));
  }
  if ((state.records ?? queue.records) !== queue.records) {
    refuse(`a state of ${queue.records} records`, state.records!);
  }
  const last = indices.reduce((a, b) => Math.max(a, b), 0);
  if (last >= queue.records) refuse(`record numbers below ${queue.records}`, last);
}
