import { assert } from "@std/assert";
import { RunDirectory } from "../../lib/train/run_directory.ts";

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
