/**
 * Layers in order: a model.
 *
 * @module
 */
import { ParameterTable } from "../parameters.ts";
import { displayModel, displayName } from "../notebook.ts";
import type { Arena } from "../gpu/arena.ts";
import type { Recorder, Tensor } from "../gpu/recorder.ts";
import { type ExampleShape, formatShape, type Layout, type Shape, ShapeError } from "../shape.ts";
import type { Applied, Layer, Parameter } from "./layer.ts";

/** Checks that each layer takes the layout that the one before it gives; see {@linkcode sequential}. */
export type Chain<In extends Layout, Layers extends readonly unknown[]> = Layers extends
  readonly [Layer<infer Takes, infer Gives>, ...infer Rest]
  ? [Takes] extends [In] ? readonly [Layer<Takes, Gives>, ...Chain<Gives, Rest>]
  : readonly [Layer<In, Layout>, ...Rest]
  : readonly [];

/** The layout that the last layer gives. */
export type LastLayout<In extends Layout, Layers extends readonly unknown[]> = Layers extends
  readonly [...unknown[], Layer<Layout, infer Out>] ? Out : In;

/** One row of a model's table. */
export interface LayerRow {
  /** The layer's name. */
  readonly name: string;
  /** The operation. */
  readonly kind: string;
  /** The shape of its output for a batch of one, batch axis first. */
  readonly outputShape: readonly number[];
  /** The number of its parameters. */
  readonly parameters: number;
  /** Multiply-adds for one example. */
  readonly multiplyAdds: number;
}

/** What {@linkcode Model.apply} records with. */
export interface ModelContext {
  /** Where to record. */
  readonly record: Recorder;
  /** The values of the parameters. */
  readonly values: Arena;
  /** Where their gradients go; needed to train. */
  readonly gradients?: Arena;
  /** Whether the program trains. */
  readonly training: boolean;
  /** The numbers of the current step. */
  readonly step: Tensor;
  /** Is shown the output of every layer as soon as it is recorded. */
  readonly watch?: (layer: string, y: Tensor) => void;
}

/** Layers in order, checked for the shape of their input. */
export interface Model<In extends Layout = Layout, Out extends Layout = Layout> {
  /** The layers. */
  readonly layers: readonly Layer[];
  /** The layout that it takes. */
  readonly layout: In;
  /** The shape of one example of its input. */
  readonly input: ExampleShape<In>;
  /** Its parameters, named `LAYER/PARAMETER`. */
  readonly parameters: ParameterTable;
  /** A row for each layer. */
  readonly rows: readonly LayerRow[];
  /** The shape of its output for a batch. */
  outputShape(batch: number): Shape<Out>;
  /** Records it. */
  apply(x: Tensor<Shape<In>>, context: ModelContext): Applied<In, Out>;
}

/**
 * Puts layers in order. The types make sure that layouts fit: a dense layer on a tensor that was not
 * flattened does not compile. Sizes are checked here, for every layer, before anything runs.
 *
 * @param input the shape of one example: `[H, W, C]` of a picture, or `[C]`
 * @throws {ShapeError} if a layer cannot take what the one before it gives, naming layer and axis
 * @throws {TypeError} if two layers with parameters have the same name
 *
 * @example
 * ```ts
 * import { conv2d, dense, flatten, maxPool2d, sequential } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const model = sequential([28, 28, 1], [
 *   conv2d({ name: "conv", filters: 8, kernel: 3, padding: "SAME", activation: "relu" }),
 *   maxPool2d({ window: 2 }),
 *   flatten(),
 *   dense({ name: "logits", units: 10 }),
 * ]);
 * assertEquals(model.outputShape(32), [32, 10]);
 * assertEquals(model.parameters.count, 80 + 15690);
 * ```
 */
export function sequential<
  const Example extends ExampleShape,
  const Layers extends readonly Layer[],
>(
  input: Example,
  layers: Layers & Chain<LayoutOf<Example>, Layers>,
): Model<LayoutOf<Example>, LastLayout<LayoutOf<Example>, Layers>>;
export function sequential(input: ExampleShape, layers: readonly Layer[]): Model {
  const specs: [string, ReturnType<Layer["parameters"]>[string]][] = [];
  const rows: LayerRow[] = [];
  let shape: Shape = [1, ...input] as unknown as Shape;
  let from = "the input";
  if (layers.length === 0) {
    throw new ShapeError("Cannot build the model: needs at least one layer, got none");
  }
  for (const layer of layers) {
    requireLayout(layer, { shape, from });
    const owned = Object.entries(layer.parameters(shape));
    for (const [short, spec] of owned) specs.push([`${layer.name}/${short}`, spec]);
    const multiplyAdds = layer.multiplyAdds(shape);
    shape = layer.outputShape(shape);
    const parameters = owned.reduce((sum, [, spec]) => sum + product(spec.shape), 0);
    const { name, kind } = layer;
    from = name;
    rows.push({ name, kind, outputShape: shape, parameters, multiplyAdds });
  }
  const parameters = new ParameterTable(specs);
  return {
    [displayName]: () => displayModel(rows, input),
    layers,
    layout: input.length === 3 ? "NHWC" : "NC",
    input,
    parameters,
    rows,
    outputShape: (batch) => [batch, ...shape.slice(1)] as unknown as Shape,
    apply(x, { record, values, gradients, training, step, watch }) {
      const applied: { layer: Layer; pullback: Applied<Layout, Layout>["pullback"] }[] = [];
      let y: Tensor<Shape> = x;
      for (const layer of layers) {
        const own = ownParameters(layer, y.shape, { values, gradients });
        const context = { record, parameters: own, training, step };
        const result = record.scope(layer.name, () => layer.apply(y, context));
        applied.push({ layer, pullback: result.pullback });
        y = result.y;
        watch?.(layer.name, y);
      }
      const firstWithParameters = rows.findIndex((row) => row.parameters > 0);
      return {
        y,
        pullback(dy, { needsInput }) {
          let gradient: Tensor<Shape> | undefined = dy;
          for (let i = layers.length - 1; i >= 0 && gradient; i--) {
            const { layer, pullback } = applied[i];
            const incoming: Tensor<Shape> = gradient;
            const needed = needsInput || i > firstWithParameters;
            gradient = record.scope(layer.name, () => pullback(incoming, { needsInput: needed }));
          }
          return gradient;
        },
      };
    },
  };
}

/** The layout whose examples have this many axes. */
export type LayoutOf<Example extends ExampleShape> = Example["length"] extends 3 ? "NHWC" : "NC";

function ownParameters(
  layer: Layer,
  x: Shape,
  { values, gradients }: { values: Arena; gradients?: Arena },
): Record<string, Parameter> {
  const names = Object.keys(layer.parameters(x));
  return Object.fromEntries(names.map((short) => {
    const name = `${layer.name}/${short}`;
    const value = values.tensor(name);
    return [short, { value, gradient: gradients?.tensor(name) ?? value }];
  }));
}

/** Says what the types say to those who have none: JavaScript, or a cast. */
function requireLayout(
  { name, input }: Layer,
  { shape, from }: { shape: Shape; from: string },
): void {
  const layout = shape.length === 4 ? "NHWC" : "NC";
  if (input === layout) return;
  const advice = input === "NC" ? "; put flatten() between" : "";
  throw new ShapeError(
    `Cannot build ${name}: needs ${input}, got ${layout} (${
      formatShape(shape)
    }) from ${from}${advice}`,
  );
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
