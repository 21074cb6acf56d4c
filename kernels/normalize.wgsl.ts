/**
 * Normalization by given means and variances, of channels or of rows, and its gradients:
 * `x̂ = (x − mean) / √(variance + ε)`, `y = γ x̂ + β`.
 *
 * @module
 */
import { f32, flatIndex, grid, type Kernel, stored, wgsl } from "./kernel.ts";
import { partsOf, runOf, sumOf, type TableSizes, vectorOf } from "./moments.wgsl.ts";

const lanes = 64;

/** A table of activations and what each mean belongs to. */
export interface NormalizeSizes extends TableSizes {
  /** Whose means and variances they are. */
  readonly per: "channel" | "row";
  /** ε, under the root. */
  readonly epsilon: number;
}

/** Rows that one invocation takes where it sums nothing: what belongs to the channel is loaded once. */
const run = 8;

/** WGSL of mean and `1 / √(variance + ε)`, of what `index` names. */
function statistics({ epsilon }: NormalizeSizes, index: "row" | "column"): string {
  return `let center = mean[${index}];
    let inverse = 1f / sqrt(variance[${index}] + ${f32(epsilon)});`;
}

/** WGSL of a loop over rows of a column, with `at`, `inverse` and `standard`, which is `x̂`, at hand. */
function eachRow(
  sizes: NormalizeSizes,
  { first, end, body }: { first: string; end: string; body: string },
): string {
  const [V, value] = vectorOf(sizes.C);
  const byRow = sizes.per === "row";
  return `${byRow ? "" : statistics(sizes, "column")}
  for (var row = ${first}; row < min(${end}, ${sizes.rows}u); row++) {
    let at = row * ${sizes.C / V}u + column;
    ${byRow ? statistics(sizes, "row") : ""}
    let standard = (${value}(x[at]) - center) * inverse;
    ${body}
  }`;
}

/** How means are declared. */
function statisticsOf({ per, C }: NormalizeSizes): string {
  return per === "row" ? "f32" : vectorOf(C)[1];
}

/** `y = γ x̂ + β`. */
export function normalizeForward(sizes: NormalizeSizes): Kernel {
  const { C } = sizes;
  const [, value] = vectorOf(C);
  return eachElement("normalize_forward", sizes, {
    declarations: wgsl`
@group(0) @binding(0) var<storage, read> x: array<${stored(value)}>;
@group(0) @binding(1) var<storage, read> mean: array<${statisticsOf(sizes)}>;
@group(0) @binding(2) var<storage, read> variance: array<${statisticsOf(sizes)}>;
@group(0) @binding(3) var<storage, read> gamma: array<${value}>;
@group(0) @binding(4) var<storage, read> beta: array<${value}>;
@group(0) @binding(5) var<storage, read_write> y: array<${stored(value)}>;`,
    once: "let scale = gamma[column];\n  let offset = beta[column];",
    body: `y[at] = ${stored(value)}(scale * standard + offset);`,
  });
}

/** Partial sums over runs of rows, of `dγ = Σ dy x̂` and `dβ = Σ dy`. */
export function normalizeParameterGradient(sizes: NormalizeSizes): Kernel {
  const { rows, C } = sizes;
  const [V, value] = vectorOf(C);
  const columns = C / V;
  const count = partsOf(rows) * columns;
  const workgroups = grid(count, lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<${stored(value)}>;
@group(0) @binding(1) var<storage, read> mean: array<${statisticsOf(sizes)}>;
@group(0) @binding(2) var<storage, read> variance: array<${statisticsOf(sizes)}>;
@group(0) @binding(3) var<storage, read> dy: array<${stored(value)}>;
@group(0) @binding(4) var<storage, read_write> gamma_partials: array<${value}>;
@group(0) @binding(5) var<storage, read_write> beta_partials: array<${value}>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = ${flatIndex(workgroups, lanes)};
  if (index >= ${count}u) { return; }
  let column = index % ${columns}u;
  let first = index / ${columns}u * ${runOf(rows)}u;
  var gamma_sum = ${value}(0f);
  var beta_sum = ${value}(0f);
  ${
    eachRow(sizes, {
      first: "first",
      end: `first + ${runOf(rows)}u`,
      body: `let slope = ${value}(dy[at]);
    gamma_sum += slope * standard;
    beta_sum += slope;`,
    })
  }
  gamma_partials[index] = gamma_sum;
  beta_partials[index] = beta_sum;
}`;
  return { name: "normalize_parameter_gradient", code, workgroups, flops: 5 * rows * C };
}

/**
 * The gradient of the input where channels are normalized by their own rows:
 * `dx = γ / √(variance + ε) · (dy − (dβ + x̂ dγ) / rows)`.
 */
export function channelInputGradient(sizes: NormalizeSizes): Kernel {
  return inputGradient("channel_input_gradient", sizes, {
    sums: ["dgamma", "dbeta"],
    once: `let sum = dbeta[column] * ${f32(1 / sizes.rows)};
  let product = dgamma[column] * ${f32(1 / sizes.rows)};`,
    slope: "(slope - sum - standard * product)",
  });
}

/** The same where mean and variance are constants: `dx = γ / √(variance + ε) · dy`. */
export function constantInputGradient(sizes: NormalizeSizes): Kernel {
  return inputGradient("constant_input_gradient", sizes, { sums: [], once: "", slope: "slope" });
}

function inputGradient(
  name: string,
  sizes: NormalizeSizes,
  { sums, once, slope }: { sums: readonly string[]; once: string; slope: string },
): Kernel {
  const [, value] = vectorOf(sizes.C);
  const given = sums.map((sum, i) =>
    `@group(0) @binding(${6 + i}) var<storage, read> ${sum}: array<${value}>;`
  );
  return eachElement(name, sizes, {
    declarations: wgsl`
@group(0) @binding(0) var<storage, read> x: array<${stored(value)}>;
@group(0) @binding(1) var<storage, read> mean: array<${statisticsOf(sizes)}>;
@group(0) @binding(2) var<storage, read> variance: array<${statisticsOf(sizes)}>;
@group(0) @binding(3) var<storage, read> gamma: array<${value}>;
@group(0) @binding(4) var<storage, read> dy: array<${stored(value)}>;
@group(0) @binding(5) var<storage, read_write> dx: array<${stored(value)}>;
${given.join("\n")}`,
    once: `let scale = gamma[column];
  ${once}`,
    body: `let slope = ${value}(dy[at]);
    dx[at] = ${stored(value)}(scale * inverse * ${slope});`,
  });
}

/**
 * The gradient of the input where each row is normalized by itself, with means over its `C` channels:
 * `dx = (γ dy − mean(γ dy) − x̂ mean(γ dy x̂)) / √(variance + ε)`.
 */
export function rowInputGradient(sizes: NormalizeSizes): Kernel {
  const { rows, C, epsilon } = sizes;
  const [V, value] = vectorOf(C);
  const columns = C / V;
  const workgroups = grid(rows, lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<${stored(value)}>;
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read> variance: array<f32>;
@group(0) @binding(3) var<storage, read> gamma: array<${value}>;
@group(0) @binding(4) var<storage, read> dy: array<${stored(value)}>;
@group(0) @binding(5) var<storage, read_write> dx: array<${stored(value)}>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = ${flatIndex(workgroups, lanes)};
  if (row >= ${rows}u) { return; }
  let base = row * ${columns}u;
  let center = mean[row];
  let inverse = 1f / sqrt(variance[row] + ${f32(epsilon)});
  var sums = ${value}(0f);
  var products = ${value}(0f);
  for (var c = 0u; c < ${columns}u; c++) {
    let slope = gamma[c] * ${value}(dy[base + c]);
    sums += slope;
    products += slope * (${value}(x[base + c]) - center) * inverse;
  }
  let sum = ${sumOf(value, "sums")};
  let product = ${sumOf(value, "products")};
  for (var c = 0u; c < ${columns}u; c++) {
    let standard = (${value}(x[base + c]) - center) * inverse;
    let slope = gamma[c] * ${value}(dy[base + c]) - (sum + standard * product) * ${f32(1 / C)};
    dx[base + c] = ${stored(value)}(slope * inverse);
  }
}`;
  return { name: "row_input_gradient", code, workgroups, flops: 10 * rows * C };
}

/** A kernel over all elements: `once` for a column, `body` for each of its rows. */
function eachElement(
  name: string,
  sizes: NormalizeSizes,
  { declarations, once, body }: { declarations: string; once: string; body: string },
): Kernel {
  const { rows, C } = sizes;
  const columns = C / vectorOf(C)[0];
  const count = Math.ceil(rows / run) * columns;
  const workgroups = grid(count, lanes);
  const code = wgsl`${declarations}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = ${flatIndex(workgroups, lanes)};
  if (index >= ${count}u) { return; }
  let column = index % ${columns}u;
  let first = index / ${columns}u * ${run}u;
  ${once}
  ${eachRow(sizes, { first: "first", end: `first + ${run}u`, body })}
}`;
  return { name, code, workgroups, flops: 6 * rows * C };
}
