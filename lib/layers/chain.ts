/**
 * Layers in order, whether they are a model or a part of a layer.
 *
 * @module
 */
import type { ParameterSpec } from "../parameters.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { formatShape, type Layout, type Shape, ShapeError } from "../shape.ts";
import type { Applied, ApplyContext, Layer } from "./layer.ts";

/** What the compiler says where layouts do not fit: its message is the name of a property that no layer has. */
export type LayoutMismatch<Message extends string> = { readonly [Key in Message]: never };

/** Whether one layout may be the other; one that is known only when the model is built may be any. */
export type Fits<A extends Layout, B extends Layout> = [A] extends [B] ? true
  : [B] extends [A] ? true
  : false;

/**
 * Checks that each layer takes the layout that the one before it gives; see {@linkcode sequential}. Lists
 * of a length that is not known are checked when the model is built only.
 */
export type Chain<In extends Layout, Layers extends readonly unknown[]> = number extends
  Layers["length"] ? Layers
  : Layers extends readonly [Layer<infer Takes, infer Gives>, ...infer Rest] ? readonly [
      Fits<Takes, In> extends true ? Layer<Takes, Gives> : LayoutMismatch<MismatchWords<Takes, In>>,
      ...Chain<Gives, Rest>,
    ]
  : readonly [];

/** What is said of a layer that is given another layout than it takes. */
export type MismatchWords<Takes extends Layout, Given extends Layout> = Given extends "NHWC"
  ? `takes ${Takes}, but is given ${Given}: put flatten() before it`
  : `takes ${Takes}, but is given ${Given}`;

/** The layout that the last layer gives. */
export type LastLayout<In extends Layout, Layers extends readonly unknown[]> = Layers extends
  readonly [...unknown[], Layer<Layout, infer Out>] ? Out
  : number extends Layers["length"] ? Layout
  : In;

/** A layer among others. */
export interface Placed {
  /** The layer. */
  readonly layer: Layer;
  /** What none of the others is called. */
  readonly name: string;
}

/** A layer in its place. */
export interface Link extends Placed {
  /** The shape that it gives. */
  readonly y: Shape;
  /** What it owns, by short names. */
  readonly owned: Readonly<Record<string, ParameterSpec>>;
  /** Multiply-adds of one forward run. */
  readonly multiplyAdds: number;
}

/**
 * Gives each layer of some chains a name of its own: of several with one name, the second is `NAME_2`. What
 * a layer owns stays named after the layer itself, as checkpoints have it.
 */
export function place(...chains: readonly (readonly Layer[])[]): Placed[][] {
  const taken = new Set<string>();
  const given = new Set(chains.flat().map(({ name }) => name));
  return chains.map((layers) =>
    layers.map((layer) => {
      let name = layer.name;
      for (let n = 2; taken.has(name); n++) {
        const numbered = `${layer.name}_${n}`;
        if (!given.has(numbered)) name = numbered;
      }
      taken.add(name);
      return { layer, name };
    })
  );
}

/**
 * Layers in order for an input of a shape.
 *
 * @throws {ShapeError} if a layer cannot take what the one before it gives
 */
export function linksOf(
  placed: readonly Placed[],
  { x, from }: { x: Shape; from: string },
): Link[] {
  return placed.map(({ layer, name }, i) => {
    requireLayout(name, layer, { shape: x, from: i === 0 ? from : placed[i - 1].name });
    const owned = layer.parameters(x);
    const multiplyAdds = layer.multiplyAdds(x);
    x = layer.outputShape(x);
    return { layer, name, y: x, owned, multiplyAdds };
  });
}

/** What a layer owns, named `LAYER/PARAMETER`. */
export function specsOf({ layer, owned }: Link): [name: string, spec: ParameterSpec][] {
  return Object.entries(owned).map(([short, spec]) => [`${layer.name}/${short}`, spec]);
}

/** Records layers in order; `parameters` are those of all, named `LAYER/PARAMETER`. */
export function applyChain(
  placed: readonly Placed[],
  { x, watch, ...context }: ApplyContext & {
    x: Tensor<Shape>;
    watch?: (layer: string, y: Tensor) => void;
  },
): Applied<Layout, Layout> {
  const { record } = context;
  let y = x;
  const steps = placed.map(({ layer, name }) => {
    const parameters = ownParameters(layer, { x: y.shape, parameters: context.parameters });
    const applied = record.scope(name, () => layer.apply(y, { ...context, parameters }));
    y = applied.y;
    watch?.(name, y);
    const hasParameters = Object.keys(parameters).length > 0;
    return { name, pullback: applied.pullback, hasParameters };
  });
  const first = steps.findIndex(({ hasParameters }) => hasParameters);
  return {
    y,
    pullback(dy, { needsInput }) {
      let gradient: Tensor<Shape> | undefined = dy;
      for (let i = steps.length - 1; i >= 0 && gradient; i--) {
        const { name, pullback } = steps[i];
        const incoming: Tensor<Shape> = gradient;
        // Before the first parameters nobody needs a gradient.
        const needed = needsInput || first >= 0 && i > first;
        gradient = record.scope(name, () => pullback(incoming, { needsInput: needed }));
      }
      return gradient;
    },
  };
}

/** The layer's own of the parameters of all. */
export function ownParameters<T>(
  layer: Layer,
  { x, parameters }: { x: Shape; parameters: Readonly<Record<string, T>> },
): Record<string, T> {
  const names = Object.keys(layer.parameters(x));
  return Object.fromEntries(names.map((short) => [short, parameters[`${layer.name}/${short}`]]));
}

/** Says what the types say to those who have none: JavaScript, or a cast. */
function requireLayout(
  name: string,
  { input }: Layer,
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
