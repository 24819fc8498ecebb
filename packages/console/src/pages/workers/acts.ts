// What can be done with a channel, router or application, when, and what it means for its messages. Pure.

/** The acts. */
export type WorkerAct = "start" | "stop" | "pause" | "resume" | "restart";

/** Their words. `after`: what becomes of messages. */
export const actWords: Readonly<
  Record<WorkerAct, { readonly verb: string; readonly doing: string; readonly after: string }>
> = {
  start: { verb: "Start", doing: "Starting", after: "It begins at once." },
  stop: {
    verb: "Stop",
    doing: "Stopping",
    after: "People cannot reach it until it is started; what is sent meanwhile waits in its queue.",
  },
  pause: { verb: "Pause", doing: "Pausing", after: "They wait in their queues until it is resumed; nothing is lost." },
  resume: { verb: "Resume", doing: "Resuming", after: "What waits goes on at once." },
  restart: {
    verb: "Restart",
    doing: "Restarting",
    after: "It is away for a few seconds; what comes meanwhile waits.",
  },
};

/** Whether a worker stands still and has to be started. */
export function isDown(state: string): boolean {
  return ["stopped", "failed", "crash_looping"].includes(state);
}

/** Whether an act makes sense in a state. */
export function fits(act: WorkerAct, state: string): boolean {
  if (act === "start") return isDown(state);
  if (act === "resume") return state === "paused";
  if (act === "pause") return state === "running";
  return !isDown(state);
}

/** Starting and resuming cost nothing: no question. */
export function goesAtOnce(act: WorkerAct): boolean {
  return act === "start" || act === "resume";
}
