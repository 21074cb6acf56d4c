/**
 * The dashboard in a thread of its own, so that it answers while training holds the other.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { openDashboard } from "./open_dashboard.ts";
import type { DashboardAnswer, DashboardRequest } from "./in_thread.ts";
import type { Dashboard } from "./server.ts";

let dashboard: Dashboard | undefined;
let again: string | undefined;

self.onmessage = async ({ data }: MessageEvent<DashboardRequest>) => {
  const reply = (answer: DashboardAnswer) => self.postMessage(answer);
  if ("end" in data) {
    again = data.again;
    await dashboard?.[Symbol.asyncDispose]();
    return reply({ ended: true });
  }
  const { runs, port } = data;
  const found = { runs, waiting: [], problems: [] };
  try {
    dashboard = openDashboard({ find: () => Promise.resolve(found), again: () => again }, port);
    reply({ url: dashboard.url });
  } catch (error) {
    reply({ failed: (error as Error).message });
  }
};
