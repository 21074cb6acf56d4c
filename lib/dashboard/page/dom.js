// Elements, made and found.

/**
 * An element with properties and children.
 *
 * @param {string} name
 * @param {Record<string, unknown>} [properties] `class`, `aria-…`, listeners and the like
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
 * Gives a `<select>` options if it has others, and keeps what is chosen where it is still there.
 *
 * @param {HTMLSelectElement} select
 * @param {readonly { value: string, text: string }[]} options
 */
export function setOptions(select, options) {
  const key = JSON.stringify(options);
  if (select.dataset.options === key) return;
  select.dataset.options = key;
  const before = select.value;
  select.replaceChildren(...options.map(({ value, text }) => element("option", { value }, text)));
  if (options.some(({ value }) => value === before)) select.value = before;
}

/**
 * Shows with a shade at its edges where an element that scrolls goes on; keyboards reach it as soon as it
 * does.
 *
 * @param {HTMLElement} host
 */
export function hintScroll(host) {
  const look = () => {
    const { scrollLeft, scrollTop, scrollWidth, scrollHeight, clientWidth, clientHeight } = host;
    const scrolls = scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1;
    host.toggleAttribute("data-more-left", scrollLeft > 1);
    host.toggleAttribute("data-more-right", scrollLeft + clientWidth < scrollWidth - 1);
    host.toggleAttribute("data-more-above", scrollTop > 1);
    host.toggleAttribute("data-more-below", scrollTop + clientHeight < scrollHeight - 1);
    if (scrolls) host.tabIndex = 0;
    else host.removeAttribute("tabindex");
  };
  host.addEventListener("scroll", look, { passive: true });
  new ResizeObserver(look).observe(host);
  new MutationObserver(look).observe(host, { childList: true, subtree: true });
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
