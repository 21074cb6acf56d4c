import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { saveCheckpoint } from "../../lib/train/checkpoint.ts";
import { RunDirectory, RunDirectoryError } from "../../lib/train/run_directory.ts";
import { inTemporary } from "../support/temporary.ts";

Deno.test("a run's directory on a file system without locks is only not held", async () => {
  const { prototype } = Deno.FsFile;
  const { tryLock } = prototype;
  const path = await Deno.makeTempDir({ prefix: "tower-" });
  try {
    prototype.tryLock = () => Promise.reject(new Error("Function not implemented (os error 38)"));
    using directory = await RunDirectory.claim(path, { resume: false });
    assert(directory.path === path);
  } finally {
    prototype.tryLock = tryLock;
    await Deno.remove(path, { recursive: true });
  }
});

Deno.test("a run that another trainer saved until it let go of the directory is not overwritten", () =>
  inTemporary(async (path) => {
    const { prototype } = Deno.FsFile;
    const { tryLock } = prototype;
    try {
      prototype.tryLock = async function (exclusive) {
        prototype.tryLock = tryLock;
        await saveCheckpoint(path, { step: 1, tensors: {}, metadata: {} });
        return await this.tryLock(exclusive);
      };
      await assertRejects(
        () => RunDirectory.claim(path, { resume: false }),
        RunDirectoryError,
        "it holds a run already",
      );
      using _later = await RunDirectory.claim(path, { resume: true });
    } finally {
      prototype.tryLock = tryLock;
    }
  }));

Deno.test("what was made for a run that never began goes away, and nothing else", async () => {
  const root = await Deno.makeTempDir({ prefix: "tower-" });
  const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  const claim = async (path: string, work = () => {}) => {
    using _directory = await RunDirectory.claim(path, { resume: false });
    work();
  };
  try {
    await claim(join(root, "a/b/c"));
    assertEquals(names(root), []);
    await claim(join(root, "a/b/c"), () => Deno.writeTextFileSync(join(root, "a/note"), "mine"));
    assertEquals([names(root), names(join(root, "a"))], [["a"], ["note"]]);
    await claim(join(root, "a"));
    assertEquals(names(join(root, "a")), ["note"]);
    await Deno.mkdir(join(root, "empty"));
    await claim(join(root, "empty"));
    assertEquals([names(root), names(join(root, "empty"))], [["a", "empty"], []]);
    await claim(join(root, "run"), () => Deno.writeTextFileSync(join(root, "run/config.json"), ""));
    assertEquals(names(join(root, "run")), [".lock", "config.json"]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
