/**
 * The towers of a run, and what they begin with.
 *
 * @module
 */
import { Device } from "../gpu/device.ts";
import type { Rng } from "../rng.ts";
import { HostTowers } from "./host_towers.ts";
import type { Recipe } from "./recipe.ts";
import type { TowerPlace } from "./replica.ts";
import { Tower } from "./tower.ts";
import type { Towers, TowerState } from "./towers.ts";
import type { TrainOptions } from "./trainer.ts";

/** One tower with its parameters on its adapter, or towers with theirs in host memory. */
export function createTowers(
  where: Device | readonly TowerPlace[],
  { model, dataset, recipe, resume, group, summarySteps, loss }: TrainOptions & { recipe: Recipe },
): Promise<Towers> {
  const { height, width, channels } = dataset.format;
  const common = {
    model,
    batch: recipe.batchSize,
    picture: { height, width, channels },
    distortion: recipe.distortion,
    activations: recipe.activations,
    optimizer: recipe.optimizer,
    clipNorm: recipe.clipNorm,
    labelSmoothing: recipe.labelSmoothing,
    loss,
    summaries: summarySteps !== undefined,
  };
  return where instanceof Device
    ? Tower.create(where, { ...common, variants: resume?.variants[0] })
    : HostTowers.create(where, { ...common, variants: resume?.variants, group });
}

/** Parameters as given or drawn from the seed, averages equal to them, as if they had always been so. */
export function firstState(
  { model, parameters: given }: TrainOptions,
  towers: Towers,
  rng: Rng,
): TowerState {
  const parameters = given ?? model.parameters.initialize(rng.split("parameters"));
  return {
    parameters,
    averages: parameters,
    lossAverages: new Float32Array(towers.lossNames.length),
  };
}
