// What fingers do in a chart: one moves a part along, or points where all is shown; two zoom.

/**
 * @param {HTMLElement} over
 * @param {import("./axis_range.js").AxisRange} range
 * @param {{ valueAt: (left: number) => number, pointAt: (left: number) => void }} chart what is at so many
 *   pixels from the left, and pointing there
 */
export function listenForTouches(over, range, { valueAt, pointAt }) {
  /** The fingers that are down, and where. @type {Map<number, number>} */
  const fingers = new Map();
  const leftOf = (/** @type {PointerEvent} */ event) =>
    event.clientX - over.getBoundingClientRect().left;

  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse") return;
    fingers.set(event.pointerId, leftOf(event));
    over.setPointerCapture(event.pointerId);
  });
  over.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (before === undefined) return;
    const now = leftOf(event), other = otherThan(event.pointerId);
    fingers.set(event.pointerId, now);
    if (other !== undefined) {
      const apart = Math.max(8, Math.abs(now - other));
      range.zoom(Math.abs(before - other) / apart, valueAt((now + other) / 2));
    } else if (range.isPart) {
      const { min, max } = range.shown, by = valueAt(before) - valueAt(now);
      range.select({ min: min + by, max: max + by });
    } else pointAt(now);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    over.addEventListener(end, (event) => {
      fingers.delete(/** @type {PointerEvent} */ (event).pointerId);
    });
  }

  /** @param {number} id */
  function otherThan(id) {
    for (const [other, left] of fingers) if (other !== id) return left;
    return undefined;
  }
}
