/**
 * Values as texts that both people and programs read in an event file.
 *
 * @module
 */

const indent = "    ";

/**
 * A value as JSON, indented by four spaces: a block of code where TensorBoard shows it.
 *
 * @example
 * ```ts
 * import { jsonText } from "@tower/nn/summary";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(jsonText({ a: 1 }), '    {\n      "a": 1\n    }');
 * ```
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2).split("\n").map((line) => indent + line).join("\n");
}
