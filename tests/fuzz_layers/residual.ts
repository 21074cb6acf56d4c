/**
 * Residuals of random small branches, and the same put together from the references.
 *
 * @module
 */
import { gelu, sigmoid, tanh } from "../../lib/layers/activations.ts";
import { conv2d } from "../../lib/layers/conv2d.ts";
import { dense } from "../../lib/layers/dense.ts";
import { depthwiseConv2d } from "../../lib/layers/depthwise_conv2d.ts";
import { flatten } from "../../lib/layers/flatten.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import { layerNorm } from "../../lib/layers/layer_norm.ts";
import { localResponseNormalization } from "../../lib/layers/local_response_normalization.ts";
import { averagePool2d } from "../../lib/layers/pool.ts";
import { residual } from "../../lib/layers/residual.ts";
import type { Rng } from "../../lib/rng.ts";
import { normal } from "../support/random.ts";
import { type Array64, map } from "../support/reference.ts";
import * as reference from "../support/reference.ts";
import { type Drawn, layerCase } from "./cases.ts";
import { between, channels, oneOf } from "./draw.ts";

/** A value and the gradients of what it was computed from. */
interface Computed {
  readonly y: Array64;
  readonly pullback: (dy: Array64) => Readonly<Record<string, Array64>>;
}

/** A layer among others, and the same in float64. All are smooth, so no gradient depends on rounding. */
interface Link {
  readonly layer: Layer;
  /** What `torch_reference.py` calls it, and what it has to know. */
  readonly op: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  /** What it owns, by the names of the references. */
  readonly owned: Readonly<Record<string, Array64>>;
  readonly reference: (x: Array64) => Computed;
}

/** One case: a branch, and at times layers on the shortcut. */
export function residualCase(rng: Rng): Drawn {
  const shape = rng.below(2)
    ? [between(rng, 1, 5), channels(rng)]
    : [between(rng, 1, 3), between(rng, 2, 5), between(rng, 2, 5), channels(rng)];
  const x = normal(rng, { shape });
  const { layer, attrs, owned, reference } = residualLink(rng, { name: "residual", x, depth: 0 });
  return layerCase(layer, {
    attrs,
    inputs: { x, ...owned },
    reference: reference(x),
    // Of the longest sums, one behind the other; values and weights keep to a size of about 1.
    terms: { y: 500, x: 500, ...Object.fromEntries(Object.keys(owned).map((name) => [name, 500])) },
    least: 1,
  });
}

function residualLink(
  rng: Rng,
  { name, x, depth }: { name: string; x: Array64; depth: number },
): Link {
  const inner = (way: string, count: number): Link[] => {
    const links: Link[] = [];
    let y = x;
    for (let i = 0; i < count; i++) {
      const options = { name: `${way}${i}`, x: y, depth: depth + 1 };
      const link = rng.below(4) === 0 && depth === 0
        ? residualLink(rng, options)
        : keepingLink(rng, options);
      links.push(link);
      y = link.reference(y).y;
    }
    return links;
  };
  const branch = inner("a", between(rng, 1, 3)), shortcut = inner("b", rng.below(3));
  // At the top level both ways may end in another shape; within, what follows wants the same.
  if (depth === 0 && rng.below(2)) {
    const end = changingEnd(rng, x.shape);
    for (const [way, links] of [["a", branch], ["b", shortcut]] as const) {
      const y = links.reduce((y, link) => link.reference(y).y, x);
      links.push(end({ name: `${way}_end`, x: y }));
    }
  }
  const ways = [branch, shortcut];
  const described = (links: readonly Link[]) =>
    links.map(({ layer: { name }, op, attrs }) => ({ name, op, attrs }));
  return {
    layer: residual(branch.map(({ layer }) => layer), {
      name,
      shortcut: shortcut.map(({ layer }) => layer),
    }),
    op: "residual",
    attrs: { branch: described(branch), shortcut: described(shortcut) },
    owned: Object.fromEntries(
      ways.flat().flatMap(({ layer, owned }) =>
        Object.entries(owned).map(([short, value]) => [`${layer.name}/${short}`, value])
      ),
    ),
    reference(x) {
      const [through, around] = ways.map((links) => chained(links, x));
      return {
        y: plus(through.y, around.y),
        pullback(dy) {
          const [a, b] = [through.pullback(dy), around.pullback(dy)];
          return { ...a, ...b, x: plus(a.x, b.x) };
        },
      };
    },
  };
}

/** Layers in order, with what each owns named after it. */
function chained(links: readonly Link[], x: Array64): Computed {
  let y = x;
  const steps = links.map(({ layer: { name }, reference }) => {
    const computed = reference(y);
    y = computed.y;
    return { name, computed };
  });
  return {
    y,
    pullback(dy) {
      const gradients: Record<string, Array64> = {};
      for (const { name, computed } of steps.toReversed()) {
        const { x, ...owned } = computed.pullback(dy);
        for (const short of Object.keys(owned)) gradients[`${name}/${short}`] = owned[short];
        dy = x;
      }
      return { ...gradients, x: dy };
    },
  };
}

function plus(a: Array64, b: Array64): Array64 {
  return map(a, (value, i) => value + b.data[i]);
}

/** Where a link stands. */
interface At {
  readonly name: string;
  readonly x: Array64;
}

/** A layer that gives the shape that it takes. */
function keepingLink(rng: Rng, at: At): Link {
  const C = at.x.shape.at(-1)!;
  const rows = [activationLink, layerNormLink, denseLink(C)];
  const pictures = [
    activationLink,
    layerNormLink,
    convLink({ filters: C, stride: 1 }),
    depthwiseLink,
    lrnLink,
    poolLink,
  ];
  return oneOf(rng, at.x.shape.length === 2 ? rows : pictures)(rng, at);
}

/** What both ways end in: other features or channels, other sizes, or rows of features. */
function changingEnd(rng: Rng, shape: readonly number[]): (at: At) => Link {
  const count = channels(rng);
  if (shape.length === 2) return (at) => denseLink(count)(rng, at);
  if (rng.below(3) === 0) return flattenLink;
  const stride = between(rng, 1, 2);
  return (at) => convLink({ filters: count, stride })(rng, at);
}

function activationLink(rng: Rng, { name, x }: At): Link {
  const layout = x.shape.length === 2 ? "NC" : "NHWC";
  const [op, make, of] = oneOf(
    rng,
    [
      ["gelu", gelu, reference.gelu],
      ["sigmoid", sigmoid, reference.sigmoid],
      ["tanh", tanh, reference.tanh],
    ] as const,
  );
  return { layer: make(layout, { name }), op, attrs: {}, owned: {}, reference: of };
}

function layerNormLink(rng: Rng, { name, x }: At): Link {
  const layout = x.shape.length === 2 ? "NC" : "NHWC", shape = [x.shape.at(-1)!];
  const attrs = { epsilon: 0.5 + rng.float() };
  const owned = { gamma: normal(rng, { shape }), beta: normal(rng, { shape }) };
  return {
    layer: layerNorm(layout, { name, ...attrs }),
    op: "layer_norm",
    attrs,
    owned,
    reference: (x) => reference.layerNorm({ x, ...owned }, attrs),
  };
}

function denseLink(units: number) {
  return (rng: Rng, { name, x }: At): Link => {
    const I = x.shape[1];
    const owned = {
      w: normal(rng, { shape: [I, units], deviation: 1 / Math.sqrt(I) }),
      b: normal(rng, { shape: [units] }),
    };
    return {
      layer: dense({ name, units }),
      op: "dense",
      attrs: { activation: null },
      owned,
      reference: (x) => reference.dense({ x, ...owned }),
    };
  };
}

/** A window and the padding of `SAME`, as layers and references take them. */
function sameWindow(rng: Rng, { x, stride }: { x: Array64; stride: number }) {
  const window = [between(rng, 1, 3), between(rng, 1, 3)] as const;
  const pads = window.map((size, axis) => {
    const cells = x.shape[axis + 1], places = Math.ceil(cells / stride);
    const total = Math.max(0, (places - 1) * stride + size - cells);
    return [Math.floor(total / 2), Math.ceil(total / 2)] as const;
  });
  const padding = [pads[0], pads[1]] as const;
  return { window, attrs: { strides: [stride, stride] as const, padding, activation: null } };
}

function convLink({ filters, stride }: { filters: number; stride: number }) {
  return (rng: Rng, { name, x }: At): Link => {
    const { window, attrs } = sameWindow(rng, { x, stride });
    const shape = [...window, x.shape[3], filters];
    const deviation = 1 / Math.sqrt(shape[0] * shape[1] * shape[2]);
    const owned = {
      w: normal(rng, { shape, deviation }),
      b: normal(rng, { shape: [filters] }),
    };
    const { strides, padding } = attrs;
    return {
      layer: conv2d({ name, filters, kernel: window, stride, padding: "SAME" }),
      op: "conv2d",
      attrs,
      owned,
      reference: (x) => reference.conv2d({ x, ...owned }, { strides, padding }),
    };
  };
}

function depthwiseLink(rng: Rng, { name, x }: At): Link {
  const { window, attrs } = sameWindow(rng, { x, stride: 1 });
  const shape = [...window, x.shape[3], 1];
  const owned = {
    w: normal(rng, { shape, deviation: 1 / Math.sqrt(window[0] * window[1]) }),
    b: normal(rng, { shape: [x.shape[3]] }),
  };
  const { strides, padding } = attrs;
  return {
    layer: depthwiseConv2d({ name, kernel: window, padding: "SAME" }),
    op: "depthwise_conv2d",
    attrs,
    owned,
    reference: (x) => reference.depthwiseConv2d({ x, ...owned }, { strides, padding }),
  };
}

function lrnLink(rng: Rng, { name }: At): Link {
  const attrs = { radius: between(rng, 0, 3), bias: 1, alpha: rng.float(), beta: 0.75 };
  return {
    layer: localResponseNormalization({ name, ...attrs }),
    op: "local_response_normalization",
    attrs,
    owned: {},
    reference: (x) => reference.localResponseNormalization(x, attrs),
  };
}

function poolLink(rng: Rng, { name, x }: At): Link {
  const { window, attrs: { strides, padding } } = sameWindow(rng, { x, stride: 1 });
  const attrs = { window, strides, padding };
  return {
    layer: averagePool2d({ name, window, stride: 1, padding: "SAME" }),
    op: "average_pool2d",
    attrs,
    owned: {},
    reference: (x) => reference.averagePool2d(x, attrs),
  };
}

function flattenLink({ name }: At): Link {
  const { flatten: of } = reference;
  return { layer: flatten({ name }), op: "flatten", attrs: {}, owned: {}, reference: of };
}
