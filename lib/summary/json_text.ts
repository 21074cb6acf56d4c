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

/** The value of a {@linkcode jsonText}, or `undefined` if the text is none. */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
