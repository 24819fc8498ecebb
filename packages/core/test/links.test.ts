// Two dispatchers that are joined by a link.

import { DEFERRED, type Id, LinkError, type Message, RemoteError } from "@switchboard/core";
import { describe, expect, it, vi } from "vitest";
import { type Kit, kit, listener, outcomeOf, promiseEnds } from "./kit.ts";
import { linkPair, type TestLink } from "./link-pair.ts";

interface Joined {
  readonly a: Kit;
  readonly b: Kit;
  readonly near: TestLink;
  readonly far: TestLink;
}

/** Processes A and B, joined. `prepare` runs before they are. */
async function joined(prepare: (b: Kit) => void = () => undefined, maxQueued = 10_000): Promise<Joined> {
  const [a, b] = [kit({ processId: "A", maxQueued }), kit({ processId: "B" })];
  prepare(b);
  const [near, far] = linkPair();
  await Promise.all([a.dispatcher.join(near), b.dispatcher.join(far)]);
  return { a, b, near, far };
}

const ask = (to: Kit, destinationId: Id, more: object = {}): Promise<unknown> =>
  to.dispatcher.send({ destinationId, responseRequired: true, ...more });

describe("a message to another process", () => {
  it("needs only the destination id, and brings the reply back", async () => {
    const { a } = await joined((b) => b.dispatcher.register(listener("echo", async ({ content }) => [content])));
    const content = { text: "x", list: [1, null, { deep: true }] };
    expect(await ask(a, "echo", { content })).toEqual([content]);
    expect(await ask(a, "echo", { content: null })).toEqual([null]);
    expect(a.dispatcher.activity().awaitedResponses).toBe(0);
  });

  it("arrives with its fields, an id that is unique among processes, and the process it comes from", async () => {
    const received: Message[] = [];
    const { a } = await joined((b) => b.dispatcher.register(listener("it", (message) => received.push(message))));
    await ask(a, "it", { type: "t", id: "chosen", sourceId: "me", content: 1, blocking: true });
    await ask(a, "it", { id: 77 });
    expect(received).toMatchObject([
      {
        type: "t",
        id: "chosen",
        sourceId: "me",
        destinationId: "it",
        groupId: undefined,
        responseRequired: true,
        blocking: true,
        synchronous: false,
        isResponse: false,
        content: 1,
        sourceProcessId: "A",
      },
      { id: "A#77", sourceId: undefined, blocking: false, content: undefined },
    ]);
  });

  it("may name the process, where an id lives in several; without a name the own one comes first", async () => {
    const { a } = await joined((b) => b.dispatcher.register(listener("both", () => "B's")));
    a.dispatcher.register(listener("both", () => "A's"));
    expect(await ask(a, "both")).toBe("A's");
    expect(await ask(a, "both", { processId: "A" })).toBe("A's");
    expect(await ask(a, "both", { processId: "B" })).toBe("B's");
    await expect(ask(a, "both", { processId: "C" })).rejects.toMatchObject({ code: "KERNEL_UNDELIVERABLE" });
  });

  it("an assigned source id leads back to its sender, although other processes assign the same", async () => {
    const { a, b } = await joined();
    const [mine, theirs] = [listener(undefined, () => "A's"), listener(undefined, () => "B's")];
    expect(a.dispatcher.register(mine)).toBe(b.dispatcher.register(theirs));
    let source: Id | undefined;
    b.dispatcher.register(listener("it", ({ sourceId }) => (source = sourceId)));
    await b.settle();
    await ask(a, "it", { sourceId: mine.id });
    expect(source).toBe("A#1");
    expect(await ask(b, "A#1")).toBe("A's");
    expect(await ask(a, "A#1")).toBe("A's");
    expect(await ask(a, "B#1")).toBe("B's");
    expect(await ask(a, "it", { sourceId: "chosen" })).toBe("chosen");
    expect(await ask(a, "it", { sourceId: 42 })).toBe(42);
  });

  it("K22 an exception arrives as a RemoteError with the original's name, message, code and details", async () => {
    const { a } = await joined((b) => {
      b.dispatcher.register(listener("type", () => Promise.reject(new TypeError("not like this"))));
      b.dispatcher.register(
        listener("coded", () => {
          throw new LinkError("LINK_CONGESTED", "try later", { details: { queue: "q" } });
        }),
      );
      b.dispatcher.register(listener("odd", () => Promise.reject("just text")));
    });
    const error = await ask(a, "type").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({
      originalName: "TypeError",
      message: "not like this",
      code: "KERNEL_REMOTE",
      retryable: false,
    });
    await expect(ask(a, "coded")).rejects.toMatchObject({
      name: "RemoteError",
      originalName: "LinkError",
      code: "LINK_CONGESTED",
      retryable: true,
      details: { queue: "q" },
    });
    await expect(ask(a, "odd")).rejects.toMatchObject({ originalName: "Error", message: "just text" });
  });

  it("K20 the exception of one that nobody waits for goes to onError where the listener is", async () => {
    const { a, b } = await joined((there) =>
      there.dispatcher.register(listener("it", () => Promise.reject(new Error("no")))),
    );
    await expect(a.dispatcher.send({ destinationId: "it" })).resolves.toBeUndefined();
    await b.settle();
    expect(b.failures).toMatchObject([{ error: new Error("no"), message: { destinationId: "it" } }]);
  });

  it.each([
    ["content is a Date object", new Date()],
    ["content.list[1].when is a Map object", { list: [0, { when: new Map() }] }],
    ["content.f is a function", { f: () => null }],
    ["content is a bigint", 5n],
    ["content.x is NaN", { x: Number.NaN }],
    ["content[0] is undefined", [undefined]],
    ["content is a Message object", "message"],
  ])("content that is not plain data is an error for the sender: %s", async (problem, given) => {
    const { a } = await joined((b) => b.dispatcher.register(listener("it", () => null)));
    let content: unknown = given;
    if (given === "message") {
      a.dispatcher.register(listener("self", (message) => (content = message)));
      await ask(a, "self");
    }
    await expect(ask(a, "it", { content })).rejects.toMatchObject({
      code: "KERNEL_MESSAGE_INVALID",
      message: expect.stringContaining(`cannot cross a link: ${problem}; only plain data can`),
    });
    expect(a.dispatcher.activity().awaitedResponses).toBe(0);
  });

  it("content that contains itself is an error for the sender", async () => {
    const { a } = await joined((b) => b.dispatcher.register(listener("it", () => null)));
    const content: { self?: unknown } = {};
    content.self = content;
    await expect(ask(a, "it", { content })).rejects.toThrow("lies more than 100 levels deep");
  });

  it("a reply that is not plain data is an error for the sender", async () => {
    const { a } = await joined((b) => b.dispatcher.register(listener("it", () => ({ at: new Date() }))));
    await expect(ask(a, "it")).rejects.toMatchObject({
      code: "KERNEL_MESSAGE_INVALID",
      message: "the reply cannot cross a link: reply.at is a Date object; only plain data can",
    });
  });

  it("K28 times out here, although the other side answers later", async () => {
    const reply = promiseEnds();
    const { a, b } = await joined((there) => there.dispatcher.register(listener("it", () => reply.promise)));
    const sent = outcomeOf(
      a.dispatcher.send({ id: 5, destinationId: "it", responseRequired: true }, { timeoutMs: 100 }),
    );
    await a.clock.advance(100);
    expect(sent.state()).toMatchObject({ error: { code: "KERNEL_TIMEOUT" } });
    reply.resolve("late");
    await b.settle();
    await a.settle();
    expect(a.drops).toEqual([{ reason: "not-awaited", id: 5 }]);
  });
});

describe("a deferred reply across a link", () => {
  it.each<[string, (b: Kit, message: Message) => unknown]>([
    ["respond", (b, message) => b.dispatcher.respond(message, "later")],
    ["a response with the message's id", (b, { id }) => b.dispatcher.send({ isResponse: true, id, content: "later" })],
    [
      "a response with id and process",
      (b, { id, sourceProcessId }) =>
        b.dispatcher.send({ isResponse: true, id, processId: sourceProcessId, content: "later" }),
    ],
  ])("K30 is given by %s", async (_, answer) => {
    const received = promiseEnds<Message>();
    const { a, b } = await joined((there) => {
      there.dispatcher.register(
        listener("it", (message) => {
          received.resolve(message);
          return DEFERRED;
        }),
      );
    });
    const sent = ask(a, "it");
    answer(b, await received.promise);
    await expect(sent).resolves.toBe("later");
    answer(b, await received.promise);
    await b.settle();
    await a.settle();
    expect(a.drops).toMatchObject([{ reason: "not-awaited" }]);
  });

  it("K30 may be an error", async () => {
    const { a, b } = await joined((there) => {
      there.dispatcher.register(
        listener("it", (message) => {
          queueMicrotask(() => b.dispatcher.fail(message, new RangeError("no")));
          return DEFERRED;
        }),
      );
    });
    await expect(ask(a, "it")).rejects.toMatchObject({ originalName: "RangeError", message: "no" });
  });

  it("K30 to a chosen id is found by naming the process", async () => {
    const { a, b } = await joined((there) => there.dispatcher.register(listener("it", () => DEFERRED)));
    const sent = ask(a, "it", { id: "mine" });
    await a.settle();
    await b.dispatcher.send({ isResponse: true, id: "mine" });
    expect(b.drops).toEqual([{ reason: "not-awaited", id: "mine" }]);
    await b.dispatcher.send({ isResponse: true, id: "mine", processId: "A", content: 1 });
    await expect(sent).resolves.toBe(1);
  });
});

describe("a blocking message across a link", () => {
  /** A listener at B whose answer to "slow" is in the test's hand. */
  async function scene(): Promise<Joined & { started: string[]; reply: ReturnType<typeof promiseEnds> }> {
    const started: string[] = [];
    const reply = promiseEnds();
    const made = await joined((b) => {
      b.dispatcher.register(
        listener("it", ({ type }) => {
          started.push(type);
          return type === "slow" ? reply.promise : type === "defer" ? DEFERRED : type;
        }),
      );
    });
    return { ...made, started, reply };
  }
  const slow = { type: "slow", destinationId: "it", responseRequired: true, blocking: true };

  it("K25 holds the destination for everybody until it is answered", async () => {
    const { a, b, started, reply } = await scene();
    const sent = a.dispatcher.send(slow);
    const after = ask(a, "it", { type: "next" });
    await a.settle();
    void b.dispatcher.send({ type: "local", destinationId: "it" });
    await b.settle();
    expect(started).toEqual(["slow"]);
    reply.resolve("done");
    await expect(sent).resolves.toBe("done");
    await expect(after).resolves.toBe("next");
    expect(started).toEqual(["slow", "next", "local"]);
  });

  it.each([
    [
      "timeout",
      async ({ a }: Joined, sent: Promise<unknown>) => {
        await a.clock.advance(50);
        await expect(sent).rejects.toMatchObject({ code: "KERNEL_TIMEOUT" });
      },
    ],
    [
      "loss of the link",
      async ({ near }: Joined, sent: Promise<unknown>) => {
        near.break();
        await expect(sent).rejects.toMatchObject({ code: "LINK_LOST" });
      },
    ],
  ])("K28 frees the destination there at a %s here", async (_, end) => {
    const made = await scene();
    const { a, b, started } = made;
    const sent = a.dispatcher.send(slow, { timeoutMs: 50 });
    sent.catch(() => undefined);
    await a.settle();
    void b.dispatcher.send({ type: "next", destinationId: "it" });
    await b.settle();
    expect(started).toEqual(["slow"]);
    await end(made, sent);
    await b.settle();
    expect(started).toEqual(["slow", "next"]);
    expect(b.dispatcher.activity()).toMatchObject({ activeChannels: 0, queuedMessages: 0 });
  });

  it("K28 frees the destination there when the sender aborts", async () => {
    const { a, b, started } = await scene();
    const abort = new AbortController();
    const sent = a.dispatcher.send(slow, { signal: abort.signal });
    await a.settle();
    void b.dispatcher.send({ type: "next", destinationId: "it" });
    abort.abort("enough");
    await expect(sent).rejects.toBe("enough");
    await b.settle();
    expect(started).toEqual(["slow", "next"]);
  });

  it("K30 that is deferred frees the destination when the response comes", async () => {
    const { a, b, started } = await scene();
    const sent = a.dispatcher.send({ ...slow, id: 9, type: "defer" });
    const after = ask(a, "it", { type: "next" });
    await a.settle();
    expect(started).toEqual(["defer"]);
    await b.dispatcher.send({ isResponse: true, id: "A#9", content: "later" });
    await expect(sent).resolves.toBe("later");
    await expect(after).resolves.toBe("next");
  });
});

describe("a group across a link", () => {
  it("K29 every member in every process gets the message; all answers are awaited", async () => {
    const replies = [promiseEnds(), promiseEnds()];
    const got: string[] = [];
    const member = (name: string, reply: unknown) =>
      listener(undefined, ({ content }) => {
        got.push(`${name} ${String(content)}`);
        return reply;
      });
    const { a, b } = await joined((there) => {
      replies.forEach(({ promise }, index) => there.dispatcher.joinGroup("g", member(`far ${index}`, promise)));
    });
    a.dispatcher.joinGroup("g", member("near", null));
    const sent = outcomeOf(a.dispatcher.send({ groupId: "g", content: "x", responseRequired: true }));
    await a.settle();
    expect(got.toSorted()).toEqual(["far 0 x", "far 1 x", "near x"]);
    replies[0]?.resolve(1);
    await b.settle();
    expect(sent.state()).toBe("waiting");
    replies[1]?.reject(new Error("far trouble"));
    await b.settle();
    await a.settle();
    expect(sent.state()).toMatchObject({ error: { name: "RemoteError", message: "far trouble" } });
  });

  it("the own members' exceptions come before those of other processes", async () => {
    const { a } = await joined((b) =>
      b.dispatcher.joinGroup(
        "g",
        listener(undefined, () => Promise.reject(new Error("far"))),
      ),
    );
    a.dispatcher.joinGroup(
      "g",
      listener(undefined, () => Promise.reject(new Error("near"))),
    );
    const error = await a.dispatcher.send({ groupId: "g", responseRequired: true }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: "near", suppressed: [{ message: "far" }] });
  });

  it("may be limited to one process", async () => {
    const [near, far] = [vi.fn<() => null>(() => null), vi.fn<() => null>(() => null)];
    const { a } = await joined((b) => b.dispatcher.joinGroup("g", listener(undefined, far)));
    a.dispatcher.joinGroup("g", listener(undefined, near));
    await a.dispatcher.send({ groupId: "g", processId: "B", responseRequired: true });
    expect([near.mock.calls.length, far.mock.calls.length]).toEqual([0, 1]);
    await a.dispatcher.send({ groupId: "g", processId: "A", responseRequired: true });
    expect([near.mock.calls.length, far.mock.calls.length]).toEqual([1, 1]);
  });

  it("follows members as they join and leave", async () => {
    const { a, b } = await joined();
    const far = vi.fn<() => null>(() => null);
    const member = listener(undefined, far);
    const send = (): Promise<unknown> => a.dispatcher.send({ groupId: "g", responseRequired: true });
    b.dispatcher.joinGroup("g", member);
    await b.settle();
    await send();
    expect(far).toHaveBeenCalledTimes(1);
    b.dispatcher.leaveGroup("g", member);
    await b.settle();
    await send();
    expect(far).toHaveBeenCalledTimes(1);
    expect(a.drops).toMatchObject([{ reason: "no-members" }]);
  });

  it("K30 deferred answers of far members count one by one, where those members are", async () => {
    const { a, b } = await joined((there) => {
      for (let count = 0; count < 2; count++)
        there.dispatcher.joinGroup(
          "g",
          listener(undefined, () => DEFERRED),
        );
    });
    const sent = outcomeOf(a.dispatcher.send({ id: 3, groupId: "g", responseRequired: true }));
    await a.settle();
    await b.dispatcher.send({ isResponse: true, id: "A#3" });
    await b.settle();
    expect(sent.state()).toBe("waiting");
    await b.dispatcher.send({ isResponse: true, id: "A#3" });
    await b.settle();
    expect(sent.state()).toEqual({ value: null });
  });

  it("K28 K31 what far members answer after a timeout is dropped there and here", async () => {
    const reply = promiseEnds();
    const { a, b } = await joined((there) =>
      there.dispatcher.joinGroup(
        "g",
        listener(undefined, () => reply.promise),
      ),
    );
    const sent = outcomeOf(a.dispatcher.send({ groupId: "g", responseRequired: true }, { timeoutMs: 10 }));
    await a.clock.advance(10);
    expect(sent.state()).toMatchObject({ error: { code: "KERNEL_TIMEOUT" } });
    reply.resolve(null);
    await b.settle();
    expect(b.drops).toMatchObject([{ reason: "late" }]);
    expect(a.drops).toEqual([]);
  });

  it("content that is not plain data is an error for the sender", async () => {
    const { a } = await joined((b) =>
      b.dispatcher.joinGroup(
        "g",
        listener(undefined, () => null),
      ),
    );
    const fields = { groupId: "g", content: new Date() };
    await expect(a.dispatcher.send({ ...fields, responseRequired: true })).rejects.toMatchObject({
      code: "KERNEL_MESSAGE_INVALID",
    });
    await a.dispatcher.send(fields);
    await a.settle();
    expect(a.failures).toMatchObject([{ error: { code: "KERNEL_MESSAGE_INVALID" } }]);
  });
});

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
