// The events of tasks, as existing clients know them. Their order per task: created, updated (WAITING), updated (EXECUTING), progress, updated (final).

import type { Events } from "../events/event.ts";
import type { LiveTask } from "./live-task.ts";
import { isFinal } from "./states.ts";

/** Announces what happens to tasks. */
export class TaskEvents {
  readonly #emit: Events["emit"];

  constructor(events: Pick<Events, "emit">) {
    this.#emit = (name, args) => events.emit(name, args);
  }

  created(task: LiveTask): void {
    const { id, name } = task;
    void this.#emit("task.created", { id, name, state: "CREATED" });
    this.changed(task, "create");
  }

  /** After each change of state. Carries no error; that is in the record. */
  updated(task: LiveTask): void {
    const { id, name, state } = task;
    const started = state === "EXECUTING" ? { started_at: task.startedAt } : {};
    const finished = state === "FINISHED" ? { finished_at: task.finishedAt, result: task.storedResult } : {};
    void this.#emit("task.updated", { id, name, state, ...started, ...finished });
    this.changed(task);
  }

  /** After each progress report of a task that is not final. */
  progress(task: LiveTask): void {
    this.updated(task);
    const { id, name, state, abortable, progress } = task;
    // The end is told by the state alone.
    if (isFinal(state) || progress.percentage >= 100) return;
    const { percentage, message, extra } = progress;
    void this.#emit("task.progress", { id, name, state, percentage, message, extra, abortable, nolog: true });
  }

  /** After anything else that the record shows, such as a warning. */
  changed({ id }: LiveTask, operation: "create" | "update" = "update"): void {
    void this.#emit("task.changed", { operation, ids: [id] });
  }
}
