/**
 * What the heavy kernels of the tutorial's network compute, and plain loops that say what is right.
 *
 * @module
 */
import type { Conv2dSizes } from "../../kernels/conv2d.wgsl.ts";
import {
  denseForward,
  denseInputGradient,
  type DenseSizes,
  denseWeightGradient,
} from "../../kernels/dense.wgsl.ts";
import type { Device } from "../../lib/gpu/device.ts";
import { matmulVariants, type Recorder } from "../../lib/gpu/recorder.ts";
import type { PlacedTensor } from "../../lib/gpu/tensor.ts";
import {
  recordConvolution,
  recordInputGradient,
  recordWeightGradient,
} from "../../lib/layers/conv2d_recording.ts";

/** Something to compute: what it reads, what it writes, and what an element of the result must be. */
export interface Work {
  readonly name: string;
  /** Elements of the inputs. */
  readonly inputs: Record<string, number>;
  /** Elements of the result. */
  readonly result: number;
  readonly multiplyAdds: number;
  readonly record: (record: Recorder, tensors: Record<string, PlacedTensor>) => void;
  readonly element: (x: Record<string, Float32Array>, index: number) => number;
  /** The ways to compute it. */
  readonly ways: readonly string[];
}

/** The works of a training step of `N` pictures. */
export function works(N: number, device: Device): Work[] {
  const same = { N, KH: 5, KW: 5, SH: 1, SW: 1, PT: 2, PL: 2 };
  const products = matmulVariants(device);
  const conv1 = { ...same, H: 24, W: 24, OH: 24, OW: 24, I: 3, O: 64 };
  const conv2 = { ...same, H: 12, W: 12, OH: 12, OW: 12, I: 64, O: 64 };
  return [
    ...convolution("conv1", conv1, products).filter(({ name }) => name !== "conv1 dx"),
    ...convolution("conv2", conv2, ["winograd", ...products]),
    ...dense("local3", { N, I: 2304, O: 384 }, products),
    ...dense("local4", { N, I: 384, O: 192 }, products),
  ];
}

/** A convolution with `SAME` padding and its gradients; the first layer of a network needs no `dx`. */
function convolution(name: string, sizes: Conv2dSizes, ways: readonly string[]): Work[] {
  const { N, H, W, I, KH, KW, O, PT, PL } = sizes;
  const shared = { multiplyAdds: N * H * W * KH * KW * I * O, ways };
  const x = N * H * W * I, y = N * H * W * O, w = KH * KW * I * O;

  /** Calls `add` with every tap and the cell of an `H×W` picture that lies under it at `place`. */
  function taps(place: number, turn: 1 | -1, add: (tap: number, cell: number) => void): void {
    const [n, h, c] = [Math.floor(place / (H * W)), Math.floor(place / W) % H, place % W];
    for (let kh = 0; kh < KH; kh++) {
      for (let kw = 0; kw < KW; kw++) {
        const [down, across] = [h + turn * (kh - PT), c + turn * (kw - PL)];
        if (down < 0 || down >= H || across < 0 || across >= W) continue;
        add(kh * KW + kw, (n * H + down) * W + across);
      }
    }
  }

  return [{
    ...shared,
    name: `${name} forward`,
    inputs: { x, w, b: O },
    result: y,
    record(record, { x, w, b, result }) {
      recordConvolution(record, { x, w, b, y: result, sizes, relu: true });
    },
    element({ x, w, b }, index) {
      let sum = b[index % O];
      taps(Math.floor(index / O), 1, (tap, cell) => {
        for (let i = 0; i < I; i++) sum += x[cell * I + i] * w[(tap * I + i) * O + index % O];
      });
      return Math.max(sum, 0);
    },
  }, {
    ...shared,
    name: `${name} dx`,
    inputs: { dz: y, w },
    result: x,
    record(record, { dz, w, result }) {
      const shaped = { ...w, shape: [KH, KW, I, O] };
      recordInputGradient(record, { dz, w: shaped, dx: result, sizes });
    },
    element({ dz, w }, index) {
      let sum = 0;
      taps(Math.floor(index / I), -1, (tap, cell) => {
        for (let o = 0; o < O; o++) sum += dz[cell * O + o] * w[(tap * I + index % I) * O + o];
      });
      return sum;
    },
  }, {
    ...shared,
    name: `${name} dw`,
    inputs: { x, dz: y },
    result: w,
    record(record, { x, dz, result }) {
      recordWeightGradient(record, { x, dz, dw: result, sizes });
    },
    element({ x, dz }, index) {
      let sum = 0;
      const [wanted, i, o] = [Math.floor(index / (I * O)), Math.floor(index / O) % I, index % O];
      for (let place = 0; place < N * H * W; place++) {
        taps(place, 1, (tap, cell) => {
          if (tap === wanted) sum += x[cell * I + i] * dz[place * O + o];
        });
      }
      return sum;
    },
  }];
}

/** The three products of a dense layer. */
function dense(name: string, sizes: DenseSizes, ways: readonly string[]): Work[] {
  const { N, I, O } = sizes;
  const shared = { multiplyAdds: N * I * O, ways };
  const dot = (K: number, term: (k: number) => number) => {
    let sum = 0;
    for (let k = 0; k < K; k++) sum += term(k);
    return sum;
  };
  const variant = (record: Recorder) => record.matmulVariant("dense");
  return [{
    ...shared,
    name: `${name} forward`,
    inputs: { x: N * I, w: I * O, b: O },
    result: N * O,
    record(record, { result, ...rest }) {
      const kernel = denseForward(sizes, { bias: true, relu: true, variant: variant(record) });
      record.dispatch(kernel, { ...rest, y: result });
    },
    element({ x, w, b }, index) {
      const [n, o] = [Math.floor(index / O), index % O];
      return Math.max(0, b[o] + dot(I, (i) => x[n * I + i] * w[i * O + o]));
    },
  }, {
    ...shared,
    name: `${name} dx`,
    inputs: { dy: N * O, w: I * O },
    result: N * I,
    record(record, { result, ...rest }) {
      record.dispatch(denseInputGradient(sizes, variant(record)), { ...rest, dx: result });
    },
    element({ dy, w }, index) {
      const [n, i] = [Math.floor(index / I), index % I];
      return dot(O, (o) => dy[n * O + o] * w[i * O + o]);
    },
  }, {
    ...shared,
    name: `${name} dw`,
    inputs: { x: N * I, dy: N * O },
    result: I * O,
    record(record, { result, ...rest }) {
      record.dispatch(denseWeightGradient(sizes, variant(record)), { ...rest, dw: result });
    },
    element({ x, dy }, index) {
      const [i, o] = [Math.floor(index / O), index % O];
      return dot(N, (n) => x[n * I + i] * dy[n * O + o]);
    },
  }];
}
