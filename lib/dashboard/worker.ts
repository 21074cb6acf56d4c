/**
 * The dashboard in a thread of its own, so that it answers while training holds the other.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { openDashboard } from "./open_dashboard.ts";
import type { DashboardAnswer, DashboardRequest } from "./in_thread.ts";

self.onmessage = ({ data: { runs, port } }: MessageEvent<DashboardRequest>) => {
  const reply = (answer: DashboardAnswer) => self.postMessage(answer);
  try {
    reply({ url: openDashboard(runs, port).url });
  } catch (error) {
    reply({ failed: (error as Error).message });
  }
};
