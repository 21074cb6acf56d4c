/**
 * That a run meets the model that it knows, whose file may have changed.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { UsageError } from "../cli/flags.ts";
import { linksOf, place } from "../layers/chain.ts";
import type { Layer } from "../layers/layer.ts";
import type { Model } from "../layers/sequential.ts";
import { endsInSoftmax } from "../layers/softmax.ts";
import type { Shape } from "../shape.ts";
import type { RunConfig } from "../train/run_directory.ts";
import { isFile } from "./name_or_file.ts";

/** What only training takes from a model, its L2 terms, stands under this name. */
const decayName = "weight_decay";

/**
 * A model as a run's configuration keeps it: `NAME HASH` for its input, each of its layers and its L2 terms. A
 * hash is that of all that decides what a layer computes: kind, attributes, the shapes of its parameters.
 */
export function layersOf({ layers, input }: Pick<Model, "layers" | "input">): string[] {
  const x = [1, ...input] as unknown as Shape;
  const decays: [string, number][] = [];
  const rows = described(layers, x, decays).map(([name, words]) => `${name} ${hashOf(words)}`);
  return [`input ${input.join("×")}`, ...rows, `${decayName} ${hashOf(decays)}`];
}

/** The configuration with what the model's layers are, for those who open its file later. */
export function withModel(model: Model<"NHWC", "NC">, config: RunConfig): RunConfig {
  return { ...config, layers: layersOf(model) };
}

/**
 * A softmax at the end does not count where probabilities are wanted, nor does what only training takes.
 *
 * @param what what would be done with the run, such as `resume runs/photos`
 * @throws {UsageError} if the model is not that which the run was started with; a run of old does not know
 */
export function requireSameModel(
  { layers: kept, model: name }: Pick<RunConfig, "layers" | "model">,
  { model, what, trains }: { model: Model<"NHWC", "NC">; what: string; trains: boolean },
): void {
  if (!kept) return;
  const shown = !trains && endsInSoftmax(model)
    ? { ...model, layers: model.layers.slice(0, -1) }
    : model;
  const counts = (row: string) => trains || !row.startsWith(`${decayName} `);
  const difference = differenceOf(kept.filter(counts), layersOf(shown).filter(counts));
  if (difference === undefined) return;
  const advice = isFile(name)
    ? "put it back as it was, or name another file with --model"
    : "use the version of this program that it was started with";
  throw new UsageError(
    `Cannot ${what} with the model ${name}: needs that which the run was started with, got one ${difference}; ` +
      advice,
  );
}

/** Name and description of each layer, and of those that it is made of. */
function described(
  layers: readonly Layer[],
  x: Shape,
  decays: [string, number][],
  prefix = "",
): [name: string, words: unknown][] {
  const [placed] = place(layers);
  return linksOf(placed, { x, from: "the input" }).flatMap(
    ({ layer, name, y, owned }, i, links) => {
      const taken = links[i - 1]?.y ?? x;
      const full = prefix + name;
      const { kind, branches = [] } = layer;
      const shapes = Object.entries(owned).map(([short, { shape }]) => [short, shape]);
      if (branches.length === 0) {
        for (const [short, { decay = 0 }] of Object.entries(owned)) {
          if (decay > 0) decays.push([`${prefix}${layer.name}/${short}`, decay]);
        }
      }
      const inner = branches.flatMap((branch, b) =>
        described(branch, taken, decays, `${full}/${b === 0 ? "" : `${b}/`}`)
      );
      const attributes = Object.entries(layer.attributes?.(taken) ?? {}).sort();
      const own = [kind, attributes, branches.length > 0 ? [] : shapes, y];
      return [[full, own] as [string, unknown], ...inner];
    },
  );
}

function hashOf(words: unknown): string {
  return createHash("sha256").update(JSON.stringify(words)).digest("hex").slice(0, 8);
}

/** Where two descriptions differ first, to follow "one"; nothing if they do not. */
function differenceOf(kept: readonly string[], got: readonly string[]): string | undefined {
  const at = kept.findIndex((row, i) => row !== got[i]);
  if (at < 0) return got.length > kept.length ? `with ${nameOf(got[kept.length])} too` : undefined;
  if (at >= got.length) return `without ${nameOf(kept[at])}`;
  const [before, now] = [nameOf(kept[at]), nameOf(got[at])];
  if (before !== now) return `with ${now} in the place of ${before}`;
  return now === decayName ? "with other L2 terms" : `whose ${now} is another`;
}

function nameOf(row: string): string {
  return row.slice(0, row.lastIndexOf(" "));
}
