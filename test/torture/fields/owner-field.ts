// A bus that lives in one process of ours (embedded, or the memory bus as a bad example): the owner, its disk, and the way to it.

import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { builtProgram, type NodeProcess, TcpProxy, freePort, smallDisk, spawnNode } from "@switchboard/testkit";
import type { QueueState } from "../workers/queue-state.ts";
import { RemoteBus } from "../workers/remote-bus.ts";
import type { OwnerSettings } from "../workers/settings.ts";
import type { Disaster, Field, FieldOptions } from "./field.ts";
import { networkDisasters } from "./network.ts";

const program = await builtProgram(new URL("../workers/owner.ts", import.meta.url));
const diskBytes = 512 * 1024 * 1024;
const chunk = Buffer.alloc(64 * 1024);

/** Lays the field out and starts the owner. */
export async function createOwnerField(
  { random, folder }: FieldOptions,
  { engine, fault }: Pick<OwnerSettings, "engine" | "fault">,
): Promise<Field> {
  const disk = smallDisk(diskBytes);
  const port = await freePort();
  const owner = new Owner({ engine, fault, port, folder: disk?.path ?? folder });
  await owner.start();
  const proxy = await TcpProxy.start({ targetPort: port });
  const fullDisk: Disaster = {
    name: "full disk",
    strike: async () => {
      const ballast = `${disk?.path}/ballast`;
      fillDisk(ballast);
      await sleep(random.between(200, 1_500));
      rmSync(ballast);
    },
  };
  return {
    reach: { kind: "owner", port: proxy.port },
    crashes: owner.crashes,
    disasters: [
      { name: "kill owner", strike: () => owner.killAndStart() },
      { name: "kill owner twice", strike: () => owner.killAndStart().then(() => owner.killAndStart()) },
      { name: "freeze owner", strike: () => owner.freeze(random.between(100, 1_000)) },
      ...networkDisasters(proxy, random),
      // Takes a file system of its own, and that takes root.
      ...(disk === undefined ? [] : [fullDisk]),
    ],
    state: (queues) => askOwner(port, queues),
    end: async () => {
      proxy.close();
      await owner.end();
      disk?.release();
    },
  };
}

class Owner {
  readonly crashes: string[] = [];
  readonly #settings: OwnerSettings;
  #process: NodeProcess | undefined;

  constructor(settings: OwnerSettings) {
    this.#settings = settings;
  }

  async start(): Promise<void> {
    const started = spawnNode(program, [JSON.stringify(this.#settings)]);
    this.#process = started;
    void started.exited.then(({ code, signal }) => {
      if (this.#process !== started) return;
      this.crashes.push(`the owner ended by itself (${signal ?? code}): ${started.stderr()}`);
      this.#process = undefined;
    });
    await started.messages.next();
  }

  async killAndStart(): Promise<void> {
    await this.end();
    await this.start();
  }

  async freeze(ms: number): Promise<void> {
    const { pid } = this.#process ?? {};
    if (pid === undefined) return;
    process.kill(pid, "SIGSTOP");
    await sleep(ms);
    process.kill(pid, "SIGCONT");
  }

  async end(): Promise<void> {
    const ending = this.#process;
    this.#process = undefined;
    await ending?.kill();
  }
}

async function askOwner(port: number, queues: readonly string[]): Promise<QueueState> {
  const remote = new RemoteBus(port);
  try {
    return await remote.state(queues);
  } finally {
    remote.close();
  }
}

function fillDisk(path: string): void {
  const file = openSync(path, "w");
  try {
    for (;;) writeSync(file, chunk);
  } catch {
    // Full: what was wanted.
  } finally {
    closeSync(file);
  }
}
