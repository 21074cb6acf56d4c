/**
 * `deno task publish`: publishes the package from a copy of what it is to hold. In a checkout the standard
 * library is stood in for by `offline/std`, which is no part of the package.
 *
 * @module
 */
import { dirname, fromFileUrl, join } from "@std/path";

const root = fromFileUrl(new URL("..", import.meta.url));

/** The paths of all files of the package, relative to its root. */
export async function packageFiles(): Promise<string[]> {
  const { publish } = await readConfig();
  const files: string[] = [];
  for (const included of publish.include) await collect(included.replace(/\/$/, ""), files);
  return files.sort();
}

async function collect(path: string, files: string[]): Promise<void> {
  const { isFile } = await Deno.stat(join(root, path));
  if (isFile) return void files.push(path);
  for await (const { name } of Deno.readDir(join(root, path))) {
    await collect(`${path}/${name}`, files);
  }
}

/** The configuration as the package has it: without links to stand-ins. */
export async function publishedConfig(): Promise<string> {
  const { links: _, ...published } = await readConfig();
  return JSON.stringify(published, null, 2) + "\n";
}

async function readConfig() {
  return JSON.parse(await Deno.readTextFile(join(root, "deno.json"))) as {
    readonly links: readonly string[];
    readonly publish: { readonly include: readonly string[] };
  };
}

/** Copies the package into a directory. */
export async function copyPackage(directory: string): Promise<void> {
  for (const path of await packageFiles()) {
    const target = join(directory, path);
    await Deno.mkdir(dirname(target), { recursive: true });
    if (path === "deno.json") await Deno.writeTextFile(target, await publishedConfig());
    else await Deno.copyFile(join(root, path), target);
  }
}

if (import.meta.main) {
  const directory = await Deno.makeTempDir();
  try {
    await copyPackage(directory);
    // The copy is no repository; what was not committed is for whoever publishes to see.
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["publish", "--allow-dirty", ...Deno.args],
      cwd: directory,
    }).spawn().status;
    Deno.exitCode = code;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
