/**
 * The step in TensorFlow.js on WebGPU.
 *
 * @module
 */
import * as fixed from "./case.ts";

const version = "4.22.0";
// Not a literal, so that neither type checking nor the lock file of the project needs the package.
const load = (name: string) => import(`npm:${name}@${version}`);
const tf = await load("@tensorflow/tfjs");
await load("@tensorflow/tfjs-backend-webgpu");
if (!await tf.setBackend("webgpu")) throw new Error("its WebGPU backend did not start");
await tf.ready();

/** A tensor, as far as this file uses it. */
interface Tensor {
  add(other: Tensor): Tensor;
  mul(other: Tensor | number): Tensor;
  matMul(other: Tensor): Tensor;
  relu(): Tensor;
  reshape(shape: number[]): Tensor;
  sum(): Tensor;
  square(): Tensor;
  data(): Promise<Float32Array>;
  dispose(): void;
}

const batch = fixed.batchArgument();
const images = fixed.pictures(batch);
const x: Tensor = tf.tensor(images.data, images.shape);
const labels: Tensor = tf.oneHot(tf.tensor1d(Int32Array.from(fixed.labels(batch)), "int32"), 10);
const p: Record<string, Tensor> = {};
for (const [name, { data, shape }] of Object.entries(fixed.parameters())) {
  p[name] = tf.variable(tf.tensor(data, shape), true, name);
}

function logitsOf(x: Tensor): Tensor {
  const conv = (name: string, x: Tensor): Tensor =>
    tf.conv2d(x, p[`${name}/weights`], 1, "same").add(p[`${name}/biases`]).relu();
  const pool = (x: Tensor): Tensor => tf.maxPool(x, 3, 2, "same");
  const normalize = (x: Tensor): Tensor => tf.localResponseNormalization(x, 4, 1, 0.001 / 9, 0.75);
  const dense = (name: string, x: Tensor) =>
    x.matMul(p[`${name}/weights`]).add(p[`${name}/biases`]);
  const h = normalize(pool(conv("conv1", x)));
  const flat = pool(normalize(conv("conv2", h))).reshape([batch, 6 * 6 * 64]);
  return dense("softmax_linear", dense("local4", dense("local3", flat).relu()).relu());
}

function lossOf(): Tensor {
  const decay = (name: string) => p[`${name}/weights`].square().sum().mul(0.002);
  return tf.losses.softmaxCrossEntropy(labels, logitsOf(x)).add(decay("local3")).add(
    decay("local4"),
  );
}

const optimizer = tf.train.sgd(fixed.learningRate);
async function step(): Promise<number> {
  const loss: Tensor = optimizer.minimize(lossOf, true);
  const [value] = await loss.data();
  loss.dispose();
  return value;
}

async function evaluate(): Promise<void> {
  const logits: Tensor = tf.tidy(() => logitsOf(x));
  await logits.data();
  logits.dispose();
}

fixed.answer({
  system: `TensorFlow.js ${version}`,
  ...await fixed.time({ step, evaluate }, batch),
});
// Its backend holds on to the event loop.
Deno.exit();
