// The contract over worker threads: the far end is a thread that is blocked, let go and terminated.

import { Worker } from "node:worker_threads";
import { workerLink } from "@switchboard/links";
import { linkContract } from "@switchboard/links/testing";
import { builtProgram } from "@switchboard/testkit";
import { pipeHarness } from "./harness/pipes.ts";

const fixture = await builtProgram(new URL("fixtures/far-pipe.ts", import.meta.url));

linkContract("worker", { comesBack: false }, async () =>
  pipeHarness((role) => {
    const worker = new Worker(fixture, { workerData: role, execArgv: [] });
    let blocked = new Int32Array(new SharedArrayBuffer(4));
    return {
      connect: (options) => workerLink(worker, options),
      stall: () => {
        blocked = new Int32Array(new SharedArrayBuffer(4));
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker is not a window and has no origin
        worker.postMessage({ stall: blocked });
      },
      heal: () => {
        Atomics.store(blocked, 0, 1);
        Atomics.notify(blocked, 0);
      },
      kill: () => worker.terminate(),
    };
  }),
);
