/**
 * How this program is started: from a checkout, or from a registry.
 *
 * @module
 */

/** What `deno.json` of a checkout has a task for; it asks for fewer permissions than `-A`. */
const tasks = ["train", "eval", "dashboard", "quickstart", "setup"];

/** Where a registry keeps this file: `https://jsr.io/@scope/name/VERSION/lib/started.ts`. */
const published = /^https?:\/\/.*\/(@[^/]+\/[^/]+)\/[^/]+\/lib\/started\.ts$/;

/**
 * The package's name in a registry, such as `@tower/nn`; nothing in a checkout.
 *
 * @param url where this file lies
 */
export function packageName(url: string = import.meta.url): string | undefined {
  return url.match(published)?.[1];
}

/**
 * What to type to run the command line, to be followed by a command: `deno run -A cli.ts`.
 *
 * @param url where this file lies
 */
export function programLine(url: string = import.meta.url): string {
  const name = packageName(url);
  return `deno run -A ${name ? `jsr:${name}/cli` : "cli.ts"}`;
}

/**
 * What to type to run a command: `deno task train`, `deno run -A cli.ts devices`.
 *
 * @param url where this file lies
 */
export function commandLine(command: string, url: string = import.meta.url): string {
  const [name] = command.split(" ");
  return !packageName(url) && tasks.includes(name)
    ? `deno task ${command}`
    : `${programLine(url)} ${command}`;
}
