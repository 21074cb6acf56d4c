/**
 * A model in training as a graph to look at.
 *
 * @module
 */
import { type Link, linksOf, place } from "../layers/chain.ts";
import type { Model } from "../layers/sequential.ts";
import type { Shape } from "../shape.ts";
import { type GraphLayer, type GraphNode, trainingGraphOf } from "../summary/graph.ts";

/** Layers, those within layers too, their parameters, and what training adds. */
export function modelGraph({ layers, input, parameters }: Model): GraphNode[] {
  const x = [1, ...input] as unknown as Shape;
  const [placed] = place(layers);
  const decayed = parameters.entries.filter(({ decay }) => decay > 0).map(({ name }) => name);
  return trainingGraphOf(graphLayers(linksOf(placed, { x, from: "the input" }), x), {
    input,
    decayed,
  });
}

/** Layers in their places, from the shape that the first of them takes. */
function graphLayers(links: readonly Link[], x: Shape): GraphLayer[] {
  return links.map(({ layer, name, y, owned }, i): GraphLayer => {
    const taken = i === 0 ? x : links[i - 1].y;
    const described = { name, kind: layer.kind, outputShape: y };
    if (layer.branches) {
      const branches = place(...layer.branches).map((placed) =>
        graphLayers(linksOf(placed, { x: taken, from: `the input of ${name}` }), taken)
      );
      return { ...described, parameters: {}, branches };
    }
    const shapes = Object.entries(owned).map(([short, { shape }]) => [short, shape]);
    return { ...described, parameters: Object.fromEntries(shapes) };
  });
}
