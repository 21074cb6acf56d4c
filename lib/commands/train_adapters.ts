/**
 * The adapters that `train` runs on.
 *
 * @module
 */
import type { Io } from "../cli/command.ts";
import { UsageError } from "../cli/flags.ts";
import { count } from "../cli/format.ts";
import { printable } from "../cli/printable.ts";
import type { Group } from "../distributed/group.ts";
import type { AdapterPreference } from "../gpu/adapter.ts";
import { Device } from "../gpu/device.ts";
import type { Model } from "../layers/sequential.ts";
import { placeTowers } from "../train/placement.ts";
import { placeOn, type TowerPlace } from "../train/replica.ts";
import type { RunConfig } from "../train/run_directory.ts";
import { gather } from "../train/tower_group.ts";

/** The adapters of a run, open. */
export interface Adapters extends Disposable {
  /** The place of each tower of this process. */
  readonly places: readonly TowerPlace[];
  /** The one device that parameters live on, where they do. */
  readonly device?: Device;
}

/** Whose adapters, and which. */
export interface OpenAdaptersOptions {
  /** Which kind to prefer. */
  readonly adapter: AdapterPreference;
  /** Where to say what could not be told apart. */
  readonly io: Io;
  /** The processes that train together. Default: this one alone. */
  readonly group?: Group;
}

/**
 * Opens the adapters of this process's towers.
 *
 * @throws {AdapterError} if there is none
 * @throws {UsageError} if the run stores 16-bit numbers and one has none
 */
export async function openAdapters(
  { towers: all, parameters, recipe: { activations } }: RunConfig,
  { adapter, io, group }: OpenAdaptersOptions,
): Promise<Adapters> {
  using stack = new DisposableStack();
  const opened = parameters === "adapter"
    ? await openOne(adapter)
    : await placeAll({ towers: all / (group?.size ?? 1), adapter, io, group });
  stack.use(opened);
  if (activations === "f16") {
    for (const { target } of opened.places) requireF16({ ...target.summary, f16: target.f16 });
  }
  stack.move();
  return opened;
}

async function openOne(adapter: AdapterPreference): Promise<Adapters> {
  const device = await Device.open({ adapter });
  const places = [placeOn(device)];
  return { device, places, [Symbol.dispose]: () => device[Symbol.dispose]() };
}

async function placeAll(
  { towers, adapter, io, group }: OpenAdaptersOptions & { towers: number },
): Promise<Adapters> {
  const placement = await placeTowers({ towers, adapter, first: (group?.localRank ?? 0) * towers });
  if (towers > 1) { for (const note of placement.notes) io.error(`${note}.`); }
  return placement;
}

/** @throws {UsageError} if an adapter has no 16-bit numbers */
export function requireF16({ name, f16 }: { name: string; f16: boolean }): void {
  if (f16) return;
  throw new UsageError(
    `Cannot train with 16-bit numbers on "${name}": needs its feature shader-f16, got an adapter ` +
      "without it; train without --use-fp16, or choose another --adapter",
  );
}

/** What each tower of all processes runs on, in the order of their numbers. */
export async function allNames(
  places: readonly TowerPlace[],
  group: Group | undefined,
): Promise<string[]> {
  const names = places.map(({ name }) => name);
  if (!group) return names;
  const all = await gather(group, names.map((name) => `${name} of ${group.machine}`).join("\n"));
  return all.flatMap((names) => names.split("\n"));
}

/** `"A"`, or `2 towers on "A"` for those that share it. */
export function listAdapters(names: readonly string[]): string {
  if (names.length === 1) return names[0];
  const places = [...new Set(names)].map((place) => {
    return `${count(names.filter((name) => name === place).length, "tower")} on ${place}`;
  });
  return places.join(" and ");
}

/** Says which adapter runs each layer of each tower. */
export function logPlacement(
  io: Io,
  { model, names }: { model: Model<"NHWC", "NC">; names: readonly string[] },
): void {
  for (const [t, name] of names.entries()) {
    for (const row of model.rows) io.log(printable(`tower_${t}/${row.name}: ${name}`));
  }
}
