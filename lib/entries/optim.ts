/**
 * Update rules, schedules and averages: functions over arrays and steps.
 *
 * @module
 */

export * from "../optim/averages.ts";
export { type HostArenas, type HostUpdate, updateInHostMemory } from "../optim/host_update.ts";
export * from "../optim/optimizers.ts";
export * from "../optim/schedules.ts";
