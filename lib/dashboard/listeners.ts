/**
 * Pages that are open.
 *
 * @module
 */
import type { DashboardMessage } from "./message.ts";

/** Letters that wait for a page which does not take them, besides all there was when it came. */
const mostWaiting = 4 * 2 ** 20;

/** A page that is open. */
interface Listener {
  /** Sends it a text. */
  send(text: string): void;
  /** Says that there is no more. */
  end(): void;
}

/** The pages that are told what is new, as streams of server-sent events. */
export class Listeners {
  /** Streams that may be open at a time. */
  static readonly most = 64;

  readonly #open = new Set<Listener>();

  /** Whether there is no room for another. */
  get full(): boolean {
    return this.#open.size >= Listeners.most;
  }

  /** Sends all of them a message. */
  tell(message: DashboardMessage): void {
    if (this.#open.size === 0) return;
    const text = said(message);
    for (const { send } of this.#open) send(text);
  }

  /** Ends all streams. */
  end(): void {
    for (const { end } of this.#open) end();
  }

  /** A stream that begins with some messages and goes on with what all are told. */
  add(messages: readonly DashboardMessage[]): ReadableStream<Uint8Array<ArrayBuffer>> {
    const first = messages.map(said);
    const size = ({ length }: string) => length;
    const highWaterMark = mostWaiting + first.reduce((sum, text) => sum + size(text), 0);
    let forget: () => void;
    return new ReadableStream<string>({
      start: (controller) => {
        for (const text of first) controller.enqueue(text);
        const send = (text: string) => {
          if (controller.desiredSize! > 0) return controller.enqueue(text);
          // A page that wakes up comes back for all there is.
          forget();
          controller.error(new Error("Cannot go on: the page takes nothing"));
        };
        const alive = setInterval(() => send(": still here\n\n"), 10_000);
        const end = () => {
          forget();
          controller.close();
        };
        const listener = { send, end };
        forget = () => {
          clearInterval(alive);
          this.#open.delete(listener);
        };
        this.#open.add(listener);
      },
      cancel: () => forget(),
    }, { highWaterMark, size }).pipeThrough(new TextEncoderStream());
  }
}

function said(message: DashboardMessage): string {
  return `data: ${JSON.stringify(message)}\n\n`;
}
