// Elements, made and found.

/**
 * An element with properties and children.
 *
 * @param {string} name
 * @param {Record<string, unknown>} [properties] `class`, `dataset`, `aria-…`, listeners and the like
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), /** @type {any} */ (value));
    else if (value !== undefined) made.setAttribute(key, String(value));
  }
  made.append(...children);
  return made;
}

/**
 * The element that a selector finds, which has to be there.
 *
 * @param {string} selector
 * @returns {any}
 */
export function find(selector) {
  const found = document.querySelector(selector);
  if (!found) throw new Error(`The page lacks ${selector}`);
  return found;
}

/**
 * Gives an element a text if it has another: what does not change is not touched.
 *
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Makes a table.
 *
 * @param {readonly string[]} head a column whose name begins with `#` has numbers
 * @param {readonly (readonly string[])[]} rows
 * @param {{ foot?: readonly string[], label: string }} options
 */
export function table(head, rows, { foot, label }) {
  const numeric = head.map((name) => name.startsWith("#"));
  const cell =
    (/** @type {string} */ kind) => (/** @type {string} */ text, /** @type {number} */ i) =>
      element(kind, { class: numeric[i] ? "number" : undefined }, text.replace(/^#/, ""));
  const row = (/** @type {readonly string[]} */ cells, kind = "td") =>
    element("tr", {}, ...cells.map(cell(kind)));
  return element(
    "table",
    { class: "data", "aria-label": label },
    element("thead", {}, row(head, "th")),
    element("tbody", {}, ...rows.map((cells) => row(cells))),
    ...(foot ? [element("tfoot", {}, row(foot))] : []),
  );
}

/**
 * The colour of a series, as the style sheet has it now.
 *
 * @param {number} index
 */
export function seriesColor(index) {
  return cssValue(`--series-${index % 8}`);
}

/** @param {string} name */
export function cssValue(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
