// The door to tasks: what task handlers are written with, and the engine that runs them.

export { defineTask, type TaskFunctions } from "./define-task.ts";
export {
  ProgressTask,
  type SubtaskOptions,
  Task,
  type TaskClass,
  type TaskConfigStore,
  type TaskContext,
  type TaskDatastore,
  type TaskDeclaration,
  type TaskDescription,
  type TaskProgress,
  type WarningOptions,
} from "./task.ts";
export { TaskAbortError, TaskError, TaskValidationError, TaskWarning, VerifyError } from "./task-errors.ts";
export { TaskFile } from "./task-file.ts";
export { type SubmitOptions, TaskEngine, type TaskEngineOptions } from "./engine.ts";
export type { TaskLimits } from "./limits.ts";
export { type ResourcePlace, ResourceGraph } from "./resource-graph.ts";
export type { HookCondition, HookPoint } from "./task-hooks.ts";
export { taskService } from "./task-service.ts";
export { testTasks } from "./test-tasks.ts";
export { type TrackedResources, trackResources, type TrackSupport } from "./track-resources.ts";
