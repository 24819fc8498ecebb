// A million messages of every kind leave the heap as it was.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { BasicMessageListener, DEFERRED, Dispatcher, MessageQueue } from "@switchboard/core";
import { expect, it } from "vitest";
import { kit, listener } from "./kit.ts";
import { linkPair } from "./link-pair.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes in use after everything that can be freed was freed. */
async function heapUsed(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  return process.memoryUsage().heapUsed;
}

/** Runs `round` until it has sent `messages`, and returns by how much the heap has grown since the first tenth. */
async function growth(messages: number, perRound: number, round: () => Promise<unknown>): Promise<number> {
  let start = 0;
  for (let sent = 0; sent < messages; sent += perRound) {
    if (start === 0 && sent >= messages / 10) start = await heapUsed();
    await round();
  }
  return (await heapUsed()) - start;
}

const someSlack = 1_000_000;

it("a million messages in one process", async () => {
  const dispatcher = new Dispatcher({ onError: () => undefined });
  const queue = new MessageQueue();
  const table = new BasicMessageListener("table");
  table.add({ match: { type: "queue" }, queue });
  table.add({ match: { type: "fail" }, asyncCallback: () => Promise.reject(new Error("no")) });
  table.add({ callback: ({ content }) => content });
  dispatcher.register(table);
  dispatcher.register(listener("defers", () => DEFERRED));
  dispatcher.joinGroup("g", table);
  const { signal } = new AbortController();
  let id = 0;
  const round = async (): Promise<void> => {
    const kinds = [
      { destinationId: "table" },
      { destinationId: "table", responseRequired: true },
      { destinationId: "table", responseRequired: true, blocking: true },
      { destinationId: "table", type: "queue" },
      { destinationId: "table", type: "fail", responseRequired: true },
      { groupId: "g", responseRequired: true },
      { groupId: "nobody" },
      { destinationId: "nobody", responseRequired: true },
    ];
    const sent: Promise<unknown>[] = [];
    for (let count = 0; count < 100; count++) {
      for (const kind of kinds) sent.push(dispatcher.send({ content: count, ...kind }, { timeoutMs: 60_000, signal }));
      const deferred = { id: `d${++id}`, destinationId: "defers", responseRequired: true };
      sent.push(
        dispatcher.send(deferred, { timeoutMs: 60_000 }),
        dispatcher.send({ isResponse: true, id: deferred.id }),
      );
    }
    await Promise.allSettled(sent);
    while (queue.takeNow() !== undefined);
  };
  expect(await growth(1_000_000, 1000, round)).toBeLessThan(someSlack);
  expect(dispatcher.activity()).toMatchObject({ awaitedResponses: 0, queuedMessages: 0, activeChannels: 0, groups: 1 });
});

it("a hundred thousand messages between two, and listeners that come and go", async () => {
  const [a, b] = [kit({ processId: "A" }).dispatcher, kit({ processId: "B" }).dispatcher];
  b.register(listener("echo", async ({ content }) => content));
  b.joinGroup(
    "g",
    listener(undefined, () => null),
  );
  const [near, far] = linkPair();
  await Promise.all([a.join(near), b.join(far)]);
  const round = async (): Promise<void> => {
    const sent: Promise<unknown>[] = [];
    for (let count = 0; count < 100; count++) {
      sent.push(a.send({ destinationId: "echo", content: count, responseRequired: true, blocking: true }));
      sent.push(a.send({ groupId: "g", responseRequired: true }, { timeoutMs: 60_000 }));
      const guest = listener(undefined, () => "guest");
      b.register(guest);
      b.joinGroup(`group of ${guest.id}`, guest);
      sent.push(a.send({ destinationId: "nobody", processId: "B", responseRequired: true }));
      b.leaveGroup(`group of ${guest.id}`, guest);
      b.deregister(guest);
    }
    await Promise.allSettled(sent);
    near.sent.length = far.sent.length = 0;
  };
  expect(await growth(100_000, 300, round)).toBeLessThan(someSlack);
});
