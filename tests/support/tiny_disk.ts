/** A disk that is soon full. */

/** Mounts a file system of 64 KiB for the work; says whether it could. */
export async function withTinyDisk(work: (directory: string) => Promise<void>): Promise<boolean> {
  const directory = await Deno.makeTempDir({ prefix: "tower-" });
  const run = (name: string, ...args: string[]) =>
    new Deno.Command(name, { args: [...args, directory], stderr: "null" }).outputSync().success;
  try {
    if (!run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs")) return false;
    try {
      await work(directory);
    } finally {
      run("umount");
    }
    return true;
  } finally {
    await Deno.remove(directory);
  }
}

/** Whether disks can be mounted here: only root may. */
export const canMount = Deno.build.os === "linux" && await withTinyDisk(() => Promise.resolve());
