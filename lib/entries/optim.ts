/**
 * Update rules, schedules and averages: functions over arrays and steps.
 *
 * @module
 */

export * from "../optim/averages.ts";
export * from "../optim/host_update.ts";
export * from "../optim/optimizers.ts";
export * from "../optim/schedules.ts";
