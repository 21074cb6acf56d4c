// The part of the horizontal axis that all charts show, and the place that all of them point at.

/** What a key press or a button moves by, as a part of what is shown. */
export const panStep = 0.25;

/** Points that are at least between the ends of what is shown. */
const leastPoints = 4;

/** The range that is shown: all of it, or a part, which may stay at the newest end as that moves. */
export class AxisRange {
  #whole = { min: 0, max: 1 };
  /** @type {{ min: number, max: number } | undefined} */
  #part;
  #least = 1;
  #follows = false;
  /** @type {number | undefined} */
  #pointed;
  /** @type {Set<() => void>} */
  #onShown = new Set();
  /** @type {Set<(by: unknown) => void>} */
  #onPointed = new Set();

  /** What is shown. */
  get shown() {
    return this.#part ?? this.#whole;
  }

  /** Whether that is a part only. */
  get isPart() {
    return this.#part !== undefined;
  }

  /** Whether the part moves on as points come. */
  get follows() {
    return this.isPart && this.#follows;
  }

  /** Where a chart is pointed at. */
  get pointed() {
    return this.#pointed;
  }

  /** @param {() => void} told when another range is shown */
  watchShown(told) {
    this.#onShown.add(told);
  }

  /** @param {(by: unknown) => void} told when another place is pointed at, and by whom */
  watchPointed(told) {
    this.#onPointed.add(told);
  }

  /**
   * Says how far points reach.
   *
   * @param {{ min: number, max: number, spacing: number }} extent
   */
  setWhole({ min, max, spacing }) {
    const whole = { min, max: Math.max(max, min + (spacing || 1)) };
    const least = leastPoints * spacing || 1;
    const same = whole.min === this.#whole.min && whole.max === this.#whole.max;
    this.#least = least;
    if (same) return;
    const moved = whole.max - this.#whole.max;
    this.#whole = whole;
    if (this.#part && this.#follows) {
      this.#part = { min: this.#part.min + moved, max: this.#part.max + moved };
    }
    if (this.#part) this.select(this.#part);
    else this.#tell();
  }

  /** Shows a part, as far as there is one. @param {{ min: number, max: number }} part */
  select({ min, max }) {
    const { min: first, max: last } = this.#whole;
    const width = Math.max(max - min, this.#least);
    if (width >= last - first) return this.all();
    const from = Math.min(Math.max((min + max - width) / 2, first), last - width);
    this.#part = { min: from, max: from + width };
    this.#follows = from + width >= last - 1e-9 * (last - first);
    this.#tell();
  }

  /** @param {number} factor of the width @param {number} [at] the place that stays where it is */
  zoom(factor, at) {
    const { min, max } = this.shown;
    // What follows the newest end goes on to.
    const fixed = at ?? (this.follows ? max : (min + max) / 2);
    this.select({ min: fixed - (fixed - min) * factor, max: fixed + (max - fixed) * factor });
  }

  /** @param {number} share of the width; below 0 for what was before */
  pan(share) {
    if (!this.#part) return;
    const { min, max } = this.#part, by = share * (max - min);
    this.select({ min: min + by, max: max + by });
  }

  /** Shows all. */
  all() {
    this.#part = undefined;
    this.#follows = false;
    this.#tell();
  }

  /** Shows the newest part, and goes on to. */
  newest() {
    const { max: last, min: first } = this.#whole;
    const { min, max } = this.#part ?? { min: last - (last - first) / 4, max: last };
    this.select({ min: last - (max - min), max: last });
  }

  /** Shows the oldest part. */
  oldest() {
    if (!this.#part) return;
    const { min, max } = this.#part;
    this.select({ min: this.#whole.min, max: this.#whole.min + max - min });
  }

  /** Points at a place, or nowhere; what shows a part shows that place. @param {number | undefined} x @param {unknown} by */
  point(x, by) {
    if (x === this.#pointed) return;
    this.#pointed = x;
    for (const told of this.#onPointed) told(by);
  }

  /** Moves a part so that it holds a place. @param {number} x */
  reveal(x) {
    const { min, max } = this.shown;
    if (x < min) this.select({ min: x, max: x + max - min });
    if (x > max) this.select({ min: x - (max - min), max: x });
  }

  #tell() {
    for (const told of this.#onShown) told();
  }
}
