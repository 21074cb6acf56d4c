/**
 * Stand-in for `@std/streams` where the JSR registry cannot be reached.
 *
 * @module
 */

export * from "./text_line_stream.ts";
export * from "./to_array_buffer.ts";
export * from "./to_text.ts";
