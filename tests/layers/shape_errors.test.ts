import { assertThrows } from "@std/assert";
import { conv2d } from "../../lib/layers/conv2d.ts";
import { dense } from "../../lib/layers/dense.ts";
import { depthwiseConv2d } from "../../lib/layers/depthwise_conv2d.ts";
import { dropout } from "../../lib/layers/dropout.ts";
import { localResponseNormalization } from "../../lib/layers/local_response_normalization.ts";
import { locallyConnected2d } from "../../lib/layers/locally_connected2d.ts";
import { averagePool2d, maxPool2d } from "../../lib/layers/pool.ts";
import { sequential } from "../../lib/layers/sequential.ts";
import { ShapeError } from "../../lib/shape.ts";

/** A model of 6×4 pictures in three channels that cannot be built, and what is said of it. */
const mistakes: readonly (readonly [what: string, build: () => unknown, message: string])[] = [
  [
    "a kernel higher than the picture",
    () => sequential([6, 4, 3], [conv2d({ name: "conv7", filters: 8, kernel: [7, 3] })]),
    "Cannot build conv7: needs a window of at most 6 along axis H (6 with its padding), got 7",
  ],
  [
    "a kernel wider than the picture with its padding",
    () =>
      sequential([6, 4, 3], [
        conv2d({ name: "conv1", filters: 8, kernel: 7, padding: [[1, 0], [2, 0]] }),
      ]),
    "Cannot build conv1: needs a window of at most 6 along axis W (4 with its padding), got 7",
  ],
  [
    "a picture that an earlier layer made too small",
    () =>
      sequential([6, 4, 3], [
        maxPool2d({ name: "pool1", window: 2 }),
        averagePool2d({ name: "pool2", window: 3 }),
      ]),
    "Cannot build pool2: needs a window of at most 2 along axis W (2 with its padding), got 3",
  ],
  [
    "pooling over nothing but padding",
    () =>
      sequential([6, 4, 3], [
        maxPool2d({ name: "pool1", window: [2, 3], padding: [[1, 1], [0, 3]] }),
      ]),
    "Cannot build pool1: needs padding along axis W below the window's 3, got 3",
  ],
  [
    "no filters",
    () => conv2d({ name: "conv1", filters: 0, kernel: 3 }),
    "Cannot build conv1: needs filters to be a whole number of at least 1, got 0",
  ],
  [
    "half a stride",
    () => sequential([6, 4, 3], [conv2d({ filters: 8, kernel: 3, stride: [1, 0.5] })]),
    "Cannot build conv: needs the width of stride to be a whole number of at least 1, got 0.5",
  ],
  [
    "a window without height",
    () => sequential([6, 4, 3], [maxPool2d({ window: [0, 2], stride: 1 })]),
    "Cannot build pool: needs the height of window to be a whole number of at least 1, got 0",
  ],
  [
    "a number of units that is none",
    () => dense({ name: "logits", units: NaN }),
    "Cannot build logits: needs units to be a whole number of at least 1, got NaN",
  ],
  [
    "a negative radius",
    () => localResponseNormalization({ name: "norm1", radius: -1 }),
    "Cannot build norm1: needs radius to be a whole number of at least 0, got -1",
  ],
  [
    "a power of what may be negative",
    () => localResponseNormalization({ name: "norm1", bias: 0, alpha: -0.1 }),
    "Cannot build norm1: needs a bias above 0 and an alpha of at least 0, got 0 and -0.1",
  ],
  [
    "half a filter a channel",
    () => depthwiseConv2d({ name: "depthwise1", kernel: 3, multiplier: 0.5 }),
    "Cannot build depthwise1: needs the multiplier to be a whole number of at least 1, got 0.5",
  ],
  [
    "filters for each pixel of a large picture",
    () =>
      sequential([256, 256, 3], [locallyConnected2d({ name: "local1", filters: 8, kernel: 3 })]),
    "Cannot build local1: needs at most 65535 places in input and output, got 65536; " +
    "pool before it or use a larger stride",
  ],
  [
    "padding by half a cell",
    () => sequential([6, 4, 3], [maxPool2d({ window: 2, padding: [[0.5, 0.5], [0, 0]] })]),
    "Cannot build pool: needs padding along axis H to be a whole number of at least 0, got 0.5",
  ],
  [
    "padding by a word that there is not",
    () => sequential([6, 4, 3], [maxPool2d({ window: 2, padding: "same" as "SAME" })]),
    "Cannot build pool: needs padding to be one of SAME, VALID, got same",
  ],
  [
    "an activation that is a layer of its own",
    () => dense({ units: 3, activation: "gelu" as "relu" }),
    "Cannot build dense: needs activation to be one of none, relu, got gelu",
  ],
  [
    "an activation that filters of their own places do not have",
    () => locallyConnected2d({ filters: 3, kernel: 1, activation: "gelu" as "relu" }),
    "Cannot build local: needs activation to be one of none, relu, got gelu",
  ],
  [
    "an activation that filters of their own channels do not have",
    () => depthwiseConv2d({ kernel: 1, activation: "gelu" as "relu" }),
    "Cannot build depthwise: needs activation to be one of none, relu, got gelu",
  ],
  [
    "pictures without rows",
    () => sequential([0, 4, 3], [maxPool2d({ window: 2 })]),
    "Cannot build the model: needs every size of the input to be a whole number of at least 1, got 0",
  ],
  [
    "dropout of everything",
    () => dropout("NC", { name: "drop1", rate: 1 }),
    "Cannot build drop1: needs a rate of at least 0 and below 1, got 1",
  ],
];

for (const [what, build, message] of mistakes) {
  Deno.test(`${what}: the message names layer, what was needed and what came`, () => {
    assertThrows(build, ShapeError, message);
  });
}
