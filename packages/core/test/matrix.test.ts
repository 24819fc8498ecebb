// The documented matrix, cell by cell: how a message is sent × what its entry targets × where its listener lives.

import {
  BasicMessageListener,
  type Dispatcher,
  type FilterTarget,
  type Message,
  MessageQueue,
} from "@switchboard/core";
import { describe, expect, it } from "vitest";
import { kit } from "./kit.ts";
import { linkPair } from "./link-pair.ts";

interface Scene {
  readonly sender: Dispatcher;
  readonly queue: MessageQueue;
}

const targets = {
  callback: () => ({ callback: ({ content }: Message) => `callback got ${String(content)}` }),
  "async callback": () => ({ asyncCallback: async ({ content }: Message) => `async callback got ${String(content)}` }),
  queue: (queue: MessageQueue) => ({ queue }),
  "other listener": () => {
    const other = new BasicMessageListener("other");
    other.add({ match: { synchronous: true }, callback: ({ content }) => `other's sync path got ${String(content)}` });
    other.add({
      match: { synchronous: false },
      callback: ({ content }) => `other's async path got ${String(content)}`,
    });
    return { listener: other };
  },
} satisfies Record<string, (queue: MessageQueue) => FilterTarget>;
type Target = keyof typeof targets;

async function scene(target: Target, where: "same" | "other"): Promise<Scene> {
  const home = kit({ processId: "home" }).dispatcher;
  const queue = new MessageQueue();
  const listener = new BasicMessageListener("it");
  listener.add(targets[target](queue));
  home.register(listener);
  if (where === "same") return { sender: home, queue };
  const sender = kit({ processId: "away" }).dispatcher;
  const [near, far] = linkPair();
  await Promise.all([sender.join(near), home.join(far)]);
  return { sender, queue };
}

const letter = { destinationId: "it", content: "x" };
const syncError = expect.objectContaining({ code: "KERNEL_NOT_SYNCHRONOUS" });

describe("a synchronous message, same process", () => {
  it("callback: its value is returned at once", async () => {
    const { sender } = await scene("callback", "same");
    expect(sender.sendSync(letter)).toBe("callback got x");
  });

  it("async callback: error", async () => {
    const { sender } = await scene("async callback", "same");
    expect(() => sender.sendSync(letter)).toThrow(syncError);
  });

  it("an async function that was declared as a plain callback: error, and it is not called", () => {
    const { dispatcher } = kit();
    const listener = new BasicMessageListener("it");
    let called = false;
    listener.add({
      name: "disguised",
      callback: async () => {
        called = true;
      },
    });
    dispatcher.register(listener);
    expect(() => dispatcher.sendSync(letter)).toThrow(
      expect.objectContaining({
        code: "KERNEL_NOT_SYNCHRONOUS",
        message: expect.stringContaining('entry "disguised"'),
      }),
    );
    expect(called).toBe(false);
  });

  it("queue: it is placed on the queue, null is returned", async () => {
    const { sender, queue } = await scene("queue", "same");
    expect(sender.sendSync(letter)).toBeNull();
    expect(queue.takeNow()).toMatchObject({ content: "x", synchronous: true });
  });

  it("other listener: it goes that listener's synchronous way", async () => {
    const { sender } = await scene("other listener", "same");
    expect(sender.sendSync(letter)).toBe("other's sync path got x");
  });
});

describe("a synchronous message, other process", () => {
  it.each(Object.keys(targets) as Target[])("%s: error", async (target) => {
    const { sender, queue } = await scene(target, "other");
    expect(() => sender.sendSync(letter)).toThrow(syncError);
    expect(queue.length).toBe(0);
  });
});

describe.each(["same", "other"] as const)("an asynchronous message, %s process", (where) => {
  const ask = { ...letter, responseRequired: true };

  it("callback: its value is sent back", async () => {
    const { sender } = await scene("callback", where);
    await expect(sender.send(ask)).resolves.toBe("callback got x");
  });

  it("async callback: its value is sent back", async () => {
    const { sender } = await scene("async callback", where);
    await expect(sender.send(ask)).resolves.toBe("async callback got x");
  });

  it("queue: it is placed on the queue", async () => {
    const { sender, queue } = await scene("queue", where);
    await expect(sender.send(ask)).resolves.toBeNull();
    await expect(queue.getQueuedMessage()).resolves.toMatchObject({
      content: "x",
      synchronous: false,
      responseRequired: true,
    });
  });

  it("other listener: it goes that listener's asynchronous way", async () => {
    const { sender } = await scene("other listener", where);
    await expect(sender.send(ask)).resolves.toBe("other's async path got x");
  });
});
