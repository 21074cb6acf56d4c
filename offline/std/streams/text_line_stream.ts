/** Options of {@linkcode TextLineStream}. */
export interface TextLineStreamOptions {
  /** A lone `\r` ends a line too. */
  allowCR?: boolean;
}

/** Cuts a stream of text into lines, at `\n` and `\r\n` (and `\r` on request), without the ends. */
export class TextLineStream extends TransformStream<string, string> {
  /** @param options What counts as the end of a line. */
  constructor(options: TextLineStreamOptions = {}) {
    // A "\r" that ends what has come so far may be half of "\r\n": it waits for the next character.
    const lineEnd = options.allowCR ? /\r\n|\n|\r(?!$)/ : /\r\n|\n/;
    let rest = "";
    super({
      transform(text, controller) {
        const lines = (rest + text).split(lineEnd);
        rest = lines.pop()!;
        for (const line of lines) controller.enqueue(line);
      },
      flush(controller) {
        if (rest) controller.enqueue(options.allowCR ? rest.replace(/\r$/, "") : rest);
      },
    });
  }
}
