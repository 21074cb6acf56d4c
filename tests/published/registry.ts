/** A registry of packages in the layout of JSR, on this machine, with this package as it would be published. */
import { fromFileUrl, join } from "@std/path";
import { packageFiles, publishedConfig } from "../../offline/publish.ts";

const root = fromFileUrl(new URL("../..", import.meta.url));

/** A package as a registry has it. */
export interface Packed {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  /** Contents by path, which begins with a slash. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Files of a folder by their paths in the package. */
async function* filesOf(folder: string, path = ""): AsyncGenerator<string> {
  const entry = await Deno.stat(join(folder, path));
  if (entry.isFile) return void (yield `/${path}`);
  for await (const { name } of Deno.readDir(join(folder, path))) {
    yield* filesOf(folder, path === "" ? name : `${path}/${name}`);
  }
}

/**
 * What `deno publish` would send: the files that `publish.include` names, imports through the import map
 * written out.
 */
export async function packTower(): Promise<Packed> {
  const config = await publishedConfig();
  const { name, version, exports, imports } = JSON.parse(config);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const path of await packageFiles()) {
    const bytes = await Deno.readFile(join(root, path));
    files.set(`/${path}`, path.endsWith(".ts") ? written(bytes, imports) : bytes);
  }
  files.set("/deno.json", new TextEncoder().encode(config));
  return { name, version, exports, files };
}

/** A module with its bare imports as what the import map says of them. */
function written(
  bytes: Uint8Array<ArrayBuffer>,
  imports: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  const code = new TextDecoder().decode(bytes);
  const names = Object.keys(imports).join("|");
  const pattern = new RegExp(`^(?! \\*)(.*\\bfrom |import |\\} from )"(${names})(/[^"]*)?"`, "gm");
  const result = code.replace(
    pattern,
    (_, start, name, rest = "") => `${start}"${imports[name]}${rest}"`,
  );
  return new TextEncoder().encode(result);
}

/** The stand-ins for `@std` as packages: the real registry cannot be asked in every network. */
export async function packStandIns(): Promise<Packed[]> {
  const packages: Packed[] = [];
  for await (const { name: folder, isDirectory } of Deno.readDir(join(root, "offline", "std"))) {
    if (!isDirectory) continue;
    const path = join(root, "offline", "std", folder);
    const { name, version, exports } = JSON.parse(await Deno.readTextFile(join(path, "deno.json")));
    const files = new Map<string, Uint8Array<ArrayBuffer>>();
    for await (const file of filesOf(path)) files.set(file, await Deno.readFile(join(path, file)));
    const entries = typeof exports === "string" ? { ".": exports } : exports;
    packages.push({ name, version, exports: entries, files });
  }
  return packages;
}

/** Serves packages on 127.0.0.1. */
export async function serveRegistry(
  packages: readonly Packed[],
): Promise<AsyncDisposable & { readonly url: string }> {
  const answers = new Map<string, string | Uint8Array<ArrayBuffer>>();
  for (const { name, version, exports, files } of packages) {
    const [scope, short] = name.slice(1).split("/");
    const meta = { scope, name: short, latest: version, versions: { [version]: {} } };
    answers.set(`/${name}/meta.json`, JSON.stringify(meta));
    const manifest: Record<string, { size: number; checksum: string }> = {};
    for (const [path, bytes] of files) {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      manifest[path] = { size: bytes.length, checksum: `sha256-${digest.toHex()}` };
      answers.set(`/${name}/${version}${path}`, bytes);
    }
    answers.set(`/${name}/${version}_meta.json`, JSON.stringify({ exports, manifest }));
  }
  // Deno keeps what it was served by its address, and another time the port may be the same.
  const own = `/${crypto.randomUUID()}`;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    const answer = pathname.startsWith(own) && answers.get(decodeURI(pathname.slice(own.length)));
    if (!answer) return new Response("not found", { status: 404 });
    const type = pathname.endsWith(".ts")
      ? "text/typescript"
      : pathname.endsWith(".js")
      ? "text/javascript"
      : pathname.endsWith(".json")
      ? "application/json"
      : "text/plain";
    return new Response(answer, { headers: { "content-type": type } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}${own}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
