/**
 * The network of the CIFAR-10 tutorial.
 *
 * @module
 */
import { conv2d } from "../layers/conv2d.ts";
import { dense } from "../layers/dense.ts";
import { flatten } from "../layers/flatten.ts";
import { localResponseNormalization } from "../layers/local_response_normalization.ts";
import { maxPool2d } from "../layers/pool.ts";
import { type Model, sequential } from "../layers/sequential.ts";

/** Options of {@linkcode tutorialNetwork}; the defaults are the tutorial's. */
export interface TutorialNetworkOptions {
  /** Height and width of the crop that the network sees. Default 24. */
  readonly crop?: number;
  /** Colour planes. Default 3. */
  readonly channels?: number;
  /** Number of classes. Default 10. */
  readonly classes?: number;
  /** λ of the L2 terms of local3 and local4. Default 0.004. */
  readonly weightDecay?: number;
}

/**
 * Two convolutions with pooling and normalization, two dense layers, and the logits: 1,068,298
 * parameters and 18,470,784 multiply-adds a picture at the defaults.
 *
 * Source: A. Krizhevsky's cuda-convnet, as TensorFlow's tutorial "Convolutional Neural Networks"
 * has it.
 *
 * @example
 * ```ts
 * import { tutorialNetwork } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(tutorialNetwork().parameters.count, 1_068_298);
 * ```
 */
export function tutorialNetwork(options: TutorialNetworkOptions = {}): Model<"NHWC", "NC"> {
  const { crop = 24, channels = 3, classes = 10, weightDecay = 0.004 } = options;
  const convolution = { kernel: 5, padding: "SAME", activation: "relu", deviation: 0.05 } as const;
  const pooling = { window: 3, stride: 2, padding: "SAME" } as const;
  const normalization = { radius: 4, bias: 1, alpha: 0.001 / 9, beta: 0.75 };
  return sequential([crop, crop, channels], [
    conv2d({ name: "conv1", filters: 64, ...convolution, bias: 0 }),
    maxPool2d({ name: "pool1", ...pooling }),
    localResponseNormalization({ name: "norm1", ...normalization }),
    conv2d({ name: "conv2", filters: 64, ...convolution, bias: 0.1 }),
    localResponseNormalization({ name: "norm2", ...normalization }),
    maxPool2d({ name: "pool2", ...pooling }),
    flatten(),
    dense({
      name: "local3",
      units: 384,
      activation: "relu",
      deviation: 0.04,
      bias: 0.1,
      weightDecay,
    }),
    dense({
      name: "local4",
      units: 192,
      activation: "relu",
      deviation: 0.04,
      bias: 0.1,
      weightDecay,
    }),
    dense({ name: "softmax_linear", units: classes, deviation: 1 / 192, bias: 0 }),
  ]);
}
