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

/** Options of {@linkcode cudaConvnet}; the defaults are those of its definition. */
export interface CudaConvnetOptions {
  /** Height and width of the crop that the network sees. Default 24. */
  readonly crop?: number;
  /** Colour planes. Default 3. */
  readonly channels?: number;
  /** Number of classes. Default 10. */
  readonly classes?: number;
}

/**
 * What the weights of conv1 start from. The definition has 0.0001 for bytes less the mean picture, whose
 * deviation is about 64; pictures here are standardized, so this gives conv1 outputs of the same size.
 */
const firstDeviation = 0.0001 * 64;

/**
 * Two convolutions with pooling and normalization, two locally connected layers, and the logits: 2,112,970
 * parameters and 19,512,576 multiply-adds a picture at the defaults. The tutorial's network has dense layers
 * where this one has `local3` and `local4`; to put these back is its exercise.
 *
 * Layers, sizes, deviations and decays are those of `layers-conv-local-11pct.cfg` and
 * `layer-params-conv-local-11pct.cfg`, with two differences: weights start from truncated normals, and
 * those of conv1 from a deviation that suits standardized pictures, 0.0064 instead of 0.0001. All biases
 * start from 0; those of `local3` and `local4` differ from place to place. Its pooling lets the last window
 * reach past the picture, which is `SAME` at these sizes, and its normalization divides `scale` by `size`.
 *
 * The definition trains by momentum of 0.9 at a rate of 0.001 for weights and 0.002 for biases.
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
  const { crop = 24, channels = 3, classes = 10 } = options;
  const convolution = { filters: 64, kernel: 5, padding: "SAME", activation: "relu" } as const;
  const local = { kernel: 3, padding: "SAME", activation: "relu", deviation: 0.04 } as const;
  const pooling = { window: 3, stride: 2, padding: "SAME" } as const;
  const normalization = { radius: 4, bias: 1, alpha: 0.001 / 9, beta: 0.75 };
  return sequential([crop, crop, channels], [
    conv2d({ name: "conv1", ...convolution, deviation: firstDeviation }),
    maxPool2d({ name: "pool1", ...pooling }),
    localResponseNormalization({ name: "rnorm1", ...normalization }),
    conv2d({ name: "conv2", ...convolution, deviation: 0.01 }),
    localResponseNormalization({ name: "rnorm2", ...normalization }),
    maxPool2d({ name: "pool2", ...pooling }),
    locallyConnected2d({ name: "local3", filters: 64, ...local, weightDecay: 0.004 }),
    locallyConnected2d({ name: "local4", filters: 32, ...local, weightDecay: 0.004 }),
    flatten(),
    dense({ name: "fc10", units: classes, deviation: 0.01, weightDecay: 0.01 }),
  ]);
}
