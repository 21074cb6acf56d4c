/**
 * The files of the page; nothing else is served.
 *
 * @module
 */
import plot from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import plotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import axisRange from "./page/axis_range.js" with { type: "text" };
import chart from "./page/chart.js" with { type: "text" };
import chartDrawing from "./page/chart_drawing.js" with { type: "text" };
import chartKeys from "./page/chart_keys.js" with { type: "text" };
import chartTouch from "./page/chart_touch.js" with { type: "text" };
import confusion from "./page/confusion.js" with { type: "text" };
import connection from "./page/connection.js" with { type: "text" };
import curves from "./page/curves.js" with { type: "text" };
import dom from "./page/dom.js" with { type: "text" };
import format from "./page/format.js" with { type: "text" };
import heatMap from "./page/heat_map.js" with { type: "text" };
import icon from "./page/icon.svg" with { type: "text" };
import page from "./page/index.html" with { type: "text" };
import legend from "./page/legend.js" with { type: "text" };
import main from "./page/main.js" with { type: "text" };
import matrix from "./page/matrix.js" with { type: "text" };
import overview from "./page/overview.js" with { type: "text" };
import pairs from "./page/pairs.js" with { type: "text" };
import panelStyle from "./page/panels.css" with { type: "text" };
import pictures from "./page/pictures.js" with { type: "text" };
import problems from "./page/problems.js" with { type: "text" };
import rangeBar from "./page/range_bar.js" with { type: "text" };
import ridge from "./page/ridge.js" with { type: "text" };
import ridgeDrawing from "./page/ridge_drawing.js" with { type: "text" };
import runs from "./page/runs.js" with { type: "text" };
import standing from "./page/standing.js" with { type: "text" };
import style from "./page/style.css" with { type: "text" };
import tables from "./page/tables.js" with { type: "text" };
import texts from "./page/texts.js" with { type: "text" };

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
  ["/panels.css", styleSheet(panelStyle)],
  ["/uplot.css", styleSheet(plotStyle)],
  ["/uplot.js", script(plot)],
  ["/axis_range.js", script(axisRange)],
  ["/chart.js", script(chart)],
  ["/chart_drawing.js", script(chartDrawing)],
  ["/chart_keys.js", script(chartKeys)],
  ["/chart_touch.js", script(chartTouch)],
  ["/confusion.js", script(confusion)],
  ["/connection.js", script(connection)],
  ["/curves.js", script(curves)],
  ["/dom.js", script(dom)],
  ["/format.js", script(format)],
  ["/heat_map.js", script(heatMap)],
  ["/legend.js", script(legend)],
  ["/main.js", script(main)],
  ["/matrix.js", script(matrix)],
  ["/overview.js", script(overview)],
  ["/pairs.js", script(pairs)],
  ["/pictures.js", script(pictures)],
  ["/problems.js", script(problems)],
  ["/range_bar.js", script(rangeBar)],
  ["/ridge.js", script(ridge)],
  ["/ridge_drawing.js", script(ridgeDrawing)],
  ["/runs.js", script(runs)],
  ["/standing.js", script(standing)],
  ["/tables.js", script(tables)],
  ["/texts.js", script(texts)],
]);
