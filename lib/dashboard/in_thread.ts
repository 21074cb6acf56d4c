/**
 * Starting the dashboard in a thread of its own.
 *
 * @module
 */
import type { ShownRun } from "./message.ts";

/** The port where nobody names one. */
export const dashboardPort = 6060;

/** What to show in the thread. */
export interface ThreadedOptions {
  /** The runs to show. */
  readonly runs: readonly ShownRun[];
  /** The port, if it has to be that one. */
  readonly port?: number;
}

/** What the thread is told: to begin, then to end, with the command that shows the same again. */
export type DashboardRequest = ThreadedOptions | { readonly end: true; readonly again?: string };

/** What it answers. */
export type DashboardAnswer =
  | { readonly url: string }
  | { readonly failed: string }
  | { readonly ended: true };

/** A dashboard in a thread. */
export interface ThreadedDashboard {
  /** Where it is. */
  readonly url: string;
  /** Tells the pages how the runs ended, and how to see them again, if at all; and ends. */
  end(again: string | undefined): Promise<void>;
}

/** Milliseconds after which a thread that does not end is ended. */
const patience = 5000;

/**
 * Starts it.
 *
 * @throws {Error} if it cannot listen there
 */
export async function startDashboard(options: ThreadedOptions): Promise<ThreadedDashboard> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const ask = (request: DashboardRequest): Promise<DashboardAnswer> =>
    new Promise((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<DashboardAnswer>) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        resolve({ failed: event.message });
      };
      worker.postMessage(request);
    });
  const got = await ask(options);
  if (!("url" in got)) {
    worker.terminate();
    throw new Error(`Cannot open the dashboard: ${"failed" in got ? got.failed : "it has ended"}`);
  }
  return {
    url: got.url,
    async end(again) {
      let timer: ReturnType<typeof setTimeout>;
      const late = new Promise((resolve) => timer = setTimeout(resolve, patience));
      await Promise.race([ask({ end: true, again }), late]);
      clearTimeout(timer!);
      worker.terminate();
    },
  };
}
