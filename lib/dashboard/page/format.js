// Numbers as people read them.

/** @param {number | null | undefined} value */
export function formatValue(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 1e6 || size < 1e-4) return value.toExponential(2);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(4)));
}

/** @param {number | null | undefined} value */
export function formatPrecision(value) {
  return typeof value === "number" ? value.toFixed(3) : "–";
}

/** @param {number} value */
export function formatCount(value) {
  return value.toLocaleString("en");
}

/** A large number in little room: `14.7 M`. @param {number} value */
export function formatCompact(value) {
  const units =
    /** @type {[number, string][]} */ ([[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]);
  const [size, unit] = units.find(([size]) => value >= size && value >= 10_000) ?? [1, ""];
  return unit ? `${Number((value / size).toPrecision(3))} ${unit}` : formatCount(value);
}

/** A share as a percentage. @param {number} share */
export function formatShare(share) {
  const percent = 100 * share;
  return `${percent > 0 && percent < 1 ? percent.toPrecision(1) : Math.round(percent)}%`;
}

/** @param {number} seconds */
export function formatDuration(seconds) {
  if (!Number.isFinite(seconds)) return "?";
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h`;
}

/** A time on an axis, as exact as its ticks are apart. @param {number} seconds @param {number} apart */
export function formatTime(seconds, apart) {
  const sign = seconds < 0 ? "−" : "", s = Math.abs(seconds);
  if (apart < 60) {
    const rest = Number((s % 60).toFixed(apart < 1 ? 1 : 0));
    return s < 60 ? `${sign}${rest} s` : `${sign}${Math.floor(s / 60)} min ${rest} s`;
  }
  if (apart < 3600) {
    const minutes = Math.round(s / 60) % 60, hours = Math.floor(Math.round(s / 60) / 60);
    return hours > 0 ? `${sign}${hours} h ${minutes} min` : `${sign}${minutes} min`;
  }
  return `${sign}${Number((s / 3600).toFixed(1))} h`;
}

/** @param {readonly number[]} shape */
export function formatShape(shape) {
  return shape.join("×");
}
