/** Max and average pooling. */
import { type Array64, map, type Reference, zeros } from "./array.ts";
import { type WindowOptions, windows } from "./windows.ts";

/** `y = max x` over the window's cells inside the picture; the gradient goes to the first maximum. */
export function maxPool2d(x: Array64, options: WindowOptions): Reference<"x"> {
  const [N, H, W, C] = x.shape;
  const places = windows([N, H, W], options);
  const y = zeros([...places.shape, C]);
  const winners = new Int32Array(y.data.length).fill(-1);
  places.visit((place, pixel) => {
    for (let c = 0; c < C; c++) {
      const yi = place * C + c;
      const xi = pixel * C + c;
      if (winners[yi] >= 0 && x.data[xi] <= y.data[yi]) continue;
      y.data[yi] = x.data[xi];
      winners[yi] = xi;
    }
  });
  return {
    y,
    pullback(dy) {
      const dx = zeros(x.shape);
      winners.forEach((xi, yi) => dx.data[xi] += dy.data[yi]);
      return { x: dx };
    },
  };
}

/** `y = mean x` over the window's cells inside the picture: padding is not counted. */
export function averagePool2d(x: Array64, options: WindowOptions): Reference<"x"> {
  const [N, H, W, C] = x.shape;
  const places = windows([N, H, W], options);
  const y = zeros([...places.shape, C]);
  const cells = new Int32Array(y.data.length / C);
  places.visit((place) => cells[place]++);
  places.visit((place, pixel) => {
    for (let c = 0; c < C; c++) y.data[place * C + c] += x.data[pixel * C + c] / cells[place];
  });
  return {
    y,
    pullback(dy) {
      const dx = zeros(x.shape);
      places.visit((place, pixel) => {
        for (let c = 0; c < C; c++) dx.data[pixel * C + c] += dy.data[place * C + c] / cells[place];
      });
      return { x: dx };
    },
  };
}

/** The mean of each channel over its picture. */
export function globalAveragePool2d(x: Array64): Reference<"x"> {
  const [N, H, W, C] = x.shape;
  const y = zeros([N, C]);
  const channelOf = (i: number) => Math.floor(i / (H * W * C)) * C + i % C;
  x.data.forEach((value, i) => y.data[channelOf(i)] += value / (H * W));
  return {
    y,
    pullback: (dy) => ({ x: map(x, (_, i) => dy.data[channelOf(i)] / (H * W)) }),
  };
}
