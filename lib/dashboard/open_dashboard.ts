/**
 * Opening the dashboard on a port, or on another where that is taken.
 *
 * @module
 */
import { Dashboard, type ShownRun } from "./server.ts";

/** The port where nobody names one. */
export const dashboardPort = 6060;

/**
 * Opens it on the port; without one on the usual port, or any that is free.
 *
 * @throws {Deno.errors.AddrInUse} if the port is given and taken
 */
export function openDashboard(runs: readonly ShownRun[], port?: number): Dashboard {
  try {
    return new Dashboard({ runs, port: port ?? dashboardPort });
  } catch (error) {
    if (port !== undefined || !(error instanceof Deno.errors.AddrInUse)) throw error;
    return new Dashboard({ runs, port: 0 });
  }
}
