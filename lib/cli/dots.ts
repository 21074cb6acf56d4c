/**
 * Dots on a grid of characters.
 *
 * @module
 */

/** How the dots of one character become that character. */
interface DotFont {
  /** The bit of each dot, by row, then by column. */
  readonly bits: readonly (readonly number[])[];
  /** The character of a sum of bits. */
  letter(bits: number): string;
}

/** Two dots by four; source: https://www.unicode.org/charts/PDF/U2800.pdf */
const braille: DotFont = {
  bits: [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]],
  letter: (bits) => bits === 0 ? " " : String.fromCodePoint(0x2800 + bits),
};

/** One dot by two. */
const ascii: DotFont = { bits: [[1], [2]], letter: (bits) => " '.:"[bits] };

/** Sizes of a canvas. */
export interface DotCanvasOptions {
  /** Characters across. */
  readonly columns: number;
  /** Lines. */
  readonly rows: number;
  /** Whether to do without letters beyond ASCII. Default: no. */
  readonly ascii?: boolean;
}

/** Characters whose dots are set one by one; each character has the owner of its last dot. */
export class DotCanvas {
  /** Dots across. */
  readonly width: number;
  /** Dots down. */
  readonly height: number;
  readonly #font: DotFont;
  readonly #columns: number;
  readonly #bits: Uint8Array;
  readonly #owners: Uint8Array;

  /** An empty canvas. */
  constructor(options: DotCanvasOptions) {
    const { columns, rows } = options;
    this.#font = options.ascii ? ascii : braille;
    this.#columns = columns;
    this.width = columns * this.#font.bits[0].length;
    this.height = rows * this.#font.bits.length;
    this.#bits = new Uint8Array(columns * rows);
    this.#owners = new Uint8Array(columns * rows);
  }

  /** Sets the dots from one to another, both as `[x, y]` from the upper left; `owner` is a number below 256. */
  line(
    [x0, y0]: readonly [number, number],
    [x1, y1]: readonly [number, number],
    owner: number,
  ): void {
    const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
    for (let i = 0; i <= steps; i++) {
      const [x, y] = [x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps].map(Math.round);
      this.#set(x, y, owner);
    }
  }

  /** The lines, the characters of each owner painted by `paint`. */
  lines(paint: (text: string, owner: number) => string): string[] {
    const lines: string[] = [];
    for (let start = 0; start < this.#bits.length; start += this.#columns) {
      let line = "";
      for (let cell = start; cell < start + this.#columns;) {
        const owner = this.#owners[cell];
        let run = "";
        for (; cell < start + this.#columns && this.#owners[cell] === owner; cell++) {
          run += this.#font.letter(this.#bits[cell]);
        }
        line += run.trim() === "" ? run : paint(run, owner);
      }
      lines.push(line.trimEnd());
    }
    return lines;
  }

  #set(x: number, y: number, owner: number): void {
    const { bits } = this.#font;
    const [down, across] = [bits.length, bits[0].length];
    const cell = Math.floor(y / down) * this.#columns + Math.floor(x / across);
    this.#bits[cell] |= bits[y % down][x % across];
    this.#owners[cell] = owner;
  }
}
