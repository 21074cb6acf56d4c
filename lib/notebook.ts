/**
 * Models and curves as notebooks show them: whatever has a method under `Jupyter.display` is shown by Deno's
 * kernel as it says.
 *
 * Source: https://docs.deno.com/runtime/reference/cli/jupyter/
 *
 * @module
 */

/** Forms of one thing by their media types. */
export type Display = Readonly<Record<string, string>>;

/** What a notebook shows in a form of its own. */
export interface Displayed {
  /** Its forms, under `Symbol.for("Jupyter.display")`. */
  readonly [display: symbol]: () => Display;
}

/** The name of the method that a notebook calls. */
export const displayName: symbol = Symbol.for("Jupyter.display");

/** A row of a model's table. */
export interface TableRow {
  /** The layer's name. */
  readonly name: string;
  /** The operation. */
  readonly kind: string;
  /** The shape of its output, batch axis first. */
  readonly outputShape: readonly number[];
  /** The number of its parameters. */
  readonly parameters: number;
  /** Multiply-adds for one example. */
  readonly multiplyAdds: number;
}

/** A model's table as HTML, and as text. */
export function displayModel(rows: readonly TableRow[], input: readonly number[]): Display {
  const number = (value: number) => value.toLocaleString("en");
  const sum = (of: (row: TableRow) => number) =>
    number(rows.reduce((total, row) => total + of(row), 0));
  const cells = [
    ["layer", "kind", "output", "parameters", "multiply-adds"],
    ["input", "", input.join("×"), "", ""],
    ...rows.map(({ name, kind, outputShape, parameters, multiplyAdds }) => [
      name,
      kind.replaceAll("_", " "),
      outputShape.slice(1).join("×"),
      number(parameters),
      number(multiplyAdds),
    ]),
    ["total", "", "", sum((row) => row.parameters), sum((row) => row.multiplyAdds)],
  ];
  const html = cells.map((row, r) => {
    const cell = r === 0 ? "th" : "td";
    return `<tr>${row.map((text) => `<${cell}>${escaped(text)}</${cell}>`).join("")}</tr>`;
  });
  return {
    "text/html": `<table>${html.join("")}</table>`,
    "text/plain": cells.map((row) => row.join("\t")).join("\n"),
  };
}

/** Points of a curve. */
export interface Curve {
  /** Where. */
  readonly steps: readonly number[];
  /** What; what is not finite is left out. */
  readonly values: readonly number[];
}

const width = 640;
const margin = { left: 64, right: 16, top: 16, bottom: 44 };
/** How high the curves are, and how far names are apart: as many stand in a line as fit. */
const down = 220, nameWidth = 150, nameHeight = 16;
const colors = ["#2457c5", "#b4481a", "#14713d", "#8a3ba8", "#9a6a00", "#0b7285"];

/**
 * Curves over steps, as an SVG picture that a notebook shows.
 *
 * @example
 * ```ts
 * import { chartOf } from "@tower/nn";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const chart = chartOf({ loss: { steps: [0, 10, 20], values: [4.6, 4.1, 3.9] } });
 * assertStringIncludes(chart.svg, "loss");
 * ```
 */
export function chartOf(
  curves: Readonly<Record<string, Curve>>,
): Displayed & { readonly svg: string } {
  const svg = drawn(curves);
  return { svg, [displayName]: () => ({ "image/svg+xml": svg }) };
}

function drawn(curves: Readonly<Record<string, Curve>>): string {
  const points = Object.entries(curves).map(([name, { steps, values }]) => ({
    name,
    points: steps.map((step, i) => [step, values[i]]).filter(([, value]) => Number.isFinite(value)),
  }));
  const all = points.flatMap(({ points }) => points);
  const [left, right] = rangeOf(all.map(([step]) => step));
  const [low, high] = rangeOf(all.map(([, value]) => value));
  const across = width - margin.left - margin.right;
  const x = (step: number) => (margin.left + (step - left) / (right - left) * across).toFixed(1);
  const y = (value: number) => (margin.top + (high - value) / (high - low) * down).toFixed(1);
  const text = (at: string, anchor: string, words: string, color = "currentColor") =>
    `<text ${at} text-anchor="${anchor}" fill="${color}">${escaped(words)}</text>`;
  const lines = points.map(({ points }, i) => {
    const color = colors[i % colors.length], [first] = points;
    // A line from a point to itself is not drawn.
    if (points.length === 1) {
      return `<circle cx="${x(first[0])}" cy="${y(first[1])}" r="3" fill="${color}"/>`;
    }
    const places = points.map(([step, value]) => `${x(step)},${y(value)}`).join(" ");
    return `<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${places}"/>`;
  });
  const bottom = margin.top + down, inLine = Math.floor(across / nameWidth);
  const names = points.map(({ name }, i) => {
    const left = margin.left + 8 + i % inLine * nameWidth;
    const top = bottom + margin.bottom - 8 + Math.floor(i / inLine) * nameHeight;
    return text(`x="${left}" y="${top}"`, "start", name, colors[i % colors.length]);
  });
  const lineCount = Math.max(1, Math.ceil(points.length / inLine));
  const height = bottom + margin.bottom + (lineCount - 1) * nameHeight;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `font-family="sans-serif" font-size="12">` +
    `<path d="M${margin.left} ${margin.top}V${bottom}H${width - margin.right}" fill="none" ` +
    `stroke="currentColor"/>` +
    text(`x="${margin.left - 6}" y="${margin.top + 8}"`, "end", short(high)) +
    text(`x="${margin.left - 6}" y="${bottom}"`, "end", short(low)) +
    text(`x="${margin.left}" y="${bottom + 16}"`, "start", short(left)) +
    text(`x="${width - margin.right}" y="${bottom + 16}"`, "end", short(right)) +
    `${lines.join("")}${names.join("")}</svg>`;
}

/** The least and the greatest, a little apart if they are one. */
function rangeOf(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const low = values.reduce((a, b) => Math.min(a, b)),
    high = values.reduce((a, b) => Math.max(a, b));
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
