/**
 * Ctrl-C and its relatives.
 *
 * @module
 */

/** The user, or the system, asked the process to end. */
export class Interruption extends Error {
  /** The name of the class. */
  override readonly name: string = "Interruption";

  /** The signal that asked. */
  readonly by: "SIGINT" | "SIGTERM";

  /** An interruption by one of the two signals. */
  constructor(by: "SIGINT" | "SIGTERM") {
    super(`Interrupted by ${by}`);
    this.by = by;
  }

  /** What a process that a signal ended exits with: 128 and the signal's number. */
  get exitCode(): number {
    return this.by === "SIGINT" ? 130 : 143;
  }
}

/**
 * Listens for SIGINT and SIGTERM from now on: the first one aborts the signal, with an
 * {@linkcode Interruption} as its reason; the second one ends the process at once.
 */
export function interruptionSignal(): AbortSignal {
  const controller = new AbortController();
  const listen = (by: Interruption["by"]) =>
    Deno.addSignalListener(by, () => {
      const interruption = new Interruption(by);
      if (controller.signal.aborted) Deno.exit(interruption.exitCode);
      controller.abort(interruption);
    });
  listen("SIGINT");
  if (Deno.build.os !== "windows") listen("SIGTERM");
  return controller.signal;
}
