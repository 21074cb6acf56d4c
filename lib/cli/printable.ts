/**
 * Text of others on its way to a terminal.
 *
 * @module
 */

/**
 * A name or another text that others wrote, without characters that a terminal obeys: what a file says must
 * not move the cursor, nor write into the clipboard. Each becomes "�", so that the text stays as long as it was.
 */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "\ufffd");
}

/** The same of a message, whose lines and tabs stay. */
export function printableLines(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, "\ufffd");
}
