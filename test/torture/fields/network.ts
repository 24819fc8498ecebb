// What can happen to connections, whoever has them.

import { setTimeout as sleep } from "node:timers/promises";
import type { TcpProxy } from "@switchboard/testkit";
import type { Random } from "../random.ts";
import type { Disaster } from "./field.ts";

/** Cut, stall and refuse the connections that go through `proxy`. */
export function networkDisasters(proxy: TcpProxy, random: Random): readonly Disaster[] {
  return [
    { name: "reset connections", strike: async () => proxy.cut("reset") },
    { name: "end connections", strike: async () => proxy.cut("end") },
    {
      name: "stall connections",
      strike: async () => {
        proxy.stall();
        await sleep(random.between(200, 3_000));
        await proxy.heal();
      },
    },
    {
      name: "stall, then reset connections",
      strike: async () => {
        proxy.stall();
        await sleep(random.between(50, 500));
        proxy.cut("reset");
        await proxy.heal();
      },
    },
    {
      name: "refuse connections",
      strike: async () => {
        proxy.refuse();
        proxy.cut("reset");
        await sleep(random.between(200, 2_000));
        await proxy.heal();
      },
    },
  ];
}
