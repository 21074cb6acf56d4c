/**
 * The network that the CIFAR-10 tutorial's is modelled on.
 *
 * @module
 */
import { conv2d } from "../layers/conv2d.ts";
import { dense } from "../layers/dense.ts";
import { flatten } from "../layers/flatten.ts";
import { localResponseNormalization } from "../layers/local_response_normalization.ts";
import { locallyConnected2d } from "../layers/locally_connected2d.ts";
import { maxPool2d } from "../layers/pool.ts";
import { type Model, sequential } from "../layers/sequential.ts";

/** Options of {@linkcode cudaConvnet}; the defaults are those of its definition, but for `start`. */
export interface CudaConvnetOptions {
  /** Height and width of the crop that the network sees. Default 24. */
  readonly crop?: number;
  /** Colour planes. Default 3. */
  readonly channels?: number;
  /** Number of classes. Default 10. */
  readonly classes?: number;
  /**
   * What parameters start from: as in the tutorial's network, which suits plain gradient descent, or as in
   * the definition, made for momentum: plain gradient descent is slow to leave it. Default `tutorial`.
   */
  readonly start?: "tutorial" | "definition";
}

/**
 * What parameters start from: deviations of the weights, and the biases of conv2, local3 and local4. Pictures are
 * standardized here, where the definition has bytes less the mean picture, of a deviation of about 64, so
 * conv1's 0.0001 becomes 64 times that for outputs of the same size.
 */
const starts = {
  tutorial: { conv1: 0.05, conv2: 0.05, local: 0.04, logits: 1 / 192, bias: 0.1 },
  definition: { conv1: 0.0001 * 64, conv2: 0.01, local: 0.04, logits: 0.01, bias: 0 },
};

/**
 * Two convolutions with pooling and normalization, two locally connected layers, and the logits: 2,112,970
 * parameters and 19,512,576 multiply-adds a picture at the defaults. The tutorial's network has dense layers
 * where this one has `local3` and `local4`; to put these back is its exercise.
 *
 * Layers, sizes and decays are those of `layers-conv-local-11pct.cfg` and `layer-params-conv-local-11pct.cfg`;
 * biases of `local3` and `local4` differ from place to place. Its pooling lets the last window reach past
 * the picture, which is `SAME` at these sizes, and its normalization divides `scale` by `size`. Its weights
 * start from normals that are not truncated, and it trains by momentum of 0.9 at a rate of 0.001 for weights
 * and 0.002 for biases.
 *
 * Source: A. Krizhevsky's cuda-convnet (2011), example-layers.
 *
 * @example
 * ```ts
 * import { cudaConvnet } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(cudaConvnet().parameters.count, 2_112_970);
 * ```
 */
export function cudaConvnet(options: CudaConvnetOptions = {}): Model<"NHWC", "NC"> {
  const { crop = 24, channels = 3, classes = 10, start = "tutorial" } = options;
  const { bias, ...deviations } = starts[start];
  const convolution = { filters: 64, kernel: 5, padding: "SAME", activation: "relu" } as const;
  const local = {
    kernel: 3,
    padding: "SAME",
    activation: "relu",
    deviation: deviations.local,
    bias,
    weightDecay: 0.004,
  } as const;
  const pooling = { window: 3, stride: 2, padding: "SAME" } as const;
  const normalization = { radius: 4, bias: 1, alpha: 0.001 / 9, beta: 0.75 };
  return sequential([crop, crop, channels], [
    conv2d({ name: "conv1", ...convolution, deviation: deviations.conv1 }),
    maxPool2d({ name: "pool1", ...pooling }),
    localResponseNormalization({ name: "rnorm1", ...normalization }),
    conv2d({ name: "conv2", ...convolution, deviation: deviations.conv2, bias }),
    localResponseNormalization({ name: "rnorm2", ...normalization }),
    maxPool2d({ name: "pool2", ...pooling }),
    locallyConnected2d({ name: "local3", filters: 64, ...local }),
    locallyConnected2d({ name: "local4", filters: 32, ...local }),
    flatten(),
    dense({ name: "fc10", units: classes, deviation: deviations.logits, weightDecay: 0.01 }),
  ]);
}
