// The states of a task and the ways between them.

/** Where a task is in its life. The last three are final. */
export type TaskState = "CREATED" | "WAITING" | "EXECUTING" | "ROLLBACK" | "FINISHED" | "FAILED" | "ABORTED";

const next: Readonly<Record<TaskState, readonly TaskState[]>> = {
  // Subtasks have no queue and go straight to EXECUTING.
  CREATED: ["WAITING", "EXECUTING", "FAILED", "ABORTED"],
  WAITING: ["EXECUTING", "FAILED", "ABORTED"],
  EXECUTING: ["FINISHED", "ROLLBACK", "FAILED", "ABORTED"],
  ROLLBACK: ["FAILED", "ABORTED"],
  FINISHED: [],
  FAILED: [],
  ABORTED: [],
};

/** The states in which a task that is not final can be found. */
export const liveStates: readonly TaskState[] = ["CREATED", "WAITING", "EXECUTING", "ROLLBACK"];

/** The states that nothing follows. */
export const finalStates: readonly TaskState[] = ["FINISHED", "FAILED", "ABORTED"];

/** True when nothing follows. */
export function isFinal(state: TaskState): boolean {
  return next[state].length === 0;
}

/** True when a task may go from one state to the other. */
export function mayFollow(from: TaskState, to: TaskState): boolean {
  return next[from].includes(to);
}
