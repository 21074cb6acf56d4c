/** A directory for the time of a test. */

/** Does work in a new directory, which is removed after it, whatever became of it. */
export async function inTemporary(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "tower-" });
  try {
    await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
