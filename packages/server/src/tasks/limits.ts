// How much the task engine does at once and keeps: limits as given and as resolved once at the door.

import { availableParallelism } from "node:os";

/** Limits of the task engine. All have defaults. */
export interface TaskLimits {
  /** Tasks that run in this process at once, default 64. Subtasks do not count: their parents have a place already. */
  readonly maxRunning?: number;
  /** Processes for isolated tasks, default the number of processors, at least 2. Subtasks may need more. */
  readonly maxProcesses?: number;
  /** Tasks that wait or run, default 200_000; further ones are refused with TASK_QUEUE_FULL. */
  readonly maxTasks?: number;
  /** Subtasks that run at once, default 1_000. */
  readonly maxSubtasks?: number;
  /** Warnings kept of one task, default 1_000. */
  readonly maxWarnings?: number;
  /** After waiting so long as the first of those that want the same resources, a task gets the right of way. Milliseconds, default 10_000. */
  readonly patienceMs?: number;
  /** How long `verify` and `describe` of one task may take together. Milliseconds, default 60_000. */
  readonly verifyTimeoutMs?: number;
  /** How long an abortable task may take to end after it was asked to. Milliseconds, default 30_000. */
  readonly abortGraceMs?: number;
  /** How long a process may take to start. Milliseconds, default 60_000. */
  readonly startTimeoutMs?: number;
  /** Characters kept of what an isolated task writes, default 1_048_576. */
  readonly maxOutputChars?: number;
  /** How long ended tasks are remembered, milliseconds, default 90 days. */
  readonly maxAgeMs?: number;
  /** How many ended tasks are remembered, default 200_000. */
  readonly maxRecords?: number;
}

/** Limits with their defaults filled in. */
export interface ResolvedTaskLimits extends Required<Omit<TaskLimits, "maxAgeMs" | "maxRecords">> {
  readonly retention: { readonly maxAgeMs: number; readonly maxRecords: number };
}

/** Fills in defaults. */
export function resolveTaskLimits({
  maxAgeMs = 90 * 86_400_000,
  maxRecords = 200_000,
  ...limits
}: TaskLimits = {}): ResolvedTaskLimits {
  return {
    maxRunning: 64,
    maxProcesses: Math.max(2, availableParallelism()),
    maxTasks: 200_000,
    maxSubtasks: 1_000,
    maxWarnings: 1_000,
    patienceMs: 10_000,
    verifyTimeoutMs: 60_000,
    abortGraceMs: 30_000,
    startTimeoutMs: 60_000,
    maxOutputChars: 1_048_576,
    ...limits,
    retention: { maxAgeMs, maxRecords },
  };
}
