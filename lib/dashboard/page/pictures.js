// Pictures of a run: what the network sees, and the filters of its first convolution.

import { element, find, setText } from "./dom.js";
import { formatCount } from "./format.js";
import { wordsOf } from "./texts.js";

/**
 * @typedef {import("./runs.js").Run} Run
 * @typedef {import("./runs.js").Moment} Moment
 */

const slider = find("#moment"), told = find("#moment-step");
/** Whether the newest pictures are shown, also when newer ones come. */
let newest = true;
/** @type {Run | undefined} */
let current;
let wanted = "";

slider.addEventListener("input", () => {
  newest = slider.value === slider.max;
  if (current) showPictures(current);
});

/** Pictures that are shown at a time, at most: many more would hold up the page. */
const mostPictures = 100;

/** The address of an image of a run. @param {Run} run @param {"train" | "eval"} log @param {string} tag @param {Moment} moment */
export function imageAddress(run, log, tag, { step, time }) {
  return address("image", run, log, tag, { step, time });
}

/** @param {Run} run */
export function showPictures(run) {
  if (current?.id !== run.id) newest = true;
  current = run;
  const { images } = run.train;
  const tags = [...images.keys()];
  const seen = tags.filter((tag) => tag.startsWith("images/image/"));
  const filters = tags.filter((tag) => tag.endsWith("/filters"));
  const moments = images.get(seen[0] ?? filters[0]) ?? [];
  slider.max = Math.max(0, moments.length - 1);
  slider.disabled = moments.length < 2;
  if (newest) slider.value = slider.max;
  const moment = moments[Number(slider.value)];
  setText(told, moment ? `step ${formatCount(moment.step)}` : "–");
  slider.setAttribute("aria-valuetext", told.textContent);
  show("#images .pictures", run, seen, moment);
  show("#filters .pictures", run, filters, moment);
  setText(find("#filters .of"), filters.map((tag) => tag.replace(/\/filters$/, "")).join(", "));
  if (moment) showLabels(run, moment);
}

/** @param {string} selector @param {Run} run @param {readonly string[]} all tags @param {Moment} [moment] */
function show(selector, run, all, moment) {
  const host = find(selector);
  if (!moment || all.length === 0) return host.replaceChildren("Nothing yet");
  const tags = all.slice(0, mostPictures);
  if (host.querySelectorAll("figure").length !== tags.length) {
    const figure = () => element("figure", {}, element("img", { alt: "" }), element("figcaption"));
    host.replaceChildren(...tags.map(figure), element("p", { class: "hint" }));
    wanted = "";
  }
  host.lastChild.hidden = all.length === tags.length;
  setText(host.lastChild, `${formatCount(tags.length)} of ${formatCount(all.length)} are shown.`);
  tags.forEach((tag, n) => {
    const [image] = host.children[n].children;
    const source = imageAddress(run, "train", tag, moment);
    if (image.getAttribute("src") === source) return;
    image.src = source;
    image.alt = tag;
  });
}

/** Names the pictures that are shown by their classes. @param {Run} run @param {Moment} moment */
async function showLabels(run, moment) {
  const tag = "images/labels", known = run.train.texts.get(tag);
  const asked = known ? address("text", run, "train", tag, moment) : "";
  if (asked === wanted) return;
  wanted = asked;
  const isNewest = known?.step === moment.step && known.time === moment.time;
  const text = isNewest
    ? known.value
    : asked && await fetch(asked).then((response) => response.text(), () => "");
  // Another moment may have been chosen meanwhile.
  if (asked !== wanted) return;
  const labels = wordsOf(text);
  find("#images .pictures").querySelectorAll("figure").forEach((
    /** @type {HTMLElement} */ figure,
    /** @type {number} */ n,
  ) => {
    const [image, caption] = figure.children;
    if (labels[n]) /** @type {HTMLImageElement} */ (image).alt = labels[n];
    setText(caption, labels[n] ?? "");
  });
}

/** @param {string} what @param {Run} run @param {string} log @param {string} tag @param {Moment} moment */
function address(what, run, log, tag, { step, time }) {
  const parts = { run: run.id, log, tag, step, time };
  const words = Object.entries(parts).map(([name, value]) => [name, String(value)]);
  return `/${what}?${new URLSearchParams(words)}`;
}
