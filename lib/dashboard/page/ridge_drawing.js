// Draws histograms one behind the other, the newest in front.

import { cssValue, seriesColor } from "./dom.js";
import { formatCount, formatValue } from "./format.js";

/**
 * @typedef {{ min: number, max: number, extremes: [number, number], steps: number[], rows: number[][],
 *   zeros: number[], outside: [number, number][] }} Ridge
 */

/** Room above the first row for its heights, for words, and for zeros where there are any. */
const top = 64, bottom = 30, right = 62, left = 12, zerosWidth = 74, zerosGap = 18;

/** Where all lies. @param {HTMLCanvasElement} canvas @param {Ridge} ridge */
function layoutOf({ clientWidth, clientHeight }, { rows, zeros }) {
  const hasZeros = zeros.some((share) => share > 0);
  const from = left + (hasZeros ? zerosWidth + zerosGap : 0);
  const across = clientWidth - from - right, down = clientHeight - top - bottom;
  const last = Math.max(1, rows.length - 1);
  return {
    hasZeros,
    from,
    across,
    x: (/** @type {number} */ bin) => from + (bin + 0.5) / (rows[0]?.length ?? 1) * across,
    base: (/** @type {number} */ row) => top + (rows.length === 1 ? 1 : row / last) * down,
  };
}

/** The row and the bin at a point. @param {HTMLCanvasElement} canvas @param {Ridge} ridge @param {{ x: number, y: number }} point */
export function placeIn(canvas, ridge, { x, y }) {
  const { from, across, base } = layoutOf(canvas, ridge), rows = ridge.rows.length;
  if (rows === 0) return undefined;
  const bins = ridge.rows[0].length, bin = Math.floor((x - from) / across * bins);
  if (bin < 0 || bin >= bins) return undefined;
  const nearest = Math.round((y - base(0)) / Math.max(1, base(rows - 1) - base(0)) * (rows - 1));
  return { row: Math.min(rows - 1, Math.max(0, nearest)), bin };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {(Ridge & { color: number }) | undefined} ridge
 * @param {{ row: number, bin: number } | undefined} pointed
 */
export function drawRidge(canvas, ridge, pointed) {
  const scale = devicePixelRatio;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  paint.scale(scale, scale);
  if (!ridge || ridge.rows.length === 0) return;
  const layout = layoutOf(canvas, ridge);
  const colors = {
    line: seriesColor(ridge.color),
    card: cssValue("--card"),
    text: cssValue("--muted"),
  };
  paint.font = "12px system-ui, sans-serif";
  drawScale(paint, ridge, { ...layout, height, grid: cssValue("--line"), ...colors });
  const peak = Math.sqrt(Math.max(...ridge.rows.flat(), 1e-9));
  ridge.rows.forEach((row, r) => {
    const depth = r / Math.max(1, ridge.rows.length - 1), at = pointed?.row === r;
    drawRow(paint, row, {
      ...layout,
      y: layout.base(r),
      unit: (top - 8) / peak,
      depth,
      at,
      ...colors,
    });
  });
  drawSteps(paint, ridge, { ...layout, width, color: colors.text });
  if (layout.hasZeros) drawZeros(paint, ridge, { ...layout, height, pointed, ...colors });
  if (pointed) {
    const { row, bin } = pointed, y = layout.base(row);
    const [x, h] = [layout.x(bin), Math.sqrt(ridge.rows[row][bin]) * (top - 8) / peak];
    paint.fillStyle = cssValue("--text");
    paint.beginPath();
    paint.arc(x, y - h, 4, 0, 7);
    paint.fill();
  }
}

/** @param {CanvasRenderingContext2D} paint @param {readonly number[]} row @param {any} style */
function drawRow(paint, row, { x, y, unit, depth, at, line, card }) {
  paint.beginPath();
  paint.moveTo(x(-0.5), y);
  row.forEach((share, bin) => paint.lineTo(x(bin), y - Math.sqrt(share) * unit));
  paint.lineTo(x(row.length - 0.5), y);
  paint.globalAlpha = 0.82;
  paint.fillStyle = card;
  paint.fill();
  paint.globalAlpha = 0.12 + 0.2 * depth;
  paint.fillStyle = line;
  paint.fill();
  paint.globalAlpha = at ? 1 : 0.4 + 0.5 * depth;
  paint.lineWidth = at ? 2.5 : 1;
  paint.strokeStyle = line;
  paint.stroke();
  paint.globalAlpha = 1;
}

/** Values below, with lines up. @param {CanvasRenderingContext2D} paint @param {Ridge} ridge @param {any} layout */
function drawScale(paint, { min, max }, { from, across, height, grid, text }) {
  paint.textAlign = "center";
  paint.lineWidth = 1;
  for (const value of ticksOf(min, max, Math.max(2, Math.floor(across / 90)))) {
    const x = Math.round(from + (value - min) / (max - min) * across) + 0.5;
    paint.strokeStyle = grid;
    paint.beginPath();
    paint.moveTo(x, top - 8);
    paint.lineTo(x, height - bottom + 6);
    paint.stroke();
    paint.fillStyle = text;
    paint.fillText(formatValue(value), x, height - 8);
  }
}

/** Some steps at the right. @param {CanvasRenderingContext2D} paint @param {Ridge} ridge @param {any} layout */
function drawSteps(paint, { steps }, { base, width, color }) {
  paint.fillStyle = color;
  paint.textAlign = "left";
  paint.fillText("step", width - right + 8, top - 14);
  const last = steps.length - 1;
  const room = Math.max(1, Math.floor((base(last) - base(0)) / 34));
  const shown = Array.from({ length: room + 1 }, (_, i) => Math.round(last * i / room));
  for (const row of new Set(shown)) {
    paint.fillText(formatCount(steps[row]), width - right + 8, base(row) + 4);
  }
}

/** Shares of zeros as bars at the left. @param {CanvasRenderingContext2D} paint @param {Ridge} ridge @param {any} style */
function drawZeros(paint, { zeros }, { base, height, pointed, line, text }) {
  const thick = Math.max(1, Math.min(12, zeros.length > 1 ? base(1) - base(0) - 1 : 12));
  paint.fillStyle = line;
  zeros.forEach((share, row) => {
    paint.globalAlpha = pointed?.row === row ? 1 : 0.55;
    paint.fillRect(left, base(row) - thick, share * zerosWidth, thick);
  });
  paint.globalAlpha = 1;
  paint.fillStyle = text;
  paint.textAlign = "left";
  paint.fillText("zeros", left, top - 14);
  paint.fillText("0", left, height - 8);
  paint.textAlign = "right";
  paint.fillText("100%", left + zerosWidth, height - 8);
}

/** Round numbers between two, about so many. @param {number} min @param {number} max @param {number} count */
export function ticksOf(min, max, count) {
  const rough = (max - min) / count, size = 10 ** Math.floor(Math.log10(rough));
  const apart = [1, 2, 5, 10].map((n) => n * size).find((apart) => apart >= rough) ?? rough;
  const ticks = [];
  for (let n = Math.ceil(min / apart); n * apart <= max; n++) ticks.push(n * apart);
  return ticks;
}
