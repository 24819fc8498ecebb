// Two dispatchers that are joined by a link: what one sends to somebody of the other.

import { DEFERRED, type Id, LinkError, type Message, RemoteError } from "@switchboard/core";
import { describe, expect, it } from "vitest";
import { ask, type Joined, joined } from "./joined.ts";
import { type Kit, listener, outcomeOf, promiseEnds } from "./kit.ts";

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
