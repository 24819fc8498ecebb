// The contract over IPC: the far end is a child process that is stopped, continued and killed by signals.

import { ipcLink } from "@switchboard/links";
import { linkContract } from "@switchboard/links/testing";
import { builtProgram, spawnNode } from "@switchboard/testkit";
import { pipeHarness } from "./harness/pipes.ts";

const fixture = await builtProgram(new URL("fixtures/far-pipe.ts", import.meta.url));

linkContract("ipc", { comesBack: false }, async () =>
  pipeHarness((role) => {
    const far = spawnNode(fixture, [role]);
    const { child, pid } = far;
    return {
      connect: (options) => ipcLink(child, options),
      stall: () => void process.kill(pid, "SIGSTOP"),
      heal: () => {
        if (child.exitCode === null && child.signalCode === null) process.kill(pid, "SIGCONT");
      },
      kill: () => far.kill(),
    };
  }),
);
