/**
 * Tower: convolutional networks on WebGPU, trained and run from Deno.
 *
 * Layers are plain data. {@linkcode sequential} puts them in order and checks their sizes;
 * {@linkcode train} records them once for an adapter into a flat list of dispatches and replays it step
 * after step; {@linkcode evaluate} says how good the result is, {@linkcode predict} what a picture shows.
 *
 * Sub-paths have more: `/layers` what browsers can load, and recording; `/kernels` and `/testing` what
 * layers of one's own are made with and held against; `/data`, `/optim`, `/train`, `/summary`, `/export` and
 * `/distributed` what these are made of.
 *
 * @example A whole training run
 * ```ts
 * import { Device, evaluate, shapes, train, tutorialNetwork } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * using device = await Device.open();
 * const dataset = shapes({ train: 640, test: 64 });
 * const model = tutorialNetwork();
 * const recipe = { batchSize: 32, minQueueExamples: 320 };
 * let parameters: Float32Array = new Float32Array();
 * for await (const event of train(device, { model, dataset, recipe, maxSteps: 5 })) {
 *   if (event.type === "step") console.log(event.step, event.losses.raw.total_loss);
 *   if (event.type === "saved") parameters = event.snapshot.tower.averages;
 * }
 * const { examples } = await evaluate(device, { model, dataset, parameters });
 * assertEquals(examples, 64);
 * ```
 *
 * @module
 */

// The adapter.
export {
  AdapterError,
  type AdapterKind,
  type AdapterPreference,
  type AdapterSummary,
  Device,
  type DeviceBuffer,
  DeviceError,
  type DeviceOptions,
  hasAdapter,
} from "./lib/entries/layers.ts";

// Layers, and models of them.
export {
  type ActivationOptions,
  averagePool2d,
  batchNorm,
  type BatchNormOptions,
  conv2d,
  type Conv2dOptions,
  dense,
  type DenseOptions,
  depthwiseConv2d,
  type DepthwiseConv2dOptions,
  dropout,
  type DropoutOptions,
  flatten,
  gelu,
  globalAveragePool2d,
  layerNorm,
  type LayerNormOptions,
  leakyRelu,
  type LeakyReluOptions,
  locallyConnected2d,
  type LocallyConnected2dOptions,
  localResponseNormalization,
  type LocalResponseNormalizationOptions,
  maxPool2d,
  type PoolOptions,
  relu,
  residual,
  type ResidualOptions,
  sequential,
  sigmoid,
  softmax,
  tanh,
} from "./lib/entries/layers.ts";
export type {
  Applied,
  ApplyContext,
  Attributes,
  ExampleShape,
  Layer,
  LayerRow,
  Layout,
  Model,
  ModelContext,
  Padding,
  Parameter,
  PullbackOptions,
  Shape,
} from "./lib/entries/layers.ts";
export {
  cropOf,
  cudaConvnet,
  type CudaConvnetOptions,
  type MakeModel,
  ModelError,
  modelNames,
  type ModelOptions,
  openModel,
  resnet,
  type ResnetOptions,
  ShapeError,
  sizeOf,
  tutorialNetwork,
  type TutorialNetworkOptions,
} from "./lib/entries/layers.ts";

// Their parameters.
export {
  constantInitializer,
  type Initializer,
  type ParameterEntry,
  type ParameterSpec,
  ParameterTable,
  Rng,
  truncatedNormalInitializer,
} from "./lib/entries/layers.ts";

// Losses, optimizers and schedules.
export {
  crossEntropy,
  type LossOptions,
  type RecordedLoss,
  type RecordLoss,
} from "./lib/entries/layers.ts";
export {
  adam,
  type AdamOptions,
  adamW,
  constantRate,
  cosine,
  type CosineOptions,
  exponentialDecay,
  gradientDescent,
  linearWarmup,
  momentum,
  type MomentumOptions,
  oneCycle,
  type OneCycleOptions,
  type Optimizer,
  rmsProp,
  type RmsPropOptions,
  type Schedule,
  staircase,
  type StaircaseOptions,
} from "./lib/entries/optim.ts";

// Data sets and pictures.
export {
  type Batch,
  cifar10,
  cifar100,
  type Cifar100Options,
  type Cifar10Options,
  countRecords,
  DataError,
  type Dataset,
  DatasetModuleError,
  type DatasetName,
  datasetNames,
  datasetOf,
  type DatasetOfOptions,
  type DatasetPart,
  decodeImage,
  type DownloadOptions,
  type DownloadProgress,
  type Example,
  type ExampleSource,
  folder,
  type FolderOptions,
  inOrder,
  type InOrderOptions,
  type MakeDataset,
  openDataset,
  type OpenDatasetOptions,
  type Picture,
  planesOf,
  type RecordFormat,
  resizeToCover,
  shapes,
  type ShapesOptions,
  type Split,
  svhn,
  type SvhnOptions,
} from "./lib/entries/data.ts";

// Training, evaluation and inference.
export {
  type Distortion,
  evaluate,
  type EvaluateOptions,
  type Evaluation,
  type JudgedExample,
  type Losses,
  type Placement,
  type PlacementOptions,
  placeTowers,
  type Recipe,
  type SavedEvent,
  type ScheduleOptions,
  type TowerGroup,
  type TowerPlace,
  train,
  type TrainEvent,
  TrainingError,
  type TrainOptions,
  tutorialRecipe,
} from "./lib/entries/train.ts";
export {
  centralInput,
  type ElementType,
  Inference,
  type InferenceOptions,
  predict,
  type Prediction,
  type PredictOptions,
  type Variants,
} from "./lib/entries/layers.ts";

// Checkpoints, and the directories of runs.
export {
  type Checkpoint,
  CheckpointError,
  type CheckpointFile,
  fromCheckpoint,
  listCheckpoints,
  loadCheckpoint,
  loadNewestCheckpoint,
  newestCheckpoint,
  parametersOf,
  type RunConfig,
  RunDirectory,
  RunDirectoryError,
  saveCheckpoint,
  type SaveCheckpointOptions,
  type Snapshot,
  toCheckpoint,
  type ToCheckpointOptions,
  type TowerState,
} from "./lib/entries/train.ts";

// Other people's formats.
export {
  arenaOf,
  type ArenaOptions,
  decodeSafetensors,
  type Dtype,
  encodeNpy,
  encodeNpz,
  encodeOnnx,
  encodeSafetensors,
  ExportError,
  type HostTensor,
  type OnnxLayer,
  type OnnxOptions,
  readParameters,
  readSafetensors,
  type Safetensors,
  SafetensorsError,
  tensorsOf,
  type TensorsOptions,
  type TranslateLayer,
  writeSafetensors,
} from "./lib/entries/export.ts";

// Event files, and curves for notebooks.
export {
  chartOf,
  type Curve,
  type Display,
  type Displayed,
  encodePng,
  EventReader,
  EventWriter,
  type EventWriterOptions,
  type Histogram,
  histogramOf,
  type PngPicture,
  ScalarLog,
  type Series,
  type SummaryEvent,
  type SummaryImage,
  type SummaryValue,
} from "./lib/entries/summary.ts";
export {
  ConfusedPictures,
  type EvaluationSubject,
  EvaluationSummaries,
  type RunStatus,
  RunSummaries,
  type RunSummariesOptions,
} from "./lib/entries/train.ts";

// Types that all of these are made of; the sub-paths have the functions that go with them.
export type {
  Arena,
  BranchLayout,
  Chain,
  Dispatch,
  FirstLayout,
  Fits,
  Kernel,
  LastLayout,
  LayoutMismatch,
  LayoutOf,
  LossBuffers,
  MatmulVariant,
  Memory,
  MismatchWords,
  Pipeline,
  Place,
  PlacedTensor,
  Program,
  Recorded,
  Recorder,
  RecorderOptions,
  Recording,
  ResidualBranch,
  ResidualShortcut,
  Span,
  Target,
  Tensor,
  Timing,
  Workgroups,
  WrongEnd,
} from "./lib/entries/layers.ts";
export type {
  PartOptions,
  RemoteFile,
  ShuffleQueueProgress,
  ShuffleQueueState,
  SplitOptions,
} from "./lib/entries/data.ts";
export type { OnnxAttribute, OnnxGraph, TensorArrays } from "./lib/entries/export.ts";
export type {
  Replica,
  ReplicaInput,
  StepNumbers,
  StepSummary,
  TensorSummary,
  TowerRecording,
  WatchedTensors,
} from "./lib/entries/train.ts";
