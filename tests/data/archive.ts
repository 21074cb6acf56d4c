import { createHash } from "node:crypto";
import type { RemoteFile } from "../../lib/data/receive.ts";
import { Rng } from "../../lib/rng.ts";

/** Records in each file of the made-up archive. */
export const recordsPerFile = 30;

/** One member of a tar archive to be made. */
export interface Member {
  name: string;
  content?: Uint8Array;
  type?: string;
  link?: string;
  prefix?: string;
}

/** A tar archive of the given members, byte by byte, so that it can say anything. */
export function tar(members: readonly Member[], trailer = 1024): Uint8Array {
  const blocks = members.flatMap(
    ({ name, content = new Uint8Array(), type = "0", link, prefix }) => {
      const header = new Uint8Array(512), text = new TextEncoder();
      const set = (start: number, value: string) => header.set(text.encode(value), start);
      set(0, name);
      set(100, "0000644\0");
      set(124, content.length.toString(8).padStart(11, "0") + "\0");
      set(136, "00000000000\0");
      set(156, type);
      set(157, link ?? "");
      set(257, "ustar\x0000");
      set(345, prefix ?? "");
      header.fill(32, 148, 156);
      set(148, header.reduce((a, b) => a + b).toString(8).padStart(6, "0") + "\0");
      return [header, content, new Uint8Array((512 - content.length % 512) % 512)];
    },
  );
  return join([...blocks, new Uint8Array(trailer)]);
}

export function join(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

export async function gzip(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  return await new Response(stream.pipeThrough(new CompressionStream("gzip"))).bytes();
}

export const names = ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4"]
  .concat("data_batch_5", "test_batch").map((name) => `${name}.bin`);

/** Noise with labels in range, other for every file. */
export function fileContent(name: string): Uint8Array {
  const rng = Rng.from(1).split(name);
  const bytes = Uint8Array.from({ length: recordsPerFile * 3073 }, () => rng.uint32());
  for (let i = 0; i < recordsPerFile; i++) bytes[i * 3073] = i % 10;
  return bytes;
}

/** What a small CIFAR-10 archive has in it, in the published order of members. */
export const members: readonly Member[] = [
  { name: "cifar-10-batches-bin/", type: "5" },
  { name: "cifar-10-batches-bin/batches.meta.txt", content: new TextEncoder().encode("a\nb\n") },
  ...names.map((name) => ({ name: `cifar-10-batches-bin/${name}`, content: fileContent(name) })),
  { name: "cifar-10-batches-bin/readme.html", content: new TextEncoder().encode("<p>Hi") },
];

/** How a server answers. */
export interface Behaviour {
  /** Goes on from where the client stopped; otherwise it always sends the whole. */
  ranges?: boolean;
  etag?: string;
  /** Breaks the connection after so many bytes of every answer. */
  cutAfter?: number;
  /** Sends so many bytes of every answer and then nothing. */
  stallAfter?: number;
  /** Waits before every piece. */
  delayMs?: number;
  status?: number;
  headers?: Record<string, string>;
}

/** A server of one file on this machine, whose behaviour can change between requests. */
export class ArchiveServer implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #stop = new AbortController();
  /** The headers of the requests so far. */
  readonly requests: Headers[] = [];
  behaviour: Behaviour = { ranges: true };
  body: Uint8Array;

  constructor(body: Uint8Array) {
    this.body = body;
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      signal: this.#stop.signal,
      onListen: () => {},
    }, (request) => this.#answer(request));
  }

  /** The file as it is now. */
  get remote(): RemoteFile {
    return {
      url: `http://127.0.0.1:${this.#server.addr.port}/cifar.tar.gz`,
      bytes: this.body.length,
      md5: createHash("md5").update(this.body).digest("hex"),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#server.finished;
  }

  #answer(request: Request): Response {
    this.requests.push(request.headers);
    const { ranges, etag, status, headers } = this.behaviour;
    if (status) return new Response("no", { status });
    const { body } = this;
    const ifRange = request.headers.get("if-range");
    const range = request.headers.get("range")?.match(/^bytes=(\d+)-$/);
    const start = ranges && range && (!ifRange || ifRange === etag) ? Number(range[1]) : 0;
    if (start >= body.length) {
      return new Response(null, {
        status: 416,
        headers: { "content-range": `bytes */${body.length}` },
      });
    }
    return new Response(this.#pieces(body.subarray(start)), {
      status: start > 0 ? 206 : 200,
      headers: {
        "content-length": `${body.length - start}`,
        ...start > 0 && { "content-range": `bytes ${start}-${body.length - 1}/${body.length}` },
        ...etag && { etag },
        ...headers,
      },
    });
  }

  #pieces(body: Uint8Array): ReadableStream<Uint8Array> {
    const { cutAfter, stallAfter, delayMs } = this.behaviour;
    const end = Math.min(cutAfter ?? stallAfter ?? body.length, body.length);
    let sent = 0;
    return new ReadableStream({
      async pull(controller) {
        if (delayMs) await new Promise((resolve) => setTimeout(resolve, delayMs));
        const piece = body.slice(sent, Math.min(sent + 20_000, end));
        sent += piece.length;
        if (piece.length > 0) return controller.enqueue(piece);
        if (stallAfter !== undefined) await new Promise(() => {});
        controller.close(); // short of the length announced, this breaks the connection
      },
    });
  }
}
