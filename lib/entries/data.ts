/**
 * Data sets, and the stream from their files to shuffled batches.
 *
 * @module
 */

// Data sets.
export * from "../data/cifar10.ts";
export * from "../data/cifar100.ts";
export * from "../data/dataset.ts";
export { DatasetModuleError, type MakeDataset } from "../data/dataset_module.ts";
export * from "../data/dataset_of.ts";
export * from "../data/folder.ts";
export * from "../data/open.ts";
export * from "../data/shapes.ts";
export * from "../data/svhn.ts";
export type { DownloadOptions, DownloadProgress, RemoteFile } from "../data/receive.ts";

// Pictures.
export * from "../data/image.ts";
export { planesOf } from "../data/planes.ts";
export type { Picture } from "../picture.ts";

// From their records to batches.
export type { Batch } from "../data/batch.ts";
export type { SplitOptions } from "../data/epochs.ts";
export * from "../data/in_order.ts";
export * from "../data/prefetch.ts";
export * from "../data/records.ts";
export * from "../data/shuffle_queue.ts";
export { Rng } from "../rng.ts";
