/**
 * Named tensors as the arena of a model's parameters.
 *
 * @module
 */
import type { ParameterTable } from "../parameters.ts";
import { formatShape } from "../shape.ts";
import { readSafetensors } from "./safetensors.ts";
import type { HostTensor } from "./tensor_types.ts";

/** Where the tensors come from, and how they are named. */
export interface ArenaOptions {
  /** The parameters that the model has. */
  readonly table: ParameterTable;
  /** What messages call the tensors' origin. */
  readonly source: string;
  /** What follows a parameter's name in that of its tensor. Default: nothing. */
  readonly suffix?: string;
  /** Whether only trained parameters are wanted; the arena then ends with them. Default false. */
  readonly trainedOnly?: boolean;
}

/**
 * An arena of tensors that are named after the parameters; others are left alone.
 *
 * @throws {RangeError} if one is missing, has another shape or type, or numbers that are not finite, naming it
 */
export function arenaOf(
  tensors: Readonly<Record<string, HostTensor>>,
  { table, source, suffix = "", trainedOnly = false }: ArenaOptions,
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

/**
 * The parameters of a model out of a safetensors file, such as `cli.ts export` writes.
 *
 * @throws {SafetensorsError} if the file is not whole and consistent
 * @throws {RangeError} if it is of another model, or has numbers that are not finite
 */
export async function readParameters(path: string, table: ParameterTable): Promise<Float32Array> {
  const { tensors } = await readSafetensors(path);
  return arenaOf(tensors, { table, source: path });
}
