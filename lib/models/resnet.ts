/**
 * Residual networks for small pictures.
 *
 * @module
 */
import { batchNorm } from "../layers/batch_norm.ts";
import { conv2d } from "../layers/conv2d.ts";
import { dense } from "../layers/dense.ts";
import type { Layer } from "../layers/layer.ts";
import { globalAveragePool2d } from "../layers/pool.ts";
import { relu } from "../layers/relu.ts";
import { residual } from "../layers/residual.ts";
import { type Model, sequential } from "../layers/sequential.ts";
import { ShapeError } from "../shape.ts";

/** Options of {@linkcode resnet}. */
export interface ResnetOptions {
  /** Layers with weights from pictures to logits, shortcuts not counted: `6n + 2`. Default 20. */
  readonly depth?: number;
  /** Channels of the first stage; the others have twice and four times as many. Default 16. */
  readonly width?: number;
  /** Height and width of the crop that the network sees. Default 24. */
  readonly crop?: number;
  /** Colour planes. Default 3. */
  readonly channels?: number;
  /** Number of classes. Default 10. */
  readonly classes?: number;
  /** λ of the L2 terms of all weights but those of shortcuts. Default 0.0001. */
  readonly weightDecay?: number;
}

/**
 * A residual network for pictures of CIFAR's size: a convolution, three stages of `n` blocks of two 3×3
 * convolutions, batch normalization after each, the mean over the picture, and the logits. The second and
 * the third stage start with a stride of 2.
 *
 * As in the paper, but where sizes change the shortcut is a convolution of 1×1 with batch normalization: its
 * option B; on CIFAR the paper has A, zeros for new channels.
 *
 * Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition" (2015), section 4.2.
 *
 * @throws {ShapeError} if the depth is not 8, 14, 20, …
 *
 * @example
 * ```ts
 * import { resnet } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(resnet({ depth: 20 }).outputShape(128), [128, 10]);
 * ```
 */
export function resnet(options: ResnetOptions = {}): Model<"NHWC", "NC"> {
  const { depth = 20, width = 16, crop = 24, channels = 3, classes = 10 } = options;
  const { weightDecay = 1e-4 } = options;
  const blocks = (depth - 2) / 6;
  if (!Number.isInteger(blocks) || blocks < 1) {
    throw new ShapeError(
      `Cannot build the residual network: needs a depth of 6n + 2, such as 20, got ${depth}`,
    );
  }
  const stages = [1, 2, 3].flatMap((stage) =>
    Array.from({ length: blocks }, (_, i) => {
      const first = stage > 1 && i === 0;
      const filters = width * 2 ** (stage - 1);
      const name = `block${stage}_${i + 1}`;
      return block(name, { filters, stride: first ? 2 : 1, weightDecay });
    })
  ).flat();
  const layers: Layer<"NHWC", "NHWC">[] = [
    conv2d({ name: "conv1", filters: width, ...convolution, weightDecay }),
    batchNorm("NHWC", { name: "norm1" }),
    relu("NHWC", { name: "relu1" }),
    ...stages,
  ];
  return sequential([crop, crop, channels], [
    ...layers,
    globalAveragePool2d({ name: "mean" }),
    dense({ name: "logits", units: classes, weightDecay }),
  ]);
}

/** What the normalization after it would take away again, it has none of. */
const convolution = { kernel: 3, padding: "SAME", bias: false } as const;

/** `ReLU(branch(x) + x)`, or with a projection of `x` where sizes change. */
function block(
  name: string,
  { filters, stride, weightDecay }: { filters: number; stride: number; weightDecay: number },
): Layer<"NHWC", "NHWC">[] {
  const projection = [
    conv2d({ name: "projection", filters, ...convolution, kernel: 1, stride }),
    batchNorm("NHWC", { name: "projection_norm" }),
  ] as const;
  const branch = [
    conv2d({ name: "conv1", filters, ...convolution, stride, weightDecay }),
    batchNorm("NHWC", { name: "norm1" }),
    relu("NHWC"),
    conv2d({ name: "conv2", filters, ...convolution, weightDecay }),
    batchNorm("NHWC", { name: "norm2" }),
  ] as const;
  return [
    stride === 1 ? residual(branch, { name }) : residual(branch, { name, shortcut: projection }),
    relu("NHWC", { name: `${name}_relu` }),
  ];
}
