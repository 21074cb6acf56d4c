/**
 * Ctrl-C and its relatives.
 *
 * @module
 */

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** A signal that asks a process to end. */
export type InterruptingSignal = keyof typeof signalNumbers;

/** The user, or the system, asked the process to end. */
export class Interruption extends Error {
  /** The name of the class. */
  override readonly name: string = "Interruption";

  /** The signal that asked. */
  readonly by: InterruptingSignal;

  /** An interruption by a signal. */
  constructor(by: InterruptingSignal) {
    super(`Interrupted by ${by}`);
    this.by = by;
  }

  /** What a process that a signal ended exits with: 128 and the signal's number. */
  get exitCode(): number {
    return 128 + signalNumbers[this.by];
  }
}

/**
 * Listens for SIGINT, SIGTERM and the hang-up of the terminal from now on: the first one aborts the signal,
 * with an {@linkcode Interruption} as its reason; the second one ends the process at once.
 */
export function interruptionSignal(): AbortSignal {
  const controller = new AbortController();
  const listen = (by: InterruptingSignal) =>
    Deno.addSignalListener(by, () => {
      const interruption = new Interruption(by);
      if (controller.signal.aborted) Deno.exit(interruption.exitCode);
      controller.abort(interruption);
    });
  listen("SIGINT");
  if (Deno.build.os === "windows") return controller.signal;
  listen("SIGTERM");
  // Listening would undo what nohup does, which leaves the process without a terminal.
  if ([Deno.stdin, Deno.stdout, Deno.stderr].some((file) => file.isTerminal())) listen("SIGHUP");
  return controller.signal;
}
