// What the package exports: each entry complete by itself, and one name for one thing.

import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";

const root = fromFileUrl(new URL("..", import.meta.url));
const { exports } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`)) as {
  exports: Record<string, string>;
};
/** All but the command line, which is a program. */
const entries = Object.entries(exports).filter(([name]) => name !== "./cli");

interface Symbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly location: { readonly filename: string; readonly line: number };
  }[];
}

async function deno(...args: string[]): Promise<{ out: string; err: string }> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { out, err };
}

const symbols = Object.fromEntries(
  await Promise.all(entries.map(async ([name, path]): Promise<[string, Symbol[]]> => {
    const { nodes } = JSON.parse((await deno("doc", "--json", path)).out);
    const [{ symbols }] = Object.values<{ symbols: Symbol[] }>(nodes);
    return [name, symbols];
  })),
);

Deno.test("every file in lib/entries is an entry, and every entry but the root is there", async () => {
  const files = (await Array.fromAsync(Deno.readDir(`${root}/lib/entries`))).map(({ name }) =>
    name
  );
  const named = entries.map(([, path]) => path).filter((path) => path !== "./mod.ts");
  assertEquals(named.sort(), files.map((file) => `./lib/entries/${file}`).sort());
});

Deno.test("the root names all that it exports, and has every type that it speaks of", async () => {
  const code = await Deno.readTextFile(`${root}/mod.ts`);
  assertEquals(code.match(/^export \*.*$/gm), null);
  const { err } = await deno("doc", "--lint", "mod.ts");
  assertEquals(err.match(/^error.*$/gm), null, err);
});

Deno.test("what a function says that it throws can be imported from where it came", () => {
  for (const [entry, list] of Object.entries(symbols)) {
    const names = new Set(list.map(({ name }) => name));
    const missing = list.flatMap((symbol) =>
      [...thrownBy(symbol)].filter((thrown) => !names.has(thrown) && !isGlobal(thrown))
        .map((thrown) => `${symbol.name} throws ${thrown}`)
    );
    assertEquals(missing, [], entry);
  }
});

/** The classes behind `@throws` anywhere in what is said of a symbol. */
function* thrownBy(node: unknown): Generator<string> {
  if (typeof node !== "object" || node === null) return;
  const { kind, tsType } = node as { kind?: string; tsType?: { repr?: string } };
  if (kind === "throws" && tsType?.repr) yield tsType.repr;
  for (const value of Object.values(node)) yield* thrownBy(value);
}

function isGlobal(name: string): boolean {
  return name.startsWith("Deno.") || name in globalThis;
}

Deno.test("a name is of the same thing wherever it is exported", () => {
  const seen = new Map<string, string>(), others: string[] = [];
  for (const [entry, list] of Object.entries(symbols)) {
    for (const { name, declarations } of list) {
      const place = declarations.map(({ location: { filename, line } }) => `${filename}:${line}`)
        .join();
      if (place !== (seen.get(name) ?? place)) others.push(`${name} of ${entry}`);
      seen.set(name, place);
    }
  }
  assertEquals(others, []);
});

Deno.test("what the docs link to is exported from somewhere", () => {
  const names = new Set(Object.values(symbols).flat().map(({ name }) => name));
  const lost = new Set<string>();
  for (const list of Object.values(symbols)) {
    for (const symbol of list) {
      for (const [, target] of JSON.stringify(symbol).matchAll(/\{@linkcode ([\w.]+)\}/g)) {
        if (!names.has(target.split(".")[0])) lost.add(`${symbol.name} links to ${target}`);
      }
    }
  }
  assertEquals([...lost], []);
});
