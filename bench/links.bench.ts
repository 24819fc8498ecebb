// What a link costs: request and reply with 200 bytes of content, the other side in another process or thread, against the bare pipe and named peers.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deepStrictEqual } from "node:assert/strict";
import { type Contender, header, race, type Target } from "./harness.ts";
import type { Content } from "./links/echo.ts";
import {
  type Ask,
  endAll,
  overComlink,
  overIpc,
  overMoleculer,
  overPort,
  overSocket,
  overSwitchboard,
} from "./links/near.ts";

const text = "x".repeat(180);
const perRound: Readonly<Record<number, number>> = { 1: 4000, 10: 25_000, 256: 60_000 };

header("links: request and reply, 200 bytes", ["moleculer", "comlink"]);
const folder = mkdtempSync(join(tmpdir(), "switchboard-bench-"));
try {
  await compare(
    "TCP",
    {
      "bare socket, one array per tick": await overSocket("per-tick"),
      "bare socket, one frame per write": await overSocket("per-frame"),
      switchboard: await overSwitchboard.tcp(),
      "moleculer TCP": await overMoleculer(),
    },
    [
      { of: "switchboard", against: "bare socket, one array per tick", atLeast: 0.7 },
      { of: "switchboard", against: "moleculer TCP", atLeast: 2.5 },
    ],
  );
  await compare(
    "Unix socket",
    {
      "bare socket, one array per tick": await overSocket("per-tick", join(folder, "per-tick")),
      "bare socket, one frame per write": await overSocket("per-frame", join(folder, "per-frame")),
      switchboard: await overSwitchboard.unix(join(folder, "switchboard")),
    },
    [{ of: "switchboard", against: "bare socket, one array per tick", atLeast: 0.7 }],
  );
  await compare(
    "worker thread",
    {
      "plain postMessage": await overPort(),
      comlink: await overComlink(),
      switchboard: await overSwitchboard.worker(),
    },
    [{ of: "switchboard", against: "comlink", atLeast: 2.5 }],
  );
  await compare(
    "child process IPC",
    { "plain process.send": await overIpc(), switchboard: await overSwitchboard.ipc() },
    [{ of: "switchboard", against: "plain process.send", atLeast: 1 }],
  );
} finally {
  await endAll();
  rmSync(folder, { recursive: true });
}

/** Races the contenders with 1, 10 and 256 requests in flight; the targets hold for 256. Ends their far sides. */
async function compare(pipe: string, asks: Readonly<Record<string, Ask>>, targets: readonly Target[]): Promise<void> {
  for (const inFlight of [1, 10, 256]) {
    await race({
      title: `${pipe}, ${inFlight} in flight`,
      operations: perRound[inFlight] ?? 0,
      rounds: 5,
      contenders: Object.entries(asks).map(([name, ask]) => contender(name, ask, inFlight)),
      targets: inFlight === 256 ? targets : [],
    });
  }
  await endAll();
}

function contender(name: string, ask: Ask, inFlight: number): Contender {
  return {
    name,
    async check() {
      const contents = Array.from({ length: 1000 }, (_, n): Content => ({ n, text: `${text} é` }));
      deepStrictEqual(await Promise.all(contents.map(ask)), contents);
    },
    async run(operations) {
      let n = 0;
      const lane = async (): Promise<void> => {
        while (n < operations) await ask({ n: n++, text });
      };
      await Promise.all(Array.from({ length: inFlight }, lane));
    },
  };
}
