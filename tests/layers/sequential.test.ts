import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { stepWords } from "../../kernels/step.wgsl.ts";
import { Arena } from "../../lib/gpu/arena.ts";
import { Recorder } from "../../lib/gpu/recorder.ts";
import { conv2d } from "../../lib/layers/conv2d.ts";
import { dense } from "../../lib/layers/dense.ts";
import { flatten } from "../../lib/layers/flatten.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import { localResponseNormalization } from "../../lib/layers/local_response_normalization.ts";
import { averagePool2d, maxPool2d } from "../../lib/layers/pool.ts";
import { relu } from "../../lib/layers/relu.ts";
import { residual } from "../../lib/layers/residual.ts";
import { sequential } from "../../lib/layers/sequential.ts";
import { Rng } from "../../lib/rng.ts";
import { ShapeError } from "../../lib/shape.ts";
import { assertClose } from "../support/assert_close.ts";
import { openDevice } from "../support/device.ts";
import { labels, normal } from "../support/random.ts";
import * as reference from "../support/reference.ts";
import { compileNetwork } from "../support/run_network.ts";

const pooling = { window: 2, padding: "SAME" } as const;
const normalization = { radius: 1, bias: 1, alpha: 0.3, beta: 0.75 };

/** One of everything, with layers without parameters first and last. */
const small = sequential([7, 5, 3], [
  averagePool2d({ name: "pool1", window: [2, 1], stride: 1 }),
  conv2d({ name: "conv", filters: 5, kernel: [2, 3], padding: "SAME" }),
  relu("NHWC"),
  localResponseNormalization(normalization),
  maxPool2d({ name: "pool2", ...pooling }),
  flatten(),
  dense({ name: "hidden", units: 6, weightDecay: 0.5 }),
  relu("NC", { name: "relu2" }),
  dense({ name: "logits", units: 4 }),
]);
const batch = 3;
const rng = Rng.from(91);
const x = normal(rng.split("x"), { shape: [batch, ...small.input] });
const classes = labels(rng.split("labels"), { N: batch, classes: 4 });
const parameters = Object.fromEntries(
  small.parameters.entries.map(({ name, shape }) => [name, normal(rng.split(name), { shape })]),
);

/** The same network, put together from the references. */
function expectedOfSmall() {
  const of = (layer: string) => ({
    w: parameters[`${layer}/weights`],
    b: parameters[`${layer}/biases`],
  });
  const pool1 = reference.averagePool2d(x, { window: [2, 1], strides: [1, 1], padding: "VALID" });
  const conv = reference.conv2d({ x: pool1.y, ...of("conv") }, { padding: "SAME" });
  const relu1 = reference.relu(conv.y);
  const norm = reference.localResponseNormalization(relu1.y, normalization);
  const pool2 = reference.maxPool2d(norm.y, { window: [2, 2], strides: [2, 2], padding: "SAME" });
  const flat = reference.flatten(pool2.y);
  const hidden = reference.dense({ x: flat.y, ...of("hidden") });
  const relu2 = reference.relu(hidden.y);
  const logits = reference.dense({ x: relu2.y, ...of("logits") });
  const entropy = reference.crossEntropy(logits.y, classes);

  const dLogits = logits.pullback(entropy.dx);
  const dHidden = hidden.pullback(relu2.pullback(dLogits.x).x);
  const dPool2 = pool2.pullback(flat.pullback(dHidden.x).x);
  const dConv = conv.pullback(relu1.pullback(norm.pullback(dPool2.x).x).x);
  const decay = reference.weightDecay(parameters["hidden/weights"], 0.5);
  return {
    logits: logits.y,
    losses: { cross_entropy: entropy.loss, "hidden/weight_loss": decay.loss },
    dx: pool1.pullback(dConv.x).x,
    gradients: {
      "conv/weights": dConv.w,
      "conv/biases": dConv.b,
      "hidden/weights": reference.map(dHidden.w, (value, i) => value + decay.dw.data[i]),
      "hidden/biases": dHidden.b,
      "logits/weights": dLogits.w,
      "logits/biases": dLogits.b,
    },
  };
}

Deno.test("layers run in order and their gradients in the opposite order", async () => {
  using device = await openDevice();
  const expected = expectedOfSmall();
  using network = await compileNetwork(device, small, { batch, needsInput: true });
  const data = Object.fromEntries(
    Object.entries(parameters).map(([name, { data }]) => [name, data]),
  );
  const got = await network.run({ x: x.data, labels: classes, parameters: data });
  const terms = 100; // the longest chain: 45 features, 18 products of a convolution, 4 cells, ...
  assertClose(got.logits, expected.logits.data, { name: "logits", terms });
  for (const [name, loss] of Object.entries(expected.losses)) {
    assertClose([got.losses[name]], [loss], { name, terms });
  }
  for (const [name, gradient] of Object.entries(expected.gradients)) {
    assertClose(got.gradients[name], gradient.data, { name, terms });
  }
  assertClose(got.dx!, expected.dx.data, { name: "dx", terms });

  // Not asking for the pictures' gradient spares dispatches and changes nothing else.
  using spared = await compileNetwork(device, small, { batch });
  const { dx, ...rest } = await spared.run({ x: x.data, labels: classes, parameters: data });
  assertEquals(rest, { logits: got.logits, losses: got.losses, gradients: got.gradients });
  assertEquals(dx, undefined);
  assertEquals(spared.program.dispatches.length < network.program.dispatches.length, true);
});

Deno.test("a model has a row for each layer, with sizes for one example", () => {
  assertEquals(
    small.rows.map(({ name, kind, outputShape, parameters, multiplyAdds }) =>
      [name, kind, outputShape.join("×"), parameters, multiplyAdds] as const
    ),
    [
      ["pool1", "average_pool2d", "1×6×5×3", 0, 0],
      ["conv", "conv2d", "1×6×5×5", 95, 2700],
      ["relu", "relu", "1×6×5×5", 0, 0],
      ["norm", "local_response_normalization", "1×6×5×5", 0, 0],
      ["pool2", "max_pool2d", "1×3×3×5", 0, 0],
      ["flatten", "flatten", "1×45", 0, 0],
      ["hidden", "dense", "1×6", 276, 270],
      ["relu2", "relu", "1×6", 0, 0],
      ["logits", "dense", "1×4", 28, 24],
    ],
  );
  assertEquals(small.outputShape(32), [32, 4]);
  assertEquals(small.layout, "NHWC");
});

Deno.test("two layers with parameters and the same name are refused", () => {
  assertThrows(
    () => sequential([8], [dense({ units: 4 }), dense({ units: 2 })]),
    TypeError,
    `two are named "dense/weights"; give each layer a name of its own`,
  );
});

Deno.test("layers without parameters of one name are numbered, past names that are given", () => {
  const model = sequential([16, 16, 1], [
    maxPool2d(pooling),
    maxPool2d(pooling),
    averagePool2d({ ...pooling, name: "pool_2" }),
    residual([relu("NHWC"), relu("NHWC")], { shortcut: [relu("NHWC")] }),
    maxPool2d(pooling),
  ]);
  const names = ["pool", "pool_3", "pool_2", "residual", "pool_4"];
  assertEquals(model.rows.map(({ name }) => name), names);
  const target = {
    summary: { name: "none", kind: "gpu", vendor: "" },
    kind: "gpu",
    subgroups: false,
    f16: false,
    maxTensorBytes: 2 ** 27,
  } as const;
  const record = new Recorder(target);
  const watched: string[] = [];
  model.apply(record.keep([2, 16, 16, 1], "x"), {
    record,
    values: new Arena(record, model.parameters, "parameters"),
    training: true,
    step: record.keep([stepWords], "step"),
    watch: (name) => watched.push(name),
  });
  assertEquals(watched, names);
  const scopes = new Set(record.recording().recorded.map(({ layer }) => layer));
  assertEquals([...scopes], [
    "pool",
    "pool_3",
    "pool_2",
    "residual/relu",
    "residual/relu_2",
    "residual/relu_3",
    "residual",
    "pool_4",
  ]);
});

Deno.test("a layer's own name stays that of its parameters, whatever it is called in the model", () => {
  const names = (...layers: Layer<"NC", "NC">[]) => {
    const { rows, parameters } = sequential([4], layers);
    return [rows.map(({ name }) => name), parameters.entries.map(({ name }) => name)];
  };
  const around = (name: string) => residual([dense({ name, units: 4 })]);
  assertEquals(names(around("a"), around("b")), [
    ["residual", "residual_2"],
    ["residual/a/weights", "residual/a/biases", "residual/b/weights", "residual/b/biases"],
  ]);
});

Deno.test("a dense layer on pictures neither compiles nor builds", () => {
  assertThrows(
    // @ts-expect-error: dense takes rows of features, and nothing flattened the pictures
    () => sequential([4, 4, 1], [maxPool2d(pooling), dense({ name: "logits", units: 2 })]),
    ShapeError,
    "Cannot build logits: needs NC, got NHWC (1×2×2×1) from pool; put flatten() between",
  );
});

Deno.test("a convolution on rows of features neither compiles nor builds", () => {
  assertThrows(
    // @ts-expect-error: conv2d takes pictures, and flatten gives rows
    () => sequential([4, 4, 1], [flatten(), conv2d({ filters: 1, kernel: 1 })]),
    ShapeError,
    "Cannot build conv: needs NHWC, got NC (1×16) from flatten",
  );
  assertThrows(
    // @ts-expect-error: an example of one axis is a row
    () => sequential([16], [conv2d({ filters: 1, kernel: 1 })]),
    ShapeError,
    "Cannot build conv: needs NHWC, got NC (1×16) from the input",
  );
});

Deno.test("what the compiler says of layouts that do not fit is what is to be done", async () => {
  const entry = new URL("../../lib/entries/layers.ts", import.meta.url).href;
  const cases = {
    "sequential([4, 4, 1], [conv, dense({ units: 2 })])":
      "takes NC, but is given NHWC: put flatten() before it",
    "sequential([16], [conv])": "takes NHWC, but is given NC",
    "residual([conv, flatten()])":
      "the branch takes NHWC and gives NC: give it a shortcut that does too",
    "residual([conv], { shortcut: [conv, flatten()] })":
      "the shortcut gives NC, but the branch gives NHWC",
    "residual([conv, dense({ units: 2 })])": "takes NC, but is given NHWC: put flatten() before it",
  };
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const lines = [
      `import { conv2d, dense, flatten, residual, sequential } from "${entry}";`,
      "const conv = conv2d({ filters: 1, kernel: 1 });",
      ...Object.keys(cases),
    ];
    await Deno.writeTextFile(path, lines.join("\n"));
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", path],
      env: { NO_COLOR: "1" },
    }).output();
    const said = new TextDecoder().decode(stderr);
    const errors = said.split(/^TS/m).slice(1);
    assertEquals(errors.length, Object.keys(cases).length, said);
    for (const [i, [code, message]] of Object.entries(cases).entries()) {
      const [first] = errors[i].split("\n");
      assertMatch(first, /^2322 \[ERROR\]: Type 'Layer<"N.*"N.*">' is not assignable to type/);
      assertStringIncludes(first, `LayoutMismatch<"${message}">`);
      assertStringIncludes(errors[i], code);
    }
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a model without layers is refused", () => {
  assertThrows(() => sequential([4], []), ShapeError, "needs at least one layer");
});
