/**
 * Training and evaluation: the loop, its towers, checkpoints and summaries.
 *
 * @module
 */

// The loop.
export * from "../train/trainer.ts";
export * from "../train/train_event.ts";
export * from "../train/recipe.ts";
export { TrainingError } from "../train/keeper.ts";
export type { Distortion } from "../../kernels/picture.wgsl.ts";

// What was learned, kept.
export * from "../train/checkpoint.ts";
export * from "../train/snapshot.ts";
export {
  type RunConfig,
  RunDirectory,
  RunDirectoryError,
  type RunNotes,
} from "../train/run_directory.ts";

// What there is to see.
export * from "../evaluate.ts";
export {
  ConfusedPictures,
  type EvaluationSubject,
  EvaluationSummaries,
} from "../evaluation_summaries.ts";
export * from "../fit.ts";
export * from "../train/run_summaries.ts";
export type { StepSummary, TensorSummary, WatchedTensors } from "../train/watched.ts";

// Towers.
export { HostTowers, type HostTowersOptions } from "../train/host_towers.ts";
export type { Pin, Pins } from "../gpu/pins.ts";
export * from "../train/find_pins.ts";
export * from "../train/placement.ts";
export { placeOn, type Replica, type ReplicaInput, type TowerPlace } from "../train/replica.ts";
export * from "../train/tower.ts";
export type { TowerGroup } from "../train/tower_group.ts";
export { TowerProcess } from "../train/tower_process.ts";
export type { StoredPicture, TowerOptions, TowerRecording } from "../train/tower_recording.ts";
export * from "../train/towers.ts";
export type { StepNumbers } from "../../kernels/step.wgsl.ts";

// What they fail with.
export { DataError } from "../data/dataset.ts";
export { SafetensorsError } from "../export/safetensors.ts";
export { AdapterError } from "../gpu/adapter.ts";
export { DeviceError } from "../gpu/device.ts";
export { ShapeError } from "../shape.ts";
