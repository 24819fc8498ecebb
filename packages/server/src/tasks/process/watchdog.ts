// Ends a process for isolated tasks, with all that it has started, when its server is gone: also one whose task never gives way, since this runs in a
// thread of its own. Called by the process itself, at its start.

import { Worker } from "node:worker_threads";

// As text, so that the thread loads nothing: it is there within milliseconds and needs no compiler.
const program = `
  const { workerData } = require("node:worker_threads");
  setInterval(() => {
    if (process.ppid !== workerData.parentPid) process.kill(workerData.target, "SIGKILL");
  }, workerData.intervalMs);
`;

/** Watches from now on whether `parentPid` is still the parent. This process has to lead its process group. */
export function endWithParent(parentPid: number, intervalMs = 500): void {
  const workerData = { parentPid, intervalMs, target: -process.pid };
  new Worker(program, { eval: true, execArgv: [], workerData }).unref();
}
