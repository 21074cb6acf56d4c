/**
 * Training and evaluation: the loop, its towers, checkpoints and summaries.
 *
 * @module
 */

export { type Distortion } from "../../kernels/picture.wgsl.ts";
export { type StepNumbers } from "../../kernels/step.wgsl.ts";
export * from "../evaluate.ts";
export * from "../evaluation_summaries.ts";
export * from "../gpu/pins.ts";
export * from "../train/checkpoint.ts";
export * from "../fit.ts";
export * from "../train/host_towers.ts";
export { TrainingError } from "../train/keeper.ts";
export * from "../train/placement.ts";
export * from "../train/recipe.ts";
export * from "../train/replica.ts";
export * from "../train/run_directory.ts";
export * from "../train/run_summaries.ts";
export * from "../train/snapshot.ts";
export * from "../train/tower.ts";
export * from "../train/tower_process.ts";
export * from "../train/tower_recording.ts";
export * from "../train/tower_group.ts";
export * from "../train/towers.ts";
export * from "../train/train_event.ts";
export * from "../train/trainer.ts";
export * from "../train/watched.ts";
