/**
 * The dashboard: a page on this machine that shows runs while they go on.
 *
 * @module
 */
import { assets } from "./assets.ts";
import { EventLog, type LogUpdate } from "./event_log.ts";
import { ridgeOf } from "./ridge.ts";

/** A run to show. */
export interface ShownRun {
  /** What the page calls it. */
  readonly name: string;
  /** Its directory; evaluations are in `eval` below it. */
  readonly directory: string;
}

/** What to serve, and where. */
export interface DashboardOptions {
  /** The runs, which need not have begun. */
  readonly runs: readonly ShownRun[];
  /** The port on 127.0.0.1; 0 for any that is free. */
  readonly port: number;
  /** Milliseconds between looks at the event files. Default 1000. */
  readonly pollMilliseconds?: number;
}

const logs = ["train", "eval"] as const;
type LogName = typeof logs[number];

/** What the page is told, as the data of a server-sent event. */
export type DashboardMessage =
  | {
    /** The runs that there are; the page starts anew. */
    readonly runs: readonly { readonly name: string }[];
  }
  | {
    /** A run's place in the list. */
    readonly run: number;
    /** Which of its logs. */
    readonly log: LogName;
    /** What is new. */
    readonly update: LogUpdate;
  };

/** Letters that wait for a page which does not take them, besides all there was when it came. */
const mostWaiting = 4 * 2 ** 20;

/** A page that is open. */
interface Listener {
  /** Sends it a message. */
  tell(message: DashboardMessage): void;
  /** Sends it no more. */
  forget(): void;
  /** Says that there is no more. */
  end(): void;
}

const headers = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; " +
    "img-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** Serves the page until it is disposed. */
export class Dashboard implements AsyncDisposable {
  /** Where it is. */
  readonly url: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #runs: readonly { name: string; logs: Record<LogName, EventLog> }[];
  readonly #listeners = new Set<Listener>();
  #closed = false;
  #timer?: ReturnType<typeof setTimeout>;

  /**
   * Begins to listen, on 127.0.0.1 alone.
   *
   * @throws {Deno.errors.AddrInUse} if the port is taken
   */
  constructor({ runs, port, pollMilliseconds = 1000 }: DashboardOptions) {
    this.#runs = runs.map(({ name, directory }) => ({
      name,
      logs: { train: new EventLog(directory), eval: new EventLog(`${directory}/eval`) },
    }));
    this.#server = Deno.serve({
      port,
      hostname: "127.0.0.1",
      onListen: () => {},
      onError: () => answer(500, "Something went wrong"),
    }, (request) => this.#respond(request));
    this.url = `http://127.0.0.1:${this.#server.addr.port}/`;
    this.#poll(pollMilliseconds);
  }

  /** Ends all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const listener of this.#listeners) listener.end();
    await this.#server.shutdown();
  }

  /** Looks for news again and again; a look ends before the next begins. */
  async #poll(milliseconds: number): Promise<void> {
    for (const [run, { logs: own }] of this.#runs.entries()) {
      for (const log of logs) {
        // A directory that cannot be read now may be readable later.
        const look = () => own[log].update().catch(() => undefined);
        for (let update; !this.#closed && (update = await look());) {
          for (const { tell } of this.#listeners) tell({ run, log, update });
        }
      }
    }
    if (!this.#closed) this.#timer = setTimeout(() => this.#poll(milliseconds), milliseconds);
  }

  #respond(request: Request): Response {
    const { port } = this.#server.addr;
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
    // A page of another site may make its name point here, but it cannot change what the browser says.
    if (!hosts.includes(request.headers.get("host") ?? "")) {
      return answer(403, `Cannot serve this host: needs ${hosts.join(" or ")}`);
    }
    if (request.method !== "GET") return answer(405, "Cannot do that: only GET is served");
    const { pathname, searchParams } = new URL(request.url);
    const asset = assets.get(pathname);
    if (asset) {
      return new Response(asset.text, { headers: { ...headers, "content-type": asset.type } });
    }
    if (pathname === "/events") return this.#stream();
    const run = this.#runs[Number(searchParams.get("run") ?? NaN)];
    const tag = searchParams.get("tag") ?? "";
    if (run && pathname === "/histograms") {
      return Response.json(ridgeOf(run.logs.train.histograms(tag)), { headers });
    }
    const log = logs.find((name) => name === searchParams.get("log"));
    const image = run && log && pathname === "/image" ? run.logs[log].image(tag) : undefined;
    if (!image) return answer(404, "There is no such thing here");
    const body = image.png as Uint8Array<ArrayBuffer>;
    return new Response(body, { headers: { ...headers, "content-type": "image/png" } });
  }

  #stream(): Response {
    let listener: Listener;
    const said = (message: DashboardMessage) => `data: ${JSON.stringify(message)}\n\n`;
    const first = [said({ runs: this.#runs.map(({ name }) => ({ name })) })];
    for (const [run, { logs: own }] of this.#runs.entries()) {
      for (const log of logs) first.push(said({ run, log, update: own[log].all() }));
    }
    const size = ({ length }: string) => length;
    const highWaterMark = mostWaiting + first.reduce((sum, text) => sum + size(text), 0);
    const body = new ReadableStream<string>({
      start: (controller) => {
        for (const text of first) controller.enqueue(text);
        const send = (text: string) => {
          if (controller.desiredSize! > 0) return controller.enqueue(text);
          // A page that wakes up comes back for all there is.
          forget();
          controller.error(new Error("Cannot go on: the page takes nothing"));
        };
        const tell = (message: DashboardMessage) => send(said(message));
        const alive = setInterval(() => send(": still here\n\n"), 10_000);
        const forget = () => {
          clearInterval(alive);
          this.#listeners.delete(listener);
        };
        const end = () => {
          forget();
          controller.close();
        };
        this.#listeners.add(listener = { tell, forget, end });
      },
      cancel: () => listener.forget(),
    }, { highWaterMark, size }).pipeThrough(new TextEncoderStream());
    return new Response(body, { headers: { ...headers, "content-type": "text/event-stream" } });
  }
}

function answer(status: number, text: string): Response {
  return new Response(`${text}.\n`, { status, headers });
}
