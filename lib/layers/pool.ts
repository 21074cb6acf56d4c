/**
 * Max pooling and average pooling.
 *
 * @module
 */
import {
  averagePoolForward,
  averagePoolGradient,
  firstMaximumSize,
  maxPoolForward,
  maxPoolGradient,
  type PoolSizes,
} from "../../kernels/pool.wgsl.ts";
import { type Padding, placeWindow, requirePair, type Shape, ShapeError } from "../shape.ts";
import { windowAttributes } from "./conv2d_sizes.ts";
import type { Layer } from "./layer.ts";

/** Options of {@linkcode maxPool2d} and {@linkcode averagePool2d}. */
export interface PoolOptions {
  /** Its name in the model. Default `pool`. */
  readonly name?: string;
  /** Size of the window, or `[height, width]`. */
  readonly window: number | readonly [height: number, width: number];
  /** Step of the window, or `[vertical, horizontal]`. Default: the window's size. */
  readonly stride?: number | readonly [vertical: number, horizontal: number];
  /** Cells around the picture. Default `VALID`. */
  readonly padding?: Padding;
}

/**
 * The largest value of each window: `y = max x` over the cells of the window inside the picture.
 * The gradient goes to the first cell, row by row, that holds it.
 *
 * @throws {ShapeError} if a size is not a positive whole number, the window does not fit, or a window
 * would lie wholly in the padding
 *
 * @example
 * ```ts
 * import { maxPool2d } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const pool = maxPool2d({ window: 3, stride: 2, padding: "SAME" });
 * assertEquals(pool.outputShape([128, 24, 24, 64]), [128, 12, 12, 64]);
 * ```
 */
export function maxPool2d(options: PoolOptions): Layer<"NHWC", "NHWC"> {
  return {
    ...poolOf("max_pool2d", options),
    apply(x, { record, training }) {
      const sizes = poolSizes(x.shape, options);
      const { N, OH, OW, C } = sizes;
      const y = record.activation([N, OH, OW, C], "y");
      const first = record.tensor([firstMaximumSize(sizes)], "first maximum");
      record.dispatch(
        maxPoolForward(sizes, { first: training }),
        training ? { x, y, first } : { x, y },
      );
      return {
        y,
        pullback(dy, { needsInput }) {
          if (!needsInput) return;
          if (!training) record.dispatch(maxPoolForward(sizes, { first: true }), { x, y, first });
          const dx = record.activation(x.shape, "dx");
          record.dispatch(maxPoolGradient(sizes), { dy, dx, first });
          return dx;
        },
      };
    },
  };
}

/**
 * The mean of each window over its cells inside the picture; padding counts neither as value nor as
 * cell.
 *
 * @throws {ShapeError} if a size is not a positive whole number, the window does not fit, or a window
 * would lie wholly in the padding
 *
 * @example
 * ```ts
 * import { averagePool2d } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(averagePool2d({ window: 2 }).outputShape([1, 8, 6, 4]), [1, 4, 3, 4]);
 * ```
 */
export function averagePool2d(options: PoolOptions): Layer<"NHWC", "NHWC"> {
  return {
    ...poolOf("average_pool2d", options),
    apply(x, { record }) {
      const sizes = poolSizes(x.shape, options);
      const { N, OH, OW, C } = sizes;
      const y = record.activation([N, OH, OW, C], "y");
      record.dispatch(averagePoolForward(sizes), { x, y });
      return {
        y,
        pullback(dy, { needsInput }) {
          if (!needsInput) return;
          const dx = record.activation(x.shape, "dx");
          record.dispatch(averagePoolGradient(sizes), { dy, dx });
          return dx;
        },
      };
    },
  };
}

/**
 * The mean of each channel over the whole picture: `y[n, c] = Σ_{h, w} x[n, h, w, c] / (H·W)`;
 * `dx[n, h, w, c] = dy[n, c] / (H·W)`.
 *
 * Source: Lin, Chen, Yan, "Network in network" (2013), section 3.2.
 *
 * @example
 * ```ts
 * import { globalAveragePool2d } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(globalAveragePool2d().outputShape([128, 6, 6, 64]), [128, 64]);
 * ```
 */
export function globalAveragePool2d(options: { name?: string } = {}): Layer<"NHWC", "NC"> {
  const { name = "global_pool" } = options;
  return {
    name,
    kind: "global_average_pool2d",
    input: "NHWC",
    output: "NC",
    outputShape: ([N, , , C]) => [N, C],
    parameters: () => ({}),
    multiplyAdds: () => 0,
    apply(x, { record }) {
      const [N, H, W, C] = x.shape;
      const sizes = poolSizes(x.shape, { name, window: [H, W] });
      const y = record.activation([N, C], "y");
      record.dispatch(averagePoolForward(sizes), { x, y });
      return {
        y,
        pullback(dy, { needsInput }) {
          if (!needsInput) return;
          const dx = record.activation(x.shape, "dx");
          record.dispatch(averagePoolGradient(sizes), { dy, dx });
          return dx;
        },
      };
    },
  };
}

function poolOf(kind: string, options: PoolOptions): Omit<Layer<"NHWC", "NHWC">, "apply"> {
  return {
    name: options.name ?? "pool",
    kind,
    input: "NHWC",
    output: "NHWC",
    outputShape(x) {
      const { N, OH, OW, C } = poolSizes(x, options);
      return [N, OH, OW, C];
    },
    parameters: () => ({}),
    attributes: (x) => windowAttributes(poolSizes(x, options)),
    multiplyAdds: () => 0,
  };
}

function poolSizes([N, H, W, C]: Shape<"NHWC">, options: PoolOptions): PoolSizes {
  const { name = "pool", window, stride = window, padding = "VALID" } = options;
  const [KH, KW] = requirePair(name, "window", window);
  const [SH, SW] = requirePair(name, "stride", stride);
  requireFullWindows(name, { window: [KH, KW], padding });
  const down = placeWindow(name, { axis: "H", size: H, window: KH, stride: SH, padding });
  const across = placeWindow(name, { axis: "W", size: W, window: KW, stride: SW, padding });
  return {
    N,
    H,
    W,
    C,
    KH,
    KW,
    SH,
    SW,
    PT: down.before,
    PL: across.before,
    OH: down.size,
    OW: across.size,
  };
}

/** A window of nothing but padding would have no maximum and no mean. */
function requireFullWindows(
  name: string,
  { window, padding }: { window: readonly [number, number]; padding: Padding },
): void {
  if (typeof padding === "string") return;
  for (const axis of [0, 1] as const) {
    const most = Math.max(...padding[axis]);
    if (most < window[axis]) continue;
    throw new ShapeError(
      `Cannot build ${name}: needs padding along axis ${"HW"[axis]} below the window's ${
        window[axis]
      }, got ${most}`,
    );
  }
}
