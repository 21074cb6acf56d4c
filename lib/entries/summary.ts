/**
 * Event files as TensorBoard reads them: written, read, and made of pictures, histograms and graphs; curves
 * for notebooks.
 *
 * @module
 */

export { chartOf, type Curve, type Display, type Displayed } from "../notebook.ts";
export * from "../summary/event.ts";
export * from "../summary/event_reader.ts";
export * from "../summary/event_writer.ts";
export * from "../summary/graph.ts";
export { type Histogram, histogramOf } from "../summary/histogram.ts";
export * from "../summary/json_text.ts";
export { contactSheet, filterGrid, pictureOfPlanes, scaledPicture } from "../summary/pictures.ts";
export * from "../summary/png.ts";
export * from "../summary/scalar_log.ts";
export type { Picture } from "../picture.ts";
