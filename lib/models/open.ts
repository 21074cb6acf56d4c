/**
 * Models by name, or from a module of one's own.
 *
 * @module
 */
import type { Model } from "../layers/sequential.ts";
import { importDefault, local } from "../user_module.ts";
import { cudaConvnet } from "./cuda_convnet.ts";
import { resnet } from "./resnet.ts";
import { tutorialNetwork } from "./tutorial.ts";

/** What a model is made for. */
export interface ModelOptions {
  /** Number of classes. */
  readonly classes: number;
  /** Colour planes. Default 3. */
  readonly channels?: number;
  /** Height and width of the crop that the network sees. Default 24. */
  readonly crop?: number;
}

/**
 * The crop for stored pictures: three quarters of their smaller side, rounded, as the tutorial has 24 of 32.
 *
 * @example
 * ```ts
 * import { cropOf } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(cropOf({ height: 32, width: 32 }), 24);
 * assertEquals(cropOf({ height: 64, width: 90 }), 48);
 * ```
 */
export function cropOf({ height, width }: { height: number; width: number }): number {
  return Math.max(1, Math.round(0.75 * Math.min(height, width)));
}

/** Makes a model; what a module of one's own exports as default. */
export type MakeModel = (options: ModelOptions) => Model<"NHWC", "NC">;

const makers: Readonly<Record<string, MakeModel>> = {
  "tutorial": tutorialNetwork,
  "cuda-convnet": cudaConvnet,
  "resnet": resnet,
};

/** The names of the models that there are. */
export const modelNames: readonly string[] = Object.keys(makers);

/** A model cannot be made of what was named. */
export class ModelError extends Error {
  /** The name of the class. */
  override readonly name: string = "ModelError";
}

/**
 * The model of a name, or of a module whose default export makes one.
 *
 * @param name one of {@linkcode modelNames}, or a file's URL such as `file:///home/me/my_model.ts`
 * @throws {ModelError} if there is no such model, or the module does not make one that takes pictures
 *
 * @example
 * ```ts
 * import { openModel } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const model = await openModel("tutorial", { classes: 10 });
 * assertEquals(model.parameters.count, 1_068_298);
 * ```
 */
export async function openModel(
  name: string,
  options: ModelOptions,
): Promise<Model<"NHWC", "NC">> {
  if (Object.hasOwn(makers, name)) return makers[name](options);
  if (!name.startsWith(local)) {
    throw new ModelError(
      `Cannot make the model "${name}": needs one of ${
        modelNames.join(", ")
      }, or the URL of a file, ` +
        `such as ${local}home/me/my_model.ts (which may re-export another module)`,
    );
  }
  const make = await importModel(name);
  const model = typeof make === "function" ? made(make, { name, options }) : make;
  if (model?.layout !== "NHWC" || typeof model.apply !== "function") {
    throw new ModelError(
      `Cannot make a model of ${name}: needs a default export that makes one of pictures, such as ` +
        `({ classes }) => sequential([24, 24, 3], […]), got ${typeof model}`,
    );
  }
  const [, given] = model.outputShape(1);
  if (given !== options.classes || model.outputShape(1).length !== 2) {
    throw new ModelError(
      `Cannot use the model of ${name}: needs an output of N×${options.classes}, one number for each ` +
        `class, got N×${model.outputShape(1).slice(1).join("×")}`,
    );
  }
  return model;
}

// deno-lint-ignore no-explicit-any -- anything may be made by somebody else
function made(make: any, { name, options }: { name: string; options: ModelOptions }): any {
  try {
    return make(options);
  } catch (error) {
    throw new ModelError(`Cannot make a model of ${name}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

// deno-lint-ignore no-explicit-any -- anything may be in a module of somebody else
async function importModel(url: string): Promise<any> {
  try {
    return await importDefault(url);
  } catch (error) {
    throw new ModelError(`Cannot make a model of ${url}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
