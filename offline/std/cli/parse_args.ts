/** What {@linkcode parseArgs} is told of the flags. */
export interface ParseOptions {
  /** Flags that are true or false and never take the next argument. */
  boolean?: readonly string[];
  /** Flags with a value, `""` where none is given; with `_`, what is no flag stays text too. */
  string?: readonly string[];
  /** Flags that `--no-NAME` sets to `false`. */
  negatable?: readonly string[];
  /** Values of the flags that are not given. */
  default?: Record<string, unknown>;
  /** Called with what is neither of these; what it returns `false` for is left out. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Flags by name, and under `_` whatever is no flag. */
export interface Args {
  [name: string]: unknown;
  /** Arguments that belong to no flag. */
  _: (string | number)[];
}

/**
 * Reads flags from a command line: `--x v`, `--x=v`, `--x`, `--no-x`; after `--` all is no flag.
 *
 * Short flags are given to `unknown` whole, where the real package takes them apart.
 */
export function parseArgs(args: string[], options: ParseOptions = {}): Args {
  const { boolean = [], string = [], negatable = [], unknown = () => true } = options;
  const parsed: Args = { _: [] };
  const set = (key: string, value: unknown, arg: string) => {
    const known = boolean.includes(key) || string.includes(key);
    if (!known && unknown(arg, key, value) === false) return;
    parsed[key] = typeof value === "string" && !string.includes(key) ? numberOrText(value) : value;
  };

  const end = args.indexOf("--");
  const rest = end < 0 ? [] : args.slice(end + 1);
  args = end < 0 ? args : args.slice(0, end);
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    const match = arg.match(/^(--?)(no-)?(.+?)(?:=(.+))?$/s);
    if (!match) {
      const word = string.includes("_") ? arg : numberOrText(arg);
      if (unknown(arg) !== false) parsed._.push(word);
      continue;
    }
    const [, dashes, negated, name, value] = match;
    const key = negated ? `no-${name}` : name;
    const next: string | undefined = args[i + 1];
    if (dashes === "-") set(arg.slice(1), true, arg);
    else if (value) set(name, boolean.includes(name) ? value !== "false" : value, arg);
    else if (negated && negatable.includes(name)) set(name, false, arg);
    else if (next && !boolean.includes(key) && !next.startsWith("-")) set(key, args[++i], arg);
    else if (next === "true" || next === "false") set(key, args[++i] === "true", arg);
    else set(key, string.includes(key) ? "" : true, arg);
  }
  parsed._.push(...rest);

  for (const name of boolean) parsed[name] ??= options.default?.[name] ?? false;
  return { ...options.default, ...parsed };
}

function numberOrText(text: string): string | number {
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}
