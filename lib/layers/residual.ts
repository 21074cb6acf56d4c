/**
 * Layers with a way around them.
 *
 * @module
 */
import { add } from "../../kernels/elementwise.wgsl.ts";
import type { ParameterSpec } from "../parameters.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { formatShape, type Layout, type Shape, ShapeError, sizeOf } from "../shape.ts";
import {
  applyChain,
  type Chain,
  type Fits,
  type LastLayout,
  type LayoutMismatch,
  linksOf,
  place,
  specsOf,
} from "./chain.ts";
import type { Layer } from "./layer.ts";

/** The layout that the first layer takes. */
export type FirstLayout<Layers extends readonly unknown[]> = Layers extends
  readonly [Layer<infer In, Layout>, ...unknown[]] ? In : Layout;

/** The layout that a branch gives. */
export type BranchLayout<Branch extends readonly unknown[]> = LastLayout<
  FirstLayout<Branch>,
  Branch
>;

/** Layers whose last has something wrong with it. */
export type WrongEnd<Layers extends readonly unknown[], Message extends string> = Layers extends
  readonly [...infer Front, unknown] ? readonly [...Front, LayoutMismatch<Message>]
  : LayoutMismatch<Message>;

/** Layers in order that, without a shortcut, give the layout that they take. */
export type ResidualBranch<
  Branch extends readonly unknown[],
  Shortcut extends readonly unknown[],
> =
  & Chain<FirstLayout<Branch>, Branch>
  & (Shortcut extends readonly []
    ? Fits<BranchLayout<Branch>, FirstLayout<Branch>> extends true ? unknown
    : WrongEnd<
      Branch,
      `the branch takes ${FirstLayout<Branch>} and gives ${BranchLayout<
        Branch
      >}: give it a shortcut that does too`
    >
    : unknown);

/** Layers in order that take what the branch takes and give what it gives. */
export type ResidualShortcut<
  Branch extends readonly unknown[],
  Shortcut extends readonly unknown[],
> =
  & Chain<FirstLayout<Branch>, Shortcut>
  & (Shortcut extends readonly [] ? unknown
    : Fits<LastLayout<FirstLayout<Branch>, Shortcut>, BranchLayout<Branch>> extends true ? unknown
    : WrongEnd<
      Shortcut,
      `the shortcut gives ${LastLayout<
        FirstLayout<Branch>,
        Shortcut
      >}, but the branch gives ${BranchLayout<Branch>}`
    >);

/** Options of {@linkcode residual}. */
export interface ResidualOptions<Shortcut> {
  /** Its name in the model. Default `residual`. */
  readonly name?: string;
  /** The layers on the way around. Default: none, `x` as it is. */
  readonly shortcut?: Shortcut;
}

/**
 * `y = branch(x) + shortcut(x)`: layers in order, and what they take added to what they give. Gradients
 * add too. A ReLU after the sum is a {@linkcode relu} layer. Parameters are named after their layers,
 * `block1/conv1/weights`; branches may hold residuals again.
 *
 * Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition" (2015), section 3.2.
 *
 * @throws {ShapeError} if the branch is empty, or a shape does not fit, when the model is built
 * @throws {TypeError} if two of its layers with parameters have the same name, when the model is built
 *
 * @example
 * ```ts
 * import { conv2d, relu, residual, sequential } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const model = sequential([8, 8, 16], [
 *   residual([
 *     conv2d({ name: "conv1", filters: 16, kernel: 3, padding: "SAME", activation: "relu" }),
 *     conv2d({ name: "conv2", filters: 16, kernel: 3, padding: "SAME" }),
 *   ], { name: "block1" }),
 *   relu("NHWC"),
 * ]);
 * assertEquals(model.parameters.entries[0].name, "block1/conv1/weights");
 * ```
 */
export function residual<
  const Branch extends readonly Layer[],
  const Shortcut extends readonly Layer[] = [],
>(
  branch: Branch & ResidualBranch<Branch, Shortcut>,
  options: ResidualOptions<Shortcut & ResidualShortcut<Branch, Shortcut>> = {},
): Layer<FirstLayout<Branch>, BranchLayout<Branch>> {
  return around(branch, options) as unknown as Layer<FirstLayout<Branch>, BranchLayout<Branch>>;
}

function around(branch: readonly Layer[], options: ResidualOptions<readonly Layer[]>): Layer {
  const { name = "residual", shortcut = [] } = options;
  if (branch.length === 0) {
    throw new ShapeError(`Cannot build ${name}: needs at least one layer in its branch, got none`);
  }
  const ways = place(branch, shortcut);
  const linksFor = (x: Shape) =>
    ways.map((placed) => linksOf(placed, { x, from: `the input of ${name}` }));
  return {
    name,
    kind: "residual",
    input: branch[0].input,
    output: branch[branch.length - 1].output,
    branches: [branch, shortcut],
    outputShape(x) {
      const [y, around] = linksFor(x).map((links) => links.at(-1)?.y ?? x);
      if (formatShape(y) !== formatShape(around)) {
        throw new ShapeError(
          `Cannot build ${name}: needs a shortcut that gives what the branch gives, ` +
            `${formatShape(y)}, got ${formatShape(around)}${
              shortcut.length === 0 ? " as it came; give it layers, such as a conv2d of 1×1" : ""
            }`,
        );
      }
      return y;
    },
    parameters(x) {
      const specs = new Map<string, ParameterSpec>();
      for (const [short, spec] of linksFor(x).flat().flatMap(specsOf)) {
        if (specs.has(short)) {
          throw new TypeError(
            `Cannot build ${name}: two parameters in it are named "${short}"; ` +
              "give each layer a name of its own",
          );
        }
        specs.set(short, spec);
      }
      return Object.fromEntries(specs);
    },
    multiplyAdds: (x) =>
      linksFor(x).flat().reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
    apply(x, context) {
      const { record } = context;
      const [through, around] = ways.map((placed) => applyChain(placed, { x, ...context }));
      const sum = (a: Tensor<Shape>, b: Tensor<Shape>, what: string) => {
        const y = record.activation<Shape>(a.shape, what);
        record.dispatch(add(sizeOf(a.shape)), { a, b, y });
        return y;
      };
      return {
        y: sum(through.y, around.y, "y"),
        pullback(dy, options) {
          const a = through.pullback(dy, options);
          const b = around.pullback(dy, options);
          return options.needsInput ? sum(a!, b!, "dx") : undefined;
        },
      };
    },
  };
}
