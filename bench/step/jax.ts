/**
 * The step in jax-js on WebGPU.
 *
 * @module
 */
import * as fixed from "./case.ts";

const version = "0.1.25";
// Not a literal, so that neither type checking nor the lock file of the project needs the package.
const jax = await import(`npm:@jax-js/jax@${version}`);
const { numpy: np, lax, nn } = jax;
if (!(await jax.init("webgpu")).includes("webgpu")) {
  throw new Error("its WebGPU backend did not start");
}
jax.defaultDevice("webgpu");

/** An array, as far as this file uses it. Using one frees it, so each use but the last is of `ref`. */
interface Array {
  readonly ref: Array;
  add(other: Array | number): Array;
  sub(other: Array | number): Array;
  mul(other: Array | number): Array;
  reshape(shape: number[]): Array;
  transpose(axes: number[]): Array;
  sum(): Array;
  data(): Promise<Float32Array>;
}
type Parameters = Record<string, Array>;

const batch = fixed.batchArgument();
const arrayOf = ({ data, shape }: fixed.Values): Array => np.array(data).reshape([...shape]);

/** The layouts that jax-js takes: pictures NCHW, filters OIHW. */
const x = arrayOf(fixed.pictures(batch)).transpose([0, 3, 1, 2]);
const labels: Array = nn.oneHot(np.array(Int32Array.from(fixed.labels(batch))), 10);
/** 1 where two channels are at most 4 apart: the sum of squares around a channel as a 1×1 filter. */
const near: Array = np.array(
  Float32Array.from({ length: 64 * 64 }, (_, i) => Math.abs((i >> 6) - (i & 63)) <= 4 ? 1 : 0),
).reshape([64, 64, 1, 1]);

function normalize(x: Array): Array {
  const squares: Array = lax.conv(np.square(x.ref), near.ref, [1, 1], "VALID");
  return x.mul(np.power(squares.mul(0.001 / 9).add(1), -0.75));
}

function pool(x: Array): Array {
  // Zero does as a border, since nothing that comes here is negative.
  const padded = np.pad(x, [[0, 0], [0, 0], [0, 1], [0, 1]]);
  return lax.reduceWindow(padded, np.max, [3, 3], [2, 2]);
}

function logitsOf(p: Parameters, x: Array): Array {
  const conv = (name: string, x: Array): Array =>
    nn.relu(
      lax.conv(x, p[`${name}/weights`], [1, 1], "SAME").add(
        p[`${name}/biases`].reshape([1, 64, 1, 1]),
      ),
    );
  const dense = (name: string, x: Array): Array =>
    np.matmul(x, p[`${name}/weights`]).add(p[`${name}/biases`]);
  const h = pool(normalize(conv("conv2", normalize(pool(conv("conv1", x))))));
  const flat = h.transpose([0, 2, 3, 1]).reshape([batch, 6 * 6 * 64]);
  return dense("softmax_linear", nn.relu(dense("local4", nn.relu(dense("local3", flat)))));
}

function lossOf(p: Parameters, x: Array, labels: Array): Array {
  const decay = (name: string): Array => np.square(p[`${name}/weights`].ref).sum().mul(0.002);
  const decays = decay("local3").add(decay("local4"));
  return nn.logSoftmax(logitsOf(p, x)).mul(labels).sum().mul(-1 / batch).add(decays);
}

const update = jax.jit((p: Parameters, x: Array, labels: Array): [Array, Parameters] => {
  const [loss, gradients] = jax.valueAndGrad(lossOf)(jax.tree.ref(p), x, labels);
  const next = Object.entries(p).map(([name, value]) => [
    name,
    value.sub(gradients[name].mul(fixed.learningRate)),
  ]);
  return [loss, Object.fromEntries(next)];
});

let p: Parameters = {};
for (const [name, values] of Object.entries(fixed.parameters())) {
  const value = arrayOf(values);
  p[name] = values.shape.length === 4 ? value.transpose([3, 2, 0, 1]) : value;
}

async function step(): Promise<number> {
  const [loss, next] = update(p, x.ref, labels.ref);
  p = next;
  const [value] = await loss.data();
  return value;
}

const forward = jax.jit(logitsOf);
async function evaluate(): Promise<void> {
  await forward(jax.tree.ref(p), x.ref).data();
}

fixed.answer({ system: `jax-js ${version}`, ...await fixed.time({ step, evaluate }, batch) });
Deno.exit();
