/**
 * Draws small pictures of shapes.
 *
 * @module
 */

import type { Rng } from "../rng.ts";

/**
 * How far a point is outside a shape (inside: negative), with the shape about as large as the unit
 * circle. Exact near the outline, where it decides how much of a pixel is covered.
 */
export type Distance = (x: number, y: number) => number;

const { abs, cos, max, min, sin, sqrt } = Math;

/** The length of a vector; `Math.hypot` guards against overflow and is several times slower. */
const length = (x: number, y: number) => sqrt(x * x + y * y);

/** The distance from a box around the origin. */
const box = (x: number, y: number, width: number, height = width) =>
  max(abs(x) - width, abs(y) - height);

/** The directions that point from the middle of a regular triangle to its sides. */
const triangleSide = { x: cos(Math.PI / 6), y: sin(Math.PI / 6) };

/** Mirrors that fold a five-pointed star onto half of one point. */
const mirror = { x: cos(Math.PI / 5), y: sin(Math.PI / 5) };

/** The corner between two points of the star, and the normal of the edge from there to the tip. */
const corner = { x: 0.45 * mirror.y, y: 0.45 * mirror.x };
const edge = length(corner.x, 1 - corner.y);
const edgeNormal = { x: (1 - corner.y) / edge, y: corner.x / edge };

function star(x: number, y: number): number {
  x = abs(x);
  let past = 2 * max(mirror.x * x - mirror.y * y, 0);
  x -= past * mirror.x;
  y += past * mirror.y;
  past = 2 * max(-mirror.x * x - mirror.y * y, 0);
  x = abs(x + past * mirror.x);
  y += past * mirror.y;
  return x * edgeNormal.x + (y - 1) * edgeNormal.y;
}

function checker(x: number, y: number): number {
  const a = abs(x) - 0.31, b = abs(y) - 0.31; // the middle and the corner cells have equal signs
  const toLine = min(abs(a), abs(b));
  return max(box(x, y, 0.93), a * b > 0 ? -toLine : toLine);
}

/** The shapes by name. */
export const distances: Readonly<Record<string, Distance>> = {
  disc: (x, y) => length(x, y) - 0.95,
  ring: (x, y) => abs(length(x, y) - 0.78) - 0.2,
  square: (x, y) => box(x, y, 0.82),
  frame: (x, y) => abs(box(x, y, 0.7)) - 0.18,
  triangle: (x, y) => max(abs(x) * triangleSide.x + y * triangleSide.y, -y) - 0.55,
  cross: (x, y) => min(box(x, y, 1, 0.28), box(x, y, 0.28, 1)),
  star,
  stripes: (x, y) => max(abs(y) - 0.95, min(abs(x), abs(abs(x) - 0.74)) - 0.2),
  checker,
  crescent: (x, y) => max(length(x, y) - 1, 0.78 - length(x - 0.5, y)),
};

/** What {@linkcode drawShape} draws. */
export interface Drawing {
  /** The shape. */
  readonly distance: Distance;
  /** Chooses everything else. */
  readonly rng: Rng;
  /** Rows and columns of the picture. */
  readonly size: number;
}

type Colour = readonly [red: number, green: number, blue: number];

/**
 * Draws one shape, with smooth edges, over the whole of `image`: three planes of `size` × `size`
 * values, red first.
 */
export function drawShape(image: Uint8ClampedArray, drawing: Drawing): void {
  const { distance, rng, size } = drawing;
  const between = (low: number, high: number) => low + (high - low) * rng.float();
  const colour = (): Colour => [between(20, 235), between(20, 235), between(20, 235)];

  const middle = (size - 1) / 2;
  const centreX = middle + between(-2, 2), centreY = middle + between(-2, 2);
  const radius = between(7.5, 10), turn = between(-0.3, 0.3);
  const alongX = cos(turn) / radius, alongY = sin(turn) / radius;
  let ground = colour(), paint = colour();
  while (abs(brightness(ground) - brightness(paint)) < 80) [ground, paint] = [colour(), colour()];
  const slopeX = between(-1.5, 1.5), slopeY = between(-1.5, 1.5);
  const wave = () => {
    const frequency = between(0, 0.6), phase = between(0, 2 * Math.PI);
    return Float64Array.from({ length: size }, (_, i) => sin(frequency * i + phase));
  };
  const waveX = wave(), waveY = wave(), swell = between(0, 15), noise = between(0, 15) / 1023;

  const plane = size * size;
  for (let i = 0; i < plane; i++) {
    const column = i % size, row = (i - column) / size;
    const x = column - centreX, y = centreY - row;
    const outside = radius * distance(alongX * x + alongY * y, alongX * y - alongY * x);
    const cover = min(1, max(0, 0.5 - outside)); // of the pixel, as if the edge were straight
    const shade = slopeX * x + slopeY * y + swell * waveX[column] * waveY[row];
    const grain = rng.uint32(); // ten bits for each channel
    for (let channel = 0; channel < 3; channel++) {
      const behind = ground[channel] + shade;
      const grey = (grain >>> 10 * channel & 1023) * 2 - 1023;
      image[channel * plane + i] = behind + cover * (paint[channel] - behind) + noise * grey;
    }
  }
}

function brightness([red, green, blue]: Colour): number {
  return (red + green + blue) / 3;
}
