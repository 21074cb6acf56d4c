/**
 * Modules that users write: a model, a data set.
 *
 * @module
 */
import { packageName } from "./started.ts";

/** What the URLs of files on this machine begin with. */
export const local = "file:///";

/**
 * What a module on this machine exports as default.
 *
 * @param url such as `file:///home/me/my_model.ts`
 * @throws {Error} if it cannot be loaded, with the reason in one line
 */
// deno-lint-ignore no-explicit-any -- anything may be in a module of somebody else
export async function importDefault(url: string): Promise<any> {
  try {
    // Written out, so that who publishes this sees that it names no package.
    return (await import(`file:///${url.slice(local.length)}`)).default;
  } catch (cause) {
    const [first] = (cause as Error).message.split("\n");
    const [, missing] = first.match(/^(?:Import|Relative import path) "([^"]+)" not /) ?? [];
    if (missing === undefined) throw cause;
    const name = packageName() ?? "@tower/nn";
    const add = missing.startsWith(name) ? `jsr:${name}` : missing;
    // One deno.json is in force: that of the folder that this runs in, wherever the module lies.
    throw new Error(
      `it imports "${missing}", which is no dependency of the folder that this runs in, whose deno.json counts; ` +
        `run \`deno add ${add}\` here`,
      { cause },
    );
  }
}
