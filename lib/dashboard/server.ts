/**
 * The dashboard: a page on this machine that shows runs while they go on.
 *
 * @module
 */
import { assets } from "./assets.ts";
import type { Moment } from "./event_log.ts";
import { Listeners } from "./listeners.ts";
import { type FoundRuns, logNames } from "./message.ts";
import { ridgeOf } from "./ridge.ts";
import { RunLogs } from "./run_logs.ts";

/** What to serve, and where. */
export interface DashboardOptions {
  /** Finds the runs; it is asked again and again, as further ones may come. */
  readonly find: () => Promise<FoundRuns>;
  /** The port on 127.0.0.1; 0 for any that is free. */
  readonly port: number;
  /** Gives, at the end, the command that shows the same again, for pages that stay open. */
  readonly again: () => string | undefined;
  /** Milliseconds between looks at the event files. Default 1000. */
  readonly pollMilliseconds?: number;
}

const headers = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; " +
    "img-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** Looks at the event files from one look for further runs to the next. */
const looksPerFind = 4;

/** At the end, milliseconds for the last look and then for the pages to take what it gave. */
const lastLook = 2000, lastWords = 1000;

/** Serves the page until it is disposed. */
export class Dashboard implements AsyncDisposable {
  /** Where it is. */
  readonly url: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #logs: RunLogs;
  readonly #listeners = new Listeners();
  readonly #id = crypto.randomUUID();
  readonly #again: () => string | undefined;
  readonly #abort = new AbortController();
  readonly #answers = new Set<Promise<void>>();
  #looks = 0;
  #looking: Promise<void>;
  #ending = false;
  #closed = false;
  #timer?: ReturnType<typeof setTimeout>;

  /**
   * Begins to listen, on 127.0.0.1 alone.
   *
   * @throws {Deno.errors.AddrInUse} if the port is taken
   */
  constructor({ find, port, again, pollMilliseconds = 1000 }: DashboardOptions) {
    this.#logs = new RunLogs(find);
    this.#again = again;
    this.#server = Deno.serve({
      port,
      hostname: "127.0.0.1",
      signal: this.#abort.signal,
      onListen: () => {},
      onError: () => answer(500, "Something went wrong"),
    }, (request, { completed }) => {
      const done = completed.catch(() => {}).then(() => void this.#answers.delete(done));
      this.#answers.add(done);
      return this.#respond(request);
    });
    this.url = `http://127.0.0.1:${this.#server.addr.port}/`;
    this.#looking = this.#poll(pollMilliseconds);
  }

  /**
   * Looks a last time, tells the pages what there was and that this was all, and ends all connections: those
   * that take nothing after about a second.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true;
    clearTimeout(this.#timer);
    await within(lastLook, this.#looking.then(() => this.#look()));
    this.#closed = true;
    this.#listeners.tell({ bye: { again: this.#again() } });
    this.#listeners.end();
    await within(lastWords, Promise.all(this.#answers));
    this.#abort.abort();
    await this.#server.finished;
  }

  /** Looks for news again and again; a look ends before the next begins. */
  async #poll(milliseconds: number): Promise<void> {
    await this.#look();
    if (this.#ending) return;
    this.#timer = setTimeout(() => this.#looking = this.#poll(milliseconds), milliseconds);
  }

  async #look(): Promise<void> {
    const finds = this.#ending || this.#looks++ % looksPerFind === 0;
    for (const news of [...finds ? [this.#logs.findMore()] : [], this.#logs.readOn()]) {
      for await (const message of news) {
        if (this.#closed) return;
        this.#listeners.tell(message);
      }
    }
  }

  #respond(request: Request): Response {
    const { port } = this.#server.addr;
    // A page of another site may make its name point here, but it cannot change what the browser says.
    if (!isOurHost(request.headers.get("host"), port)) {
      return answer(403, `Cannot serve this host: needs ${ourHosts(port).join(" or ")}`);
    }
    if (!["GET", "HEAD"].includes(request.method)) {
      return answer(405, "Cannot do that: only GET and HEAD are served");
    }
    const response = this.#get(new URL(request.url), request.method);
    return request.method === "GET" ? response : new Response(null, response);
  }

  #get({ pathname, searchParams }: URL, method: string): Response {
    const asset = assets.get(pathname);
    if (asset) return content(asset.text, asset.type);
    if (pathname === "/events") {
      if (this.#closed || this.#listeners.full) {
        return answer(503, `Cannot open another page: ${Listeners.most} are open`);
      }
      const first = [{ dashboard: this.#id }, ...this.#logs.all(), { ready: true } as const];
      return content(method === "GET" ? this.#listeners.add(first) : "", "text/event-stream");
    }
    const tag = searchParams.get("tag") ?? "";
    const name = logNames.find((name) => name === searchParams.get("log"));
    const log = name && this.#logs.log(Number(searchParams.get("run") ?? NaN), name);
    const moment = momentOf(searchParams);
    if (log && pathname === "/histograms") {
      return Response.json(ridgeOf(log.histograms(tag)), { headers });
    }
    const text = pathname === "/text" ? log?.text(tag, moment) : undefined;
    if (text !== undefined) return content(text, "text/plain; charset=utf-8");
    const image = pathname === "/image" ? log?.image(tag, moment) : undefined;
    if (!image) return answer(404, "There is no such thing here");
    return content(image.png as Uint8Array<ArrayBuffer>, "image/png");
  }
}

/** The names that this machine is asked by; browsers leave out the port 80. */
function ourHosts(port: number): string[] {
  const names = ["127.0.0.1", "localhost"];
  return names.flatMap((name) => [...port === 80 ? [name] : [], `${name}:${port}`]);
}

/** Whether the header `Host` of a request names a server on this machine with this port. */
export function isOurHost(host: string | null, port: number): boolean {
  return ourHosts(port).includes((host ?? "").toLowerCase());
}

function momentOf(searchParams: URLSearchParams): Moment {
  const [step, time] = ["step", "time"].map((name) => Number(searchParams.get(name) ?? NaN));
  return { step, time };
}

function content(body: BodyInit, type: string): Response {
  return new Response(body, { headers: { ...headers, "content-type": type } });
}

function answer(status: number, text: string): Response {
  return new Response(`${text}.\n`, { status, headers });
}

/** Resolves when the work is done, or after so many milliseconds. */
async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds));
  await Promise.race([work, late]);
  clearTimeout(timer!);
}
