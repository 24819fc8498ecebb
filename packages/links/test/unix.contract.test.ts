// The contract over Unix sockets: the far ends are child processes that are stopped, continued, killed and started again at the same paths.

import { unixLink } from "@switchboard/links";
import { type FarRole, linkContract } from "@switchboard/links/testing";
import { builtProgram, type NodeProcess, spawnNode, tempFolder } from "@switchboard/testkit";
import { hostileServer } from "./harness/hostile-server.ts";

const fixture = await builtProgram(new URL("fixtures/far-sockets.ts", import.meta.url));

linkContract("unix", { comesBack: true }, async () => {
  const folder = tempFolder();
  const hostile = await hostileServer({ path: `${folder}/hostile` }, "");
  const processes = new Map<FarRole, NodeProcess>();

  async function start(role: FarRole): Promise<void> {
    const far = spawnNode(fixture, [role, `${folder}/${role}`]);
    processes.set(role, far);
    await far.lines.next();
  }

  function signal(role: FarRole, name: NodeJS.Signals): void {
    const far = processes.get(role);
    if (far !== undefined) process.kill(far.pid, name);
  }

  return {
    async connect(role, options) {
      if (role !== "hostile" && !processes.has(role)) await start(role);
      return {
        link: unixLink({ path: `${folder}/${role}`, ...options }),
        async cut() {
          await processes.get(role)?.kill();
          await start(role);
        },
        stall: () => signal(role, "SIGSTOP"),
        heal: () => signal(role, "SIGCONT"),
      };
    },
    async close() {
      hostile.close();
      for (const far of processes.values()) await far.kill();
    },
  };
});
