// The contract over TCP: the far ends are child processes behind proxies that cut and stall connections.

import type { AddressInfo } from "node:net";
import { tcpLink } from "@switchboard/links";
import { type FarRole, linkContract } from "@switchboard/links/testing";
import { builtProgram, spawnNode, TcpProxy } from "@switchboard/testkit";
import { hostileServer } from "./harness/hostile-server.ts";

const fixture = await builtProgram(new URL("fixtures/far-sockets.ts", import.meta.url));
const secret = "what both ends know";

linkContract("tcp", { comesBack: true }, async () => {
  const hostile = await hostileServer({ port: 0, host: "127.0.0.1" }, secret);
  const ports = new Map<FarRole, number>([["hostile", (hostile.address() as AddressInfo).port]]);
  const closing: (() => unknown)[] = [() => hostile.close()];

  async function portOf(role: FarRole): Promise<number> {
    const known = ports.get(role);
    if (known !== undefined) return known;
    const far = spawnNode(fixture, [role, "", secret]);
    closing.push(() => far.kill());
    const port = Number((await far.lines.next()).value);
    ports.set(role, port);
    return port;
  }

  return {
    async connect(role, options) {
      const proxy = await TcpProxy.start({ targetPort: await portOf(role) });
      closing.push(() => proxy.close());
      return {
        link: tcpLink({ port: proxy.port, secret, ...options }),
        cut: () => proxy.cut(),
        stall: () => proxy.stall(),
        heal: () => proxy.heal(),
      };
    },
    async close() {
      for (const close of closing) await close();
    },
  };
});
