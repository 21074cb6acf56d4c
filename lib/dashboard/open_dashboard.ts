/**
 * Opening the dashboard on a port, or on another where that is taken.
 *
 * @module
 */
import { dashboardPort } from "./in_thread.ts";
import { Dashboard, type DashboardOptions } from "./server.ts";

/**
 * Opens it on the port; without one on the usual port, or any that is free.
 *
 * @throws {Error} if the port is given and taken
 */
export function openDashboard(
  options: Omit<DashboardOptions, "port">,
  port?: number,
): Dashboard {
  try {
    return new Dashboard({ ...options, port: port ?? dashboardPort });
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    if (port !== undefined) {
      throw new Error(`Cannot listen at port ${port}: it is taken; name another, or none`);
    }
    return new Dashboard({ ...options, port: 0 });
  }
}
