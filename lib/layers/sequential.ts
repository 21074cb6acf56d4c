/**
 * Layers in order: a model.
 *
 * @module
 */
import { ParameterTable } from "../parameters.ts";
import { displayModel, displayName } from "../notebook.ts";
import type { Arena } from "../gpu/arena.ts";
import type { Recorder } from "../gpu/recorder.ts";
import type { Tensor } from "../gpu/tensor.ts";
import {
  type ExampleShape,
  type Layout,
  requireSize,
  type Shape,
  ShapeError,
  sizeOf,
} from "../shape.ts";
import {
  applyChain,
  type Chain,
  type Fits,
  type LastLayout,
  type LayoutMismatch,
  linksOf,
  type MismatchWords,
  place,
  specsOf,
} from "./chain.ts";
import type { Applied, Layer, Parameter } from "./layer.ts";

export type { Chain, Fits, LastLayout, LayoutMismatch, MismatchWords };

/** One row of a model's table. */
export interface LayerRow {
  /** The layer's name, numbered if others have it too. */
  readonly name: string;
  /** The operation. */
  readonly kind: string;
  /** The shape of its output for a batch of one, batch axis first. */
  readonly outputShape: readonly number[];
  /** The number of its parameters, running averages included. */
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
 * flattened does not compile. Sizes are checked here, for every layer, before anything runs. Layers without
 * parameters may share a name: the second of them is called `NAME_2`, the next `NAME_3`.
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
): Model<LayoutOf<Example>, LastLayout<LayoutOf<Example>, Layers>> {
  // What an overload refuses is told in terms of its implementation, so there is but one signature.
  return inOrder(input, layers) as unknown as Model<
    LayoutOf<Example>,
    LastLayout<LayoutOf<Example>, Layers>
  >;
}

/** The layout whose examples have this many axes. */
export type LayoutOf<Example extends ExampleShape> = Example["length"] extends 3 ? "NHWC" : "NC";

function inOrder(input: ExampleShape, layers: readonly Layer[]): Model {
  if (layers.length === 0) {
    throw new ShapeError("Cannot build the model: needs at least one layer, got none");
  }
  for (const size of input) requireSize("the model", "every size of the input", size);
  const [placed] = place(layers);
  const links = linksOf(placed, { x: [1, ...input] as unknown as Shape, from: "the input" });
  const parameters = new ParameterTable(links.flatMap(specsOf));
  const rows = links.map(({ layer, name, y, owned, multiplyAdds }): LayerRow => ({
    name,
    kind: layer.kind,
    outputShape: y,
    parameters: Object.values(owned).reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    multiplyAdds,
  }));
  const [, ...output] = links[links.length - 1].y;
  return {
    [displayName]: () => displayModel(rows, input),
    layers,
    layout: input.length === 3 ? "NHWC" : "NC",
    input,
    parameters,
    rows,
    outputShape: (batch) => [batch, ...output] as unknown as Shape,
    apply(x, { values, gradients, watch, ...context }) {
      const owned = parameters.entries.map(({ name }): [string, Parameter] => {
        const value = values.tensor(name);
        return [name, { value, gradient: gradients?.tensor(name) ?? value }];
      });
      const applied = applyChain(placed, {
        x,
        ...context,
        parameters: Object.fromEntries(owned),
        watch,
      });
      return {
        ...applied,
        pullback(dy, options) {
          if (gradients || owned.length === 0) return applied.pullback(dy, options);
          throw new TypeError(
            "Cannot record gradients: needs an arena for them in the context, got none",
          );
        },
      };
    },
  };
}
