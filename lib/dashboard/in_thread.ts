/**
 * Starting the dashboard in a thread of its own.
 *
 * @module
 */
import type { ShownRun } from "./server.ts";

/** The port where nobody names one. */
export const dashboardPort = 6060;

/** What the thread is told. */
export interface DashboardRequest {
  /** The runs to show. */
  readonly runs: readonly ShownRun[];
  /** The port, if it has to be that one. */
  readonly port?: number;
}

/** What it answers. */
export type DashboardAnswer = { readonly url: string } | { readonly failed: string };

/** A dashboard that ends with its thread. */
export interface ThreadedDashboard extends Disposable {
  /** Where it is. */
  readonly url: string;
}

/**
 * Starts it.
 *
 * @throws {Error} if it cannot listen there
 */
export async function startDashboard(request: DashboardRequest): Promise<ThreadedDashboard> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const answer = Promise.withResolvers<DashboardAnswer>();
  worker.onmessage = ({ data }: MessageEvent<DashboardAnswer>) => answer.resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    answer.resolve({ failed: event.message });
  };
  worker.postMessage(request);
  const got = await answer.promise;
  if ("failed" in got) {
    worker.terminate();
    throw new Error(`Cannot open the dashboard: ${got.failed}`);
  }
  return { url: got.url, [Symbol.dispose]: () => worker.terminate() };
}
