// Two dispatchers that are joined by a link: joining, who comes and goes, a link that is slow, and one that is lost.

import { describe, expect, it, vi } from "vitest";
import { ask, joined } from "./joined.ts";
import { kit, listener, outcomeOf } from "./kit.ts";
import { linkPair } from "./link-pair.ts";

describe("what lives elsewhere", () => {
  it("comes and goes as it is registered and deregistered there", async () => {
    const { a, b } = await joined();
    const nobody = { code: "KERNEL_UNDELIVERABLE", retryable: true };
    await expect(ask(a, "new")).rejects.toMatchObject(nobody);
    b.dispatcher.register(listener("new", () => "here"));
    await b.settle();
    expect(await ask(a, "new")).toBe("here");
    b.dispatcher.deregister("new");
    await expect(ask(a, "new")).rejects.toMatchObject({
      name: "UndeliverableError",
      ...nobody,
      message: expect.stringContaining('nobody has the id "new" any more'),
    });
    await b.settle();
    await expect(ask(a, "new")).rejects.toMatchObject({
      message: expect.stringContaining("here or in a linked process"),
    });
  });

  it("a listener registered just before a message is sent can be written to by whoever gets it", async () => {
    const { a } = await joined((b) => {
      b.dispatcher.register(listener("it", ({ sourceId }) => ask(b, sourceId ?? "", { content: "back" })));
    });
    a.dispatcher.register(listener("fresh", ({ content }) => content));
    expect(await ask(a, "it", { sourceId: "fresh" })).toBe("back");
  });

  it("many ids are announced in portions", async () => {
    const { a, near, far } = await joined((b) => {
      for (let count = 0; count < 1200; count++) b.dispatcher.register(listener(`id ${count}`, () => count));
    });
    expect(await ask(a, "id 1199")).toBe(1199);
    expect(far.sent.filter((frame) => Array.isArray(frame) && frame[0] === 5)).toHaveLength(3);
    near.break();
    await expect(ask(a, "id 0")).rejects.toMatchObject({ code: "KERNEL_UNDELIVERABLE" });
  });
});

describe("the loss of a link", () => {
  it("settles everything that waits with a retryable error, and takes away what lived there", async () => {
    const { a, near } = await joined((b) => {
      b.dispatcher.register(listener("hangs", () => new Promise(() => undefined)));
      b.dispatcher.joinGroup(
        "g",
        listener(undefined, () => new Promise(() => undefined)),
      );
    });
    a.dispatcher.joinGroup(
      "g",
      listener(undefined, () => null),
    );
    const sent = [
      ask(a, "hangs"),
      ask(a, "hangs", { blocking: true }),
      a.dispatcher.send({ groupId: "g", responseRequired: true }),
    ];
    await a.settle();
    near.break();
    for (const outcome of await Promise.allSettled(sent)) {
      expect(outcome).toMatchObject({ reason: { name: "LinkError", code: "LINK_LOST", retryable: true } });
    }
    await expect(ask(a, "hangs")).rejects.toMatchObject({ code: "KERNEL_UNDELIVERABLE", retryable: true });
    expect(a.dispatcher.activity()).toMatchObject({ awaitedResponses: 0, activeChannels: 0 });
  });

  it("is over when the link has come back and both sides have announced again", async () => {
    const { a, b, near } = await joined((there) => there.dispatcher.register(listener("it", () => "B")));
    near.break();
    b.dispatcher.register(listener("more", () => "more"));
    near.open();
    await a.settle();
    expect([await ask(a, "it"), await ask(a, "more")]).toEqual(["B", "more"]);
  });

  it("at any moment leaves no sender waiting", async () => {
    for (let turns = 0; turns < 12; turns++) {
      const { a, near } = await joined((b) => b.dispatcher.register(listener("echo", async ({ content }) => content)));
      const sent = Array.from({ length: 20 }, (_, content) => ask(a, "echo", { content }));
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      near.break();
      for (const [index, outcome] of (await Promise.allSettled(sent)).entries()) {
        if (outcome.status === "fulfilled") expect(outcome.value).toBe(index);
        else expect(outcome.reason).toMatchObject({ code: "LINK_LOST" });
      }
    }
  });
});

describe("a slow link", () => {
  it("holds senders back, in order, and lets them go on when it has room again", async () => {
    const got: unknown[] = [];
    const { a, b, near } = await joined((there) =>
      there.dispatcher.register(listener("it", ({ content }) => got.push(content))),
    );
    near.slow = true;
    const sent = [1, 2, 3].map((content) => outcomeOf(a.dispatcher.send({ destinationId: "it", content })));
    await a.settle();
    expect(sent.map(({ state }) => state())).toEqual([{ value: undefined }, "waiting", "waiting"]);
    near.drain();
    await a.settle();
    await b.settle();
    expect(sent.map(({ state }) => state())).toEqual([1, 2, 3].map(() => ({ value: undefined })));
    expect(got).toEqual([1, 2, 3]);
  });

  it("holds a bounded number of them", async () => {
    const { a, near } = await joined((b) => b.dispatcher.register(listener("it", () => "fine")), 3);
    near.slow = true;
    const sent = Array.from({ length: 6 }, (_, index) => ask(a, "it", { id: `m${index}` }));
    const outcomes = sent.map(outcomeOf);
    await a.settle();
    expect(outcomes.slice(0, 4).map(({ state }) => state())).toEqual(["waiting", "waiting", "waiting", "waiting"]);
    for (const { state } of outcomes.slice(4)) expect(state()).toMatchObject({ error: { code: "KERNEL_QUEUE_FULL" } });
    near.drain();
    expect(await Promise.all(sent.slice(0, 4))).toEqual(["fine", "fine", "fine", "fine"]);
  });

  it("whose other side never reads is given up rather than replies be dropped", async () => {
    const { a, b, far } = await joined((there) => there.dispatcher.register(listener("it", () => "reply")));
    far.slow = true;
    const sent = Array.from({ length: 10_050 }, () => ask(a, "it"));
    const outcomes = await Promise.allSettled(sent);
    expect(far.lostWith).toMatchObject({ code: "LINK_CONGESTED" });
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    expect(b.dispatcher.activity().activeChannels).toBe(0);
  });

  it("tells senders that were held when it is lost", async () => {
    const { a, near } = await joined((b) => b.dispatcher.register(listener("it", () => null)));
    near.slow = true;
    void a.dispatcher.send({ destinationId: "it" });
    const [told, asked] = [a.dispatcher.send({ destinationId: "it" }), ask(a, "it")];
    const outcomes = Promise.allSettled([told, asked]);
    near.break();
    expect(await outcomes).toMatchObject([{ reason: { code: "LINK_LOST" } }, { reason: { code: "LINK_LOST" } }]);
  });
});

describe("joining", () => {
  it("resolves when the other side has told what lives there", async () => {
    const { a } = await joined((b) => b.dispatcher.register(listener("it", () => "B")));
    expect(await ask(a, "it")).toBe("B");
  });

  it.each([
    ["itself", "A", 'the process id "A", as this one'],
    ["a process id that is joined already", "B", 'a process with the id "B" is joined already'],
  ])("refuses %s", async (_, processId, why) => {
    const { a } = await joined((b) => b.dispatcher.register(listener("it", () => "still B's")));
    const twin = kit({ processId });
    const [near, far] = linkPair("second");
    near.reconnects = far.reconnects = false;
    const outcomes = await Promise.allSettled([a.dispatcher.join(near), twin.dispatcher.join(far)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    for (const { lostWith } of [near, far]) {
      expect(lostWith).toMatchObject({ code: expect.stringMatching(/LINK_PROTOCOL|LINK_LOST/) });
    }
    const reasons = [near.lostWith?.message, far.lostWith?.message].filter((message) => message?.includes(why));
    expect(reasons).not.toEqual([]);
    expect([near.isOpen, far.isOpen]).toEqual([false, false]);
    expect(await ask(a, "it")).toBe("still B's");
  });

  it("refuses another version of the protocol", async () => {
    const { dispatcher } = kit();
    const [near, far] = linkPair();
    near.reconnects = false;
    const received = vi.fn<(frames: readonly unknown[]) => void>();
    far.start({ opened: () => undefined, received, drained: () => undefined, lost: () => undefined });
    const join = dispatcher.join(near);
    await Promise.resolve();
    near.open();
    near.deliver([[0, "switchboard", 2, "B"]]);
    const refusal = "expected protocol version 1, the other side has 2";
    await expect(join).rejects.toMatchObject({ code: "LINK_PROTOCOL", message: refusal });
    expect(received.mock.calls.flat(2)).toContainEqual([1, refusal]);
  });

  it("of a link that is lost for good before rejects, and nobody has to listen", async () => {
    const { dispatcher } = kit();
    const [near] = linkPair();
    near.reconnects = false;
    void dispatcher.join(near);
    near.other?.start({
      opened: () => undefined,
      received: () => undefined,
      drained: () => undefined,
      lost: () => undefined,
    });
    near.open();
    near.break();
    expect(near.lostWith).toMatchObject({ code: "LINK_LOST" });
  });

  it("ends with shutdown: links are flushed and closed, and who waits on the other side is told", async () => {
    const { a, b, near, far } = await joined((there) => {
      there.dispatcher.register(listener("hangs", () => new Promise(() => undefined)));
      there.dispatcher.register(listener("quick", () => "quick"));
    });
    const sent = ask(a, "hangs");
    await a.settle();
    await b.dispatcher.shutdown();
    await expect(sent).rejects.toMatchObject({ code: "LINK_LOST" });
    expect([near.isOpen, far.isOpen]).toEqual([false, false]);
    near.open();
    await a.settle();
    expect(near.isOpen).toBe(false);
    expect(() => b.dispatcher.join(far)).toThrow(expect.objectContaining({ code: "KERNEL_SHUT_DOWN" }));
  });
});
