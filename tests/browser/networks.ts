/** Networks that together have every layer. */
import {
  averagePool2d,
  batchNorm,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  gelu,
  layerNorm,
  locallyConnected2d,
  maxPool2d,
  relu,
  residual,
  sequential,
  sigmoid,
  tutorialNetwork,
} from "../../lib/entries/layers.ts";

export const networks = {
  tutorial: tutorialNetwork(),
  others: sequential([24, 24, 3], [
    conv2d({ name: "conv", filters: 8, kernel: 3, stride: 2, padding: "SAME" }),
    batchNorm("NHWC"),
    relu("NHWC"),
    residual([
      conv2d({ name: "inner", filters: 8, kernel: 3, padding: "SAME" }),
      gelu("NHWC"),
      layerNorm("NHWC"),
      sigmoid("NHWC"),
    ]),
    depthwiseConv2d({ kernel: 3, activation: "relu" }),
    averagePool2d({ name: "mean", window: 2 }),
    locallyConnected2d({ filters: 4, kernel: 3, activation: "relu" }),
    maxPool2d({ window: 2, stride: 1 }),
    flatten(),
    dropout("NC", { rate: 0.2 }),
    dense({ units: 10, weightDecay: 0.01 }),
  ]),
};
