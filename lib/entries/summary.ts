/**
 * Event files as TensorBoard reads them: written, read, and made of pictures, histograms and graphs.
 *
 * @module
 */

export * from "../notebook.ts";
export * from "../summary/event.ts";
export * from "../summary/event_reader.ts";
export * from "../summary/event_writer.ts";
export * from "../summary/graph.ts";
export * from "../summary/histogram.ts";
export * from "../summary/json_text.ts";
export * from "../summary/pictures.ts";
export * from "../summary/png.ts";
export * from "../summary/scalar_log.ts";
