/**
 * The files of the page; nothing else is served.
 *
 * @module
 */
import plot from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import plotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import charts from "./page/charts.js" with { type: "text" };
import confusion from "./page/confusion.js" with { type: "text" };
import details from "./page/details.js" with { type: "text" };
import dom from "./page/dom.js" with { type: "text" };
import format from "./page/format.js" with { type: "text" };
import icon from "./page/icon.svg" with { type: "text" };
import page from "./page/index.html" with { type: "text" };
import main from "./page/main.js" with { type: "text" };
import overview from "./page/overview.js" with { type: "text" };
import ridge from "./page/ridge.js" with { type: "text" };
import runs from "./page/runs.js" with { type: "text" };
import style from "./page/style.css" with { type: "text" };

/** A file that is served. */
export interface Asset {
  /** Its media type. */
  readonly type: string;
  /** Its content. */
  readonly text: string;
}

const script = (text: string): Asset => ({ type: "text/javascript; charset=utf-8", text });
const styleSheet = (text: string): Asset => ({ type: "text/css; charset=utf-8", text });

/** The files by path. */
export const assets: ReadonlyMap<string, Asset> = new Map([
  ["/", { type: "text/html; charset=utf-8", text: page }],
  ["/icon.svg", { type: "image/svg+xml", text: icon }],
  ["/style.css", styleSheet(style)],
  ["/uplot.css", styleSheet(plotStyle)],
  ["/uplot.js", script(plot)],
  ["/main.js", script(main)],
  ["/runs.js", script(runs)],
  ["/overview.js", script(overview)],
  ["/charts.js", script(charts)],
  ["/details.js", script(details)],
  ["/confusion.js", script(confusion)],
  ["/ridge.js", script(ridge)],
  ["/dom.js", script(dom)],
  ["/format.js", script(format)],
]);
