// More than two processes: forwarding, without loops, and what happens when a way breaks.

import { DEFERRED, type Id, type Message } from "@switchboard/core";
import { describe, expect, it, vi } from "vitest";
import { type Kit, kit, listener, outcomeOf, promiseEnds } from "./kit.ts";
import { linkPair, type TestLink } from "./link-pair.ts";

/** Joins two processes and returns the first one's end. */
async function link(one: Kit, two: Kit): Promise<TestLink> {
  const [near, far] = linkPair(`${one.dispatcher.processId}–${two.dispatcher.processId}`);
  await Promise.all([one.dispatcher.join(near), two.dispatcher.join(far)]);
  return near;
}

/** Processes in a row, each joined to the next. */
async function row(...names: string[]): Promise<{ kits: Kit[]; links: TestLink[] }> {
  const kits = names.map((processId) => kit({ processId }));
  const links: TestLink[] = [];
  for (let index = 1; index < kits.length; index++) {
    const [one, two] = [kits[index - 1], kits[index]];
    if (one !== undefined && two !== undefined) links.push(await link(one, two));
  }
  return { kits, links };
}

const ask = (from: Kit | undefined, destinationId: Id, more: object = {}): Promise<unknown> =>
  from?.dispatcher.send({ destinationId, responseRequired: true, ...more }) ?? Promise.reject(new Error("no such kit"));

const echo = (id: string): ReturnType<typeof listener> => listener(id, async ({ content }) => [id, content]);

describe("a hub", () => {
  it("lets its spokes reach each other, whichever came first", async () => {
    const { kits } = await row("left", "hub", "right");
    const [left, , right] = kits;
    right?.dispatcher.register(echo("r"));
    left?.dispatcher.register(echo("l"));
    for (const one of kits) await one.settle();
    expect(await ask(left, "r", { content: 1 })).toEqual(["r", 1]);
    expect(await ask(right, "l", { content: 2 })).toEqual(["l", 2]);
    await expect(ask(left, "x", { processId: "right" })).rejects.toMatchObject({ code: "KERNEL_UNDELIVERABLE" });
  });

  it("passes on exceptions, deferred replies and responses from a third process", async () => {
    const { kits } = await row("left", "hub", "right");
    const [left, hub, right] = kits;
    const received = promiseEnds<Message>();
    right?.dispatcher.register(listener("fails", () => Promise.reject(new TypeError("far"))));
    right?.dispatcher.register(
      listener("defers", (message) => {
        received.resolve(message);
        return DEFERRED;
      }),
    );
    await right?.settle();
    await expect(ask(left, "fails")).rejects.toMatchObject({ originalName: "TypeError" });
    const sent = ask(left, "defers", { blocking: true });
    const { id } = await received.promise;
    expect(id).toMatch(/^left#\d+$/);
    // Neither asked nor asking: the hub answers, as it may.
    await hub?.dispatcher.send({ isResponse: true, id, content: "from the hub" });
    await expect(sent).resolves.toBe("from the hub");
    await right?.settle();
    expect(right?.dispatcher.activity().activeChannels).toBe(0);
  });

  it("sends a group's message once over each link, and every member gets it once", async () => {
    const { kits, links } = await row("left", "hub", "right");
    const members = kits.map((one) => {
      const got = vi.fn<() => null>(() => null);
      one.dispatcher.joinGroup("g", listener(undefined, got));
      return got;
    });
    for (const one of kits) await one.settle();
    await kits[0]?.dispatcher.send({ groupId: "g", responseRequired: true });
    expect(members.map(({ mock }) => mock.calls.length)).toEqual([1, 1, 1]);
    expect(links[0]?.sent.filter((frame) => Array.isArray(frame) && frame[0] === 7)).toHaveLength(1);
  });

  it("tells who waits behind a way that breaks, and others go on", async () => {
    const { kits, links } = await row("left", "hub", "right");
    const [left, hub, right] = kits;
    right?.dispatcher.register(listener("hangs", () => new Promise(() => undefined)));
    hub?.dispatcher.register(echo("h"));
    for (const one of kits) await one.settle();
    const sent = ask(left, "hangs");
    sent.catch(() => undefined);
    await left?.settle();
    links[1]?.break();
    await expect(sent).rejects.toMatchObject({ code: "LINK_LOST", retryable: true });
    await expect(ask(left, "hangs")).rejects.toMatchObject({ code: "KERNEL_UNDELIVERABLE" });
    expect(await ask(left, "h", { content: 1 })).toEqual(["h", 1]);
    links[1]?.open();
    for (const one of kits) await one.settle();
    right?.dispatcher.register(echo("r"));
    await right?.settle();
    expect(await ask(left, "r", { content: 2 })).toEqual(["r", 2]);
  });

  it("sends back what it cannot pass on", async () => {
    const { kits, links } = await row("left", "hub", "right");
    const [left, , right] = kits;
    right?.dispatcher.register(echo("r"));
    right?.dispatcher.joinGroup(
      "g",
      listener(undefined, () => null),
    );
    await right?.settle();
    // As if the loss of the way and these messages had crossed.
    const toLeft = links[0]?.other;
    const held = vi.spyOn(toLeft as TestLink, "send").mockReturnValueOnce(true);
    links[1]?.break();
    held.mockRestore();
    await expect(ask(left, "r")).rejects.toMatchObject({
      code: "KERNEL_UNDELIVERABLE",
      message: 'process "right" is out of reach',
    });
    await expect(left?.dispatcher.send({ groupId: "g", responseRequired: true })).rejects.toMatchObject({
      code: "KERNEL_UNDELIVERABLE",
    });
  });
});

describe("a long row of hubs", () => {
  it("carries messages from end to end", async () => {
    const { kits } = await row(...Array.from({ length: 8 }, (_, index) => `p${index}`));
    kits[7]?.dispatcher.register(echo("end"));
    kits[0]?.dispatcher.register(echo("start"));
    for (const one of kits) await one.settle();
    expect(await ask(kits[0], "end", { content: 1 })).toEqual(["end", 1]);
    expect(await ask(kits[7], "start", { content: 2 })).toEqual(["start", 2]);
  });

  it("is bounded: what lies more than sixteen links away is not known", async () => {
    const { kits } = await row(...Array.from({ length: 19 }, (_, index) => `p${index}`));
    kits[18]?.dispatcher.register(echo("end"));
    for (const one of kits) await one.settle();
    expect(await ask(kits[2], "end", { content: 1 })).toEqual(["end", 1]);
    await expect(ask(kits[1], "end")).rejects.toMatchObject({ code: "KERNEL_UNDELIVERABLE" });
  });
});

describe("a ring", () => {
  it("is not closed: a process that can be reached already is refused a second link", async () => {
    const { kits } = await row("a", "b", "c");
    const [near, far] = linkPair("closing the ring");
    near.reconnects = far.reconnects = false;
    const outcomes = await Promise.allSettled([kits[0]?.dispatcher.join(near), kits[2]?.dispatcher.join(far)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    kits[2]?.dispatcher.register(echo("c"));
    await kits[2]?.settle();
    expect(await ask(kits[0], "c", { content: 1 })).toEqual(["c", 1]);
  });

  it("that is closed all the same by joining at once carries each message once", async () => {
    const kits = ["a", "b", "c"].map((processId) => kit({ processId }));
    const got = vi.fn<() => null>(() => null);
    kits[2]?.dispatcher.register(listener("it", got));
    kits[2]?.dispatcher.joinGroup("g", listener(undefined, got));
    const pairs = [linkPair("ab"), linkPair("bc"), linkPair("ca")];
    pairs.forEach(([near, far], index) => {
      kits[index]?.dispatcher.join(near).catch(() => undefined);
      kits[(index + 1) % 3]?.dispatcher.join(far).catch(() => undefined);
    });
    for (let turn = 0; turn < 5; turn++) for (const one of kits) await one.settle();
    await ask(kits[0], "it");
    await ask(kits[1], "it");
    await kits[0]?.dispatcher.send({ groupId: "g", responseRequired: true });
    expect(got).toHaveBeenCalledTimes(3);
    const hung = outcomeOf(ask(kits[0], "nobody"));
    await kits[0]?.settle();
    expect(hung.state()).toMatchObject({ error: { code: "KERNEL_UNDELIVERABLE" } });
  });
});
