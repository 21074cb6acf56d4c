/**
 * Safetensors files, and the parameters in them.
 *
 * @module
 */

import { writeFileAtomically } from "../files.ts";
import type { ParameterTable } from "../parameters.ts";
import { arenaOf } from "./arena.ts";
import { decodeSafetensors, encodeSafetensors, type Safetensors } from "./safetensors.ts";

/**
 * Writes a safetensors file, whole or not at all.
 *
 * @param content `metadata` may be left out
 * @throws {SafetensorsError} if a tensor's data is not of its shape or type
 * @throws {Error} if the file cannot be written
 *
 * @example What a model has learned, to a file and back
 * ```ts
 * import { readParameters, Rng, tensorsOf, tutorialNetwork, writeSafetensors } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const table = tutorialNetwork().parameters;
 * const parameters = table.initialize(Rng.from(1)); // or what `train` gave
 * const path = `${await Deno.makeTempDir()}/parameters.safetensors`;
 * await writeSafetensors(path, { tensors: tensorsOf(parameters, { table }) });
 * assertEquals(await readParameters(path, table), parameters);
 * ```
 */
export async function writeSafetensors(
  path: string,
  content: Partial<Safetensors> & Pick<Safetensors, "tensors">,
): Promise<void> {
  await writeFileAtomically(path, encodeSafetensors(content));
}

/**
 * Reads a safetensors file.
 *
 * @throws {SafetensorsError} if the file is not whole and consistent
 * @throws {Deno.errors.NotFound} if there is no such file
 *
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `${await Deno.makeTempDir()}/numbers.safetensors`;
 * const numbers = { dtype: "I32", shape: [3], data: Int32Array.of(1, 2, 3) } as const;
 * await writeSafetensors(path, { tensors: { numbers }, metadata: { from: "a program" } });
 * const { tensors, metadata } = await readSafetensors(path);
 * assertEquals([tensors.numbers, metadata.from], [numbers, "a program"]);
 * ```
 */
export async function readSafetensors(path: string): Promise<Safetensors> {
  return decodeSafetensors(await Deno.readFile(path), path);
}

/**
 * The parameters of a model out of a safetensors file, such as {@linkcode writeSafetensors} and
 * `cli.ts export` write.
 *
 * @throws {SafetensorsError} if the file is not whole and consistent
 * @throws {RangeError} if it is of another model, or has numbers that are not finite
 * @throws {Deno.errors.NotFound} if there is no such file
 */
export async function readParameters(path: string, table: ParameterTable): Promise<Float32Array> {
  const { tensors } = await readSafetensors(path);
  return arenaOf(tensors, { table, source: path });
}
