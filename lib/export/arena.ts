/**
 * The arena of a model's parameters as named tensors, and back.
 *
 * @module
 */
import type { ParameterTable } from "../parameters.ts";
import { formatShape } from "../shape.ts";
import type { HostTensor } from "./tensor_types.ts";

/** Which parameters, and how their tensors are named. */
export interface TensorsOptions {
  /** The parameters that the model has. */
  readonly table: ParameterTable;
  /** What follows a parameter's name in that of its tensor. Default: nothing. */
  readonly suffix?: string;
  /** Whether only trained parameters are wanted; the arena then ends with them. Default false. */
  readonly trainedOnly?: boolean;
}

/** Which parameters, how their tensors are named, and where these come from. */
export interface ArenaOptions extends TensorsOptions {
  /** What messages call the tensors' origin. Default `the tensors`. */
  readonly source?: string;
}

/**
 * The parameters in an arena as tensors by name, not copied: what {@linkcode encodeSafetensors} and
 * {@linkcode encodeNpz} take. {@linkcode arenaOf} makes an arena of them again.
 *
 * @throws {ShapeError} if the arena is longer or shorter than the model's
 *
 * @example
 * ```ts
 * import { dense, Rng, sequential, tensorsOf } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const { parameters: table } = sequential([4], [dense({ units: 2 })]);
 * const tensors = tensorsOf(table.initialize(Rng.from(1)), { table });
 * assertEquals(Object.keys(tensors), ["dense/weights", "dense/biases"]);
 * ```
 */
export function tensorsOf(
  arena: Float32Array,
  { table, suffix = "", trainedOnly = false }: TensorsOptions,
): Record<string, HostTensor<"F32">> {
  if (!trainedOnly) table.requireArena(arena, "name the parameters");
  const entries = table.entries.filter(({ offset }) =>
    !trainedOnly || offset < table.trainedLength
  );
  return Object.fromEntries(
    entries.map(({ name, shape }): [string, HostTensor<"F32">] => [
      name + suffix,
      { dtype: "F32", shape: [...shape], data: table.view(arena, name) },
    ]),
  );
}

/**
 * An arena of tensors that are named after the parameters; others are left alone.
 *
 * @throws {RangeError} if one is missing, has another shape or type, or numbers that are not finite, naming it
 *
 * @example From a page, where `@tower/nn/layers` has all of it
 * ```ts
 * import { arenaOf, decodeSafetensors, Device, Inference, tutorialNetwork } from "@tower/nn/layers";
 * import { encodeSafetensors, Rng, tensorsOf } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const model = tutorialNetwork(), table = model.parameters;
 * const pieces = encodeSafetensors({ tensors: tensorsOf(table.initialize(Rng.from(1)), { table }) });
 * const url = URL.createObjectURL(new Blob(pieces)); // or where the file is
 *
 * const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
 * const parameters = arenaOf(decodeSafetensors(bytes).tensors, { table });
 * using device = await Device.open();
 * using inference = await Inference.create(device, { model, parameters });
 * assertEquals((await inference.run(new Float32Array(24 * 24 * 3))).length, 10);
 * ```
 */
export function arenaOf(
  tensors: Readonly<Record<string, HostTensor>>,
  { table, source = "the tensors", suffix = "", trainedOnly = false }: ArenaOptions,
): Float32Array {
  const arena = new Float32Array(trainedOnly ? table.trainedLength : table.length);
  for (const { name, shape, offset } of table.entries) {
    if (offset >= arena.length) continue;
    const tensor = tensors[name + suffix];
    if (!tensor || tensor.dtype !== "F32" || tensor.shape.join() !== shape.join()) {
      const got = tensor ? `${tensor.dtype} ${formatShape(tensor.shape)}` : "none";
      const advice = tensor && tensor.shape.join() === shape.join()
        ? `write it again with numbers of the type F32 instead of ${tensor.dtype}`
        : "it was made with another model";
      throw new RangeError(
        `Cannot use ${source}: needs ${name + suffix} as F32 ${formatShape(shape)}, got ${got}; ` +
          advice,
      );
    }
    table.view(arena, name).set(tensor.data);
  }
  const bad = table.firstNotFinite(arena);
  if (bad !== undefined) {
    throw new RangeError(
      `Cannot use ${source}: needs finite numbers, got others in ${
        bad + suffix
      }; it is of a run that went ` +
        "wrong: use an earlier checkpoint",
    );
  }
  return arena;
}
