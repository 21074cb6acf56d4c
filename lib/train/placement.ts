/**
 * Which tower runs where.
 *
 * @module
 */
import type { AdapterPreference } from "../gpu/adapter.ts";
import { Device } from "../gpu/device.ts";
import { findPins } from "./find_pins.ts";
import { placeOn, type TowerPlace } from "./replica.ts";
import { count, requireNumbers } from "./rules.ts";
import { TowerProcess } from "./tower_process.ts";

/** Places for the towers of a run. */
export interface Placement extends Disposable {
  /** The place of each tower; towers share a place where there are more of them than adapters. */
  readonly places: readonly TowerPlace[];
  /** What could not be told apart, and what would help; sentences. */
  readonly notes: readonly string[];
}

/** What to place. */
export interface PlacementOptions {
  /** Towers, at least 1. */
  readonly towers: number;
  /** Which adapter to prefer. Default `high-performance`. */
  readonly adapter?: AdapterPreference;
  /**
   * The tower, among all of this machine, that the first of these is: processes that share a machine
   * take adapters by turns. Default 0.
   */
  readonly first?: number;
}

/**
 * Opens adapters for towers: tower `t` runs on adapter `t mod A` of A that can be told apart. What this
 * process can tell apart itself it opens; other adapters have a process each, started one at a time with
 * an environment that shows it that one only. Dispose it when done.
 *
 * @throws {RangeError} if a number is out of its range
 * @throws {AdapterError} if there is no adapter
 * @throws {DeviceError} if one will not open
 *
 * @example Two towers, of one adapter or two
 * ```ts
 * import { placeTowers, shapes, train, tutorialNetwork } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * using placement = await placeTowers({ towers: 2 });
 * for (const note of placement.notes) console.log(note);
 * const recipe = { batchSize: 4, minQueueExamples: 16 }; // 4 examples each
 * const options = { model: tutorialNetwork(), dataset: shapes({ train: 64 }), recipe, maxSteps: 1 };
 * let examples = 0;
 * for await (const event of train(placement.places, options)) {
 *   if (event.type === "saved") examples = event.snapshot.examples;
 * }
 * assertEquals(examples, 8);
 * ```
 */
export async function placeTowers(
  { towers, adapter = "high-performance", first = 0 }: PlacementOptions,
): Promise<Placement> {
  requireNumbers("place towers", { towers: [towers, count(1)], first: [first, count(0)] });
  const { pins, notes } = await findPins(adapter);
  const used = Array.from({ length: towers }, (_, t) => pins[(first + t) % pins.length]);
  using stack = new DisposableStack();
  const places = new Map<typeof pins[number], TowerPlace>();
  for (const pin of used) {
    if (places.has(pin)) continue;
    const place = Object.keys(pin.env).length === 0
      ? placeOn(stack.use(await Device.open({ adapter: pin.adapter })))
      : stack.use(await TowerProcess.start(pin));
    places.set(pin, place);
  }
  const owned = stack.move();
  return {
    places: used.map((pin) => places.get(pin)!),
    notes,
    [Symbol.dispose]: () => owned[Symbol.dispose](),
  };
}
