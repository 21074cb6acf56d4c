/**
 * The flags of `train` that make its optimizer.
 *
 * @module
 */
import { choice, number } from "../cli/flag_types.ts";
import { type Flags, inGroup, UsageError } from "../cli/flags.ts";
import { adam, adamW, momentum, type Optimizer, rmsProp } from "../optim/optimizers.ts";

const optimizers = [
  "gradient-descent",
  "momentum",
  "nesterov",
  "adam",
  "adamw",
  "rms-prop",
] as const;

/** The name of an optimizer. */
export type OptimizerName = typeof optimizers[number];

/** The table. */
export const optimizerFlags = inGroup("Optimizer", {
  "optimizer": choice(optimizers, {
    help: "How gradients change parameters (default gradient-descent)",
  }),
  "momentum": number({ help: "μ of momentum and nesterov (default 0.9)", min: 0, max: 0.9999 }),
  "beta1": number({ help: "β₁ of adam and adamw (default 0.9)", min: 0, max: 0.999999 }),
  "beta2": number({ help: "β₂ of adam and adamw (default 0.999)", min: 0, max: 0.999999 }),
  "weight-decay": number({
    help: "λ of adamw, by which all parameters decay apart from the loss (default 0.01)",
    min: 1e-9,
  }),
  "rms-decay": number({ help: "α of rms-prop (default 0.99)", min: 0, max: 0.999999 }),
  "epsilon": number({ help: "ε of adam, adamw and rms-prop (default 1e-8)", min: 1e-30 }),
});

/** What a command line gives to them. */
export type OptimizerFlags = Flags<typeof optimizerFlags>;

/** Whose constants they are. */
const owners: readonly (readonly [
  name: string,
  key: keyof OptimizerFlags,
  optimizers: readonly OptimizerName[],
])[] = [
  ["momentum", "momentum", ["momentum", "nesterov"]],
  ["beta1", "beta1", ["adam", "adamw"]],
  ["beta2", "beta2", ["adam", "adamw"]],
  ["weight-decay", "weightDecay", ["adamw"]],
  ["rms-decay", "rmsDecay", ["rms-prop"]],
  ["epsilon", "epsilon", ["adam", "adamw", "rms-prop"]],
];

/**
 * The optimizer that the flags make; none for gradient descent, which needs no words.
 *
 * @throws {UsageError} if a constant is not of the optimizer
 */
export function optimizerOf(flags: OptimizerFlags): Optimizer | undefined {
  const { optimizer = "gradient-descent", beta1, beta2, epsilon } = flags;
  for (const [name, key, owning] of owners) {
    if (flags[key] === undefined || owning.includes(optimizer)) continue;
    throw new UsageError(
      `Cannot use --${name} with --optimizer=${optimizer}: needs ${listOf(owning)}; leave it out`,
    );
  }
  switch (optimizer) {
    case "gradient-descent":
      return undefined;
    case "momentum":
    case "nesterov":
      return momentum({ momentum: flags.momentum, nesterov: optimizer === "nesterov" });
    case "adam":
      return adam({ beta1, beta2, epsilon });
    case "adamw":
      return adamW({ beta1, beta2, epsilon, decay: flags.weightDecay });
    case "rms-prop":
      return rmsProp({ decay: flags.rmsDecay, epsilon });
  }
}

/** What the flags would have to be for an optimizer. */
export function flagsOfOptimizer(
  optimizer: Optimizer = { kind: "gradient-descent" },
): Partial<OptimizerFlags> {
  switch (optimizer.kind) {
    case "gradient-descent":
      return { optimizer: "gradient-descent" };
    case "momentum":
      return {
        optimizer: optimizer.nesterov ? "nesterov" : "momentum",
        momentum: optimizer.momentum,
      };
    case "adam": {
      const { beta1, beta2, epsilon, decay } = optimizer;
      const constants = { beta1, beta2, epsilon };
      return decay > 0
        ? { optimizer: "adamw", ...constants, weightDecay: decay }
        : { optimizer: "adam", ...constants };
    }
    case "rms-prop":
      return { optimizer: "rms-prop", rmsDecay: optimizer.decay, epsilon: optimizer.epsilon };
  }
}

/** `a`, `a or b`, `a, b or c`. */
function listOf(names: readonly string[]): string {
  return names.join(", ").replace(/, ([^,]*)$/, " or $1");
}
