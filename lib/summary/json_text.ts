/**
 * Values as texts that both people and programs read in an event file.
 *
 * @module
 */

const indent = "    ";

/** A value as JSON, indented by four spaces: a block of code where TensorBoard shows it. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2).split("\n").map((line) => indent + line).join("\n");
}
