/**
 * The flags of `train`.
 *
 * @module
 */
import { boolean, choice, integer, port, string } from "../cli/flag_types.ts";
import { type Flags, inGroup } from "../cli/flags.ts";
import { dashboardPort } from "../dashboard/in_thread.ts";
import { tutorialRecipe } from "../train/recipe.ts";
import { dataDirFlag, datasetFlag, imageSizeFlag } from "./dataset_flag.ts";
import { modelFlag } from "./model_flag.ts";
import { defaultSteps, recipeFlags } from "./recipe_flags.ts";
import { adapterFlag } from "./shared.ts";

/** The table. What a resumed run keeps has no default here: it is compared only where it is given. */
export const trainFlags = {
  "dataset": datasetFlag,
  "data-dir": dataDirFlag,
  "image-size": imageSizeFlag,
  "model": modelFlag,
  "train-dir": string({
    help: "Directory of the run: configuration and checkpoints (default runs/DATASET)",
    placeholder: "DIR",
  }),
  "init-from": string({
    help:
      "Begin with the parameters of a safetensors file, such as export writes, or of the newest " +
      "checkpoint of a run's directory; with their averages where it has them",
    placeholder: "FILE",
  }),
  "init-except": string({
    help:
      "Parameters that start anew nevertheless, with commas between; * stands for any letters, " +
      "as in softmax_linear/*",
    placeholder: "NAME,...",
  }),
  "resume": boolean({ help: "Go on from the newest checkpoint in --train-dir" }),
  "restartable": boolean({
    help:
      "Go on from the newest checkpoint if there is one, else start: for schedulers that start " +
      "a job again",
  }),
  "max-steps": integer({
    help: `Steps in all (default where the schedule ends, else ${defaultSteps})`,
    min: 1,
  }),
  "batch-size": integer({
    help: `Examples a step of each tower (default ${tutorialRecipe.batchSize})`,
    min: 1,
    max: 65_535,
  }),
  "seed": integer({
    help: `Seed of all randomness (default ${tutorialRecipe.seed})`,
    min: 0,
  }),
  "min-queue-examples": integer({
    help:
      `Examples that the shuffle queue holds at least (default ${tutorialRecipe.minQueueExamples})`,
    min: 0,
  }),
  ...recipeFlags,
  ...inGroup("What is kept and shown", {
    "log-frequency": integer({ help: "Steps between lines of the log", min: 1, default: 10 }),
    "summary-steps": integer({
      help: "Steps between summaries for TensorBoard and the dashboard; 0 for none",
      min: 0,
      default: 100,
    }),
    "dashboard": port({
      help:
        `Show the run on a page of this machine while it trains (PORT: ${dashboardPort}, or one that ` +
        "is free)",
    }),
    "save-interval-secs": integer({ help: "Seconds between checkpoints", min: 1, default: 600 }),
    "log-device-placement": boolean({ help: "Say which adapter runs each layer" }),
    "profile": boolean({ help: "Time every kernel of a step, print a table, and end" }),
  }),
  ...inGroup("Adapters", {
    "adapter": adapterFlag,
    "use-fp16": boolean({
      help: "Store activations and their gradients as 16-bit numbers (mixed precision)",
      default: undefined,
    }),
    "num-gpus": integer({
      help:
        "Towers: replicas of the model, each with its own batch, each on its own adapter where " +
        "there are several (default 1)",
      alias: "towers",
      min: 1,
      max: 1024,
    }),
    "parameters": choice(["adapter", "host"], {
      help: "Where one tower's parameters live; those of several live in host memory " +
        "(default adapter)",
    }),
    "distributed": choice(["mpi"], {
      help:
        "Train together with the other processes that mpirun, mpiexec or srun started, each with " +
        "--num-gpus towers",
    }),
  }),
};

/** What a command line gives to them. */
export type TrainFlags = Flags<typeof trainFlags>;
