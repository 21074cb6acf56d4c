// Imports go one way, so that a reader can go the other.

import { assertEquals } from "@std/assert";
import { fromFileUrl, join, relative, SEPARATOR, toFileUrl } from "@std/path";

const root = fromFileUrl(new URL("..", import.meta.url));

/** What each room may import besides itself; a room is a folder, or a file that stands alone. */
const mayImport: Record<string, readonly string[]> = {
  "kernels": [],
  "lib/shape.ts": [],
  "lib/rng.ts": [],
  "lib/system_error.ts": [],
  "lib/files.ts": ["lib/system_error.ts"],
  "lib/parameters.ts": ["lib/shape.ts", "lib/rng.ts"],
  "lib/started.ts": [],
  "lib/user_module.ts": ["lib/started.ts"],
  "lib/gpu": ["lib/started.ts", "lib/shape.ts", "lib/parameters.ts", "lib/rng.ts", "kernels"],
  "lib/layers": ["lib/notebook.ts", "lib/gpu", "lib/shape.ts", "lib/parameters.ts", "kernels"],
  "lib/losses": ["lib/gpu", "lib/shape.ts", "lib/parameters.ts", "kernels"],
  "lib/models": ["lib/user_module.ts", "lib/layers", "lib/shape.ts"],
  "lib/optim": ["kernels"],
  "lib/picture.ts": [],
  "lib/data": [
    "lib/user_module.ts",
    "lib/picture.ts",
    "lib/rng.ts",
    "lib/files.ts",
    "lib/system_error.ts",
  ],
  "lib/export": [
    "lib/shape.ts",
    "lib/files.ts",
    "lib/parameters.ts",
    "lib/protobuf.ts",
    "lib/layers",
  ],
  "lib/checks": [
    "lib/gpu",
    "lib/layers",
    "lib/losses",
    "lib/parameters.ts",
    "lib/rng.ts",
    "lib/shape.ts",
    "kernels",
  ],
  "lib/central_input.ts": ["lib/picture.ts", "lib/shape.ts"],
  "lib/finite_outputs.ts": [],
  "lib/fit.ts": ["lib/data", "lib/layers", "lib/shape.ts"],
  "lib/notebook.ts": [],
  "lib/protobuf.ts": [],
  "lib/summary": ["lib/picture.ts", "lib/protobuf.ts", "lib/system_error.ts", "kernels"],
  "lib/dashboard": ["lib/summary", "lib/system_error.ts"],
  "lib/cli": ["lib/started.ts", "lib/system_error.ts"],
  "lib/distributed": [],
};

/** The rooms at the top, which may import any but these. */
const mayNotImport: Record<string, readonly string[]> = {
  "lib/train": ["lib/cli", "lib/commands", "cli.ts", "mod.ts"],
  "lib/evaluation_summaries.ts": ["lib/cli", "lib/commands", "lib/train", "cli.ts", "mod.ts"],
  "lib/predict.ts": ["lib/cli", "lib/commands", "lib/train", "cli.ts", "mod.ts"],
  "lib/inference.ts": ["lib/cli", "lib/commands", "lib/train", "cli.ts", "mod.ts"],
  "lib/evaluate.ts": ["lib/cli", "lib/commands", "lib/train", "cli.ts", "mod.ts"],
  "lib/entries": ["lib/cli", "lib/commands", "lib/dashboard", "cli.ts", "mod.ts"],
  "lib/commands": ["cli.ts", "mod.ts"],
  "mod.ts": ["lib/cli", "lib/commands", "cli.ts"],
  "cli.ts": ["mod.ts"],
};

function sourceFiles(folder: string): string[] {
  return [...Deno.readDirSync(join(root, folder))].flatMap(({ name, isDirectory }) => {
    const path = folder === "." ? name : `${folder}/${name}`;
    return isDirectory ? sourceFiles(path) : path.endsWith(".ts") ? [path] : [];
  });
}

const files = ["mod.ts", "cli.ts", ...sourceFiles("lib"), ...sourceFiles("kernels")];

function roomOf(path: string): string {
  return path.split("/").slice(0, path.startsWith("lib/") ? 2 : 1).join("/");
}

/** The files of this repository that a file imports: statements, types and `import()`. */
function importsOf(path: string): string[] {
  const code = Deno.readTextFileSync(join(root, path));
  const statements = code.matchAll(
    /^(?:import|export|\}).*? from "(\.[^"]+)"|^import "(\.[^"]+)"/gm,
  );
  const calls = code.matchAll(/^(?! *\*).*\bimport\("(\.[^"]+)"\)/gm);
  return [...statements, ...calls].map(([, from, bare]) => {
    const url = new URL(from ?? bare, toFileUrl(join(root, path)));
    return relative(root, fromFileUrl(url)).replaceAll(SEPARATOR, "/");
  });
}

Deno.test("every file of the library belongs to a room with a rule", () => {
  const rooms = new Set(files.map(roomOf));
  const unruled = [...rooms].filter((room) => !(room in mayImport) && !(room in mayNotImport));
  assertEquals(unruled, [], "a new room needs a line in this test that says what it may import");
});

Deno.test("imports go one way", () => {
  const wrong = files.flatMap((file) =>
    importsOf(file).filter((imported) => {
      const [from, to] = [roomOf(file), roomOf(imported)];
      if (from === to || to === "deno.json") return false;
      return mayImport[from] ? !mayImport[from].includes(to) : mayNotImport[from]?.includes(to);
    }).map((imported) => `${file} imports ${imported}`)
  );
  assertEquals(wrong, []);
});

Deno.test("the imports that this test reads are those that Deno sees", async () => {
  for (const entry of ["mod.ts", "cli.ts"]) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", entry],
      cwd: root,
    }).output();
    const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
      modules: {
        specifier: string;
        dependencies?: { code?: { specifier: string }; type?: { specifier: string } }[];
      }[];
    };
    const home = toFileUrl(root).href;
    const local = (url: string) => url.startsWith(home) ? url.slice(home.length) : undefined;
    for (const { specifier, dependencies = [] } of modules) {
      const path = local(specifier);
      if (!path || !files.includes(path)) continue;
      const seen = dependencies.map(({ code, type }) => local((code ?? type)?.specifier ?? ""));
      const missed = seen.filter((to) =>
        to && !to.startsWith("offline/") && !importsOf(path).includes(to)
      );
      assertEquals(missed, [], `imports of ${path}`);
    }
  }
});

Deno.test("layers, models and inference come without files, processes, servers and packages", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "lib/entries/layers.ts"],
    cwd: root,
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    modules: { specifier: string }[];
  };
  const home = toFileUrl(root).href;
  const foreign = modules.filter(({ specifier }) => !specifier.startsWith(home));
  assertEquals(foreign, [], "the core depends on no package");
  const rooms = new Set(modules.map(({ specifier }) => roomOf(specifier.slice(home.length))));
  const core = [
    "kernels",
    "lib/entries",
    "lib/export",
    "lib/gpu",
    "lib/layers",
    "lib/losses",
    "lib/models",
  ];
  const files = [
    "lib/central_input.ts",
    "lib/finite_outputs.ts",
    "lib/inference.ts",
    "lib/notebook.ts",
    "lib/parameters.ts",
    "lib/picture.ts",
    "lib/predict.ts",
    "lib/rng.ts",
    "lib/shape.ts",
    "lib/started.ts",
    "lib/user_module.ts",
  ];
  assertEquals([...rooms].sort(), [...core, ...files].sort());
  for (const { specifier } of modules) {
    const code = await Deno.readTextFile(new URL(specifier));
    const uses = code.replace(/\/\*[^]*?\*\/|\/\/.*/g, "").match(/\bDeno\.|\bWorker\b|"node:/);
    assertEquals(uses, null, `${specifier} uses what browsers lack`);
  }
});

Deno.test("only cli.ts speaks to the console and reads the command line", () => {
  const outspoken = files.filter((file) => {
    const code = Deno.readTextFileSync(join(root, file)).replace(/\/\*[^]*?\*\/|\/\/.*/g, "");
    return file !== "cli.ts" && /\bconsole\.|\bDeno\.args\b/.test(code);
  });
  assertEquals(outspoken, []);
});

Deno.test("only cli.ts and its interruption end the process", () => {
  const enders = files.filter((file) =>
    /Deno\.exit\(/.test(Deno.readTextFileSync(join(root, file)))
  );
  assertEquals(enders.sort(), ["cli.ts", "lib/cli/interruption.ts"]);
});
