// The stream of messages, and what is said of it.

import { element, find } from "./dom.js";

const place = find("#connection");

/** Milliseconds after which a stream that was refused is asked for again. */
const patience = 3000;

/** Which dashboard this is of those that were at this address. */
let dashboard = "";
/** What it said at its end: the command that shows all this again, if that can be. @type {{ again?: string } | undefined} */
let bye;

/** Tells the other pages of this address that one has begun to listen. */
const pages = new BroadcastChannel("tower");

/** A browser has six connections for all pages of one address; one is left for what pages load. */
const mostOthers = 4;

/**
 * Listens, and goes on to. A page that nobody sees leaves its connection to others when four of them have begun to
 * listen since, and is told all that there is when it is seen again.
 *
 * @param {(message: any) => void} take
 */
export function listen(take) {
  /** @type {EventSource | undefined} */
  let source;
  let others = 0;
  const open = () => {
    others = 0;
    if (source) return;
    pages.postMessage("listening");
    const opened = source = new EventSource("/events");
    opened.addEventListener("message", ({ data }) => {
      const message = JSON.parse(data);
      if (message.dashboard) greet(message.dashboard);
      else if (message.bye) bye = message.bye;
      else take(message);
    });
    opened.addEventListener("error", () => {
      if (bye?.again) {
        const command = element("code", {}, bye.again);
        tell("ended", "The dashboard has ended. To see this again: ", command);
      } else if (bye) tell("ended", "The dashboard has ended, and nothing of the run is kept.");
      else tell("lost", "The dashboard has ended or cannot be reached; trying again…");
      if (opened.readyState !== EventSource.CLOSED) return;
      close();
      setTimeout(open, patience);
    });
  };
  const close = () => {
    source?.close();
    source = undefined;
  };
  pages.addEventListener("message", () => {
    if (document.hidden && ++others >= mostOthers) close();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) open();
  });
  open();
}

/** @param {string} id */
function greet(id) {
  // Another dashboard may have other runs under the same numbers, and another page.
  if (dashboard && id !== dashboard) return location.reload();
  dashboard = id;
  bye = undefined;
  tell("live", "Live");
}

/** @param {"live" | "lost" | "ended"} state @param {...(string | Node)} words */
function tell(state, ...words) {
  place.dataset.state = state;
  place.replaceChildren(...words);
}
