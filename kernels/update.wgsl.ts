/**
 * The update of all parameters, of the optimizer's state and of the moving averages, in one pass over the
 * arena.
 *
 * @module
 */
import { f32, flatIndex, grid, type Kernel, wgsl } from "./kernel.ts";
import { stepStruct } from "./step.wgsl.ts";

/** How gradients change parameters; see `lib/optim/optimizers.ts` for the equations. */
export type Optimizer =
  | { readonly kind: "gradient-descent" }
  | { readonly kind: "momentum"; readonly momentum: number; readonly nesterov: boolean }
  | {
    readonly kind: "adam";
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    /** Decay of the parameters themselves, apart from the gradient: AdamW. */
    readonly decay: number;
  }
  | { readonly kind: "rms-prop"; readonly decay: number; readonly epsilon: number };

/** Names of the arrays that an optimizer keeps, each as long as the trained part of the arena. */
export function slotsOf({ kind }: Pick<Optimizer, "kind">): readonly string[] {
  return slots[kind];
}

/** The kinds of optimizer that there are. */
export const optimizerKinds: readonly Optimizer["kind"][] = [
  "gradient-descent",
  "momentum",
  "adam",
  "rms-prop",
];

const slots = {
  "gradient-descent": [],
  "momentum": ["momentum"],
  "adam": ["mean", "square"],
  "rms-prop": ["square"],
} as const;

/** Sizes of an update, in numbers, all multiples of 4. */
export interface UpdateSizes {
  /** The arena. */
  readonly length: number;
  /** The part of it that is trained; behind it the update is `p ← p − g`. */
  readonly trained: number;
  /** Whether gradients of the trained part are multiplied by `clip[0]`. */
  readonly clipped?: boolean;
}

const lanes = 64;

/** The optimizer's update with η and the corrections of the step, then `avg ← avg − (1 − d)(avg − p)`. */
export function update(
  { length, trained, clipped = false }: UpdateSizes,
  optimizer: Optimizer,
): Kernel {
  const count = Math.ceil(length / 4);
  const workgroups = grid(count, lanes);
  const arrays = [...slotsOf(optimizer).map((name) => ["read_write", name, "vec4f"])];
  if (clipped) arrays.push(["read", "clip", "f32"]);
  const declarations = arrays.map(([access, name, type], at) =>
    `@group(0) @binding(${at + 4}) var<storage, ${access}> ${name}: array<${type}>;`
  );
  const gradient = clipped ? "gradients[i] * clip[0]" : "gradients[i]";
  const rule = `${slotsOf(optimizer).length > 0 || clipped ? `let g = ${gradient};` : ""}
  ${ruleOf(optimizer, gradient)}`;
  const body = trained === length ? rule : `if (i < ${Math.ceil(trained / 4)}u) {
  ${rule}
  } else { p -= gradients[i]; }`;
  const code = wgsl`
${stepStruct}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> averages: array<vec4f>;
${declarations.join("\n")}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${flatIndex(workgroups, lanes)};
  if (i >= ${count}u) { return; }
  var p = parameters[i];
  ${body}
  parameters[i] = p;
  averages[i] -= step.average_weight * (averages[i] - p);
}`;
  return { name: optimizer.kind.replaceAll("-", "_"), code, workgroups, flops: length * 5 };
}

/** What changes `p` by the gradient. */
function ruleOf(optimizer: Optimizer, gradient: string): string {
  switch (optimizer.kind) {
    case "gradient-descent":
      return `p -= step.learning_rate * ${gradient === "gradients[i]" ? gradient : "g"};`;
    case "momentum": {
      const momentum = f32(optimizer.momentum);
      return `let b = ${momentum} * momentum[i] + g;
  momentum[i] = b;
  p -= step.learning_rate * ${optimizer.nesterov ? `(g + ${momentum} * b)` : "b"};`;
    }
    case "adam": {
      const { beta1, beta2, epsilon, decay } = optimizer;
      return `let m = ${f32(beta1)} * mean[i] + ${f32(1 - beta1)} * g;
  let v = ${f32(beta2)} * square[i] + ${f32(1 - beta2)} * g * g;
  mean[i] = m;
  square[i] = v;
  ${decay === 0 ? "" : `p -= step.learning_rate * ${f32(decay)} * p;`}
  p -= step.learning_rate * (m * step.corrections.x) /
    (sqrt(v) * step.corrections.y + ${f32(epsilon)});`;
    }
    case "rms-prop":
      return `let v = ${f32(optimizer.decay)} * square[i] + ${f32(1 - optimizer.decay)} * g * g;
  square[i] = v;
  p -= step.learning_rate * g / (sqrt(v) + ${f32(optimizer.epsilon)});`;
  }
}
