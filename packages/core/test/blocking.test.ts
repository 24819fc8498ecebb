// Blocking messages, and destinations that are full.

import { describe, expect, it, vi } from "vitest";
import { type Kit, kit, listener, outcomeOf, promiseEnds } from "./kit.ts";

describe("a blocking message", () => {
  interface Scene extends Kit {
    readonly started: string[];
    readonly reply: ReturnType<typeof promiseEnds>;
  }

  /** A destination whose answers to "slow" are in the test's hand. */
  function scene(): Scene {
    const started: string[] = [];
    const reply = promiseEnds();
    const made = kit();
    made.dispatcher.register(
      listener("a", ({ type }) => {
        started.push(type);
        return type === "slow" ? reply.promise : type;
      }),
    );
    return { ...made, started, reply };
  }
  const slow = { type: "slow", destinationId: "a", responseRequired: true, blocking: true };
  const next = { type: "next", destinationId: "a" };

  it("K25 is not overtaken, and frees its destination when it is answered", async () => {
    const { dispatcher, started, reply, settle } = scene();
    const sent = dispatcher.send(slow);
    await dispatcher.send(next);
    await settle();
    expect(started).toEqual(["slow"]);
    expect(dispatcher.activity()).toMatchObject({ activeChannels: 1, queuedMessages: 1, awaitedResponses: 1 });
    reply.resolve("done");
    await expect(sent).resolves.toBe("done");
    await settle();
    expect(started).toEqual(["slow", "next"]);
    expect(dispatcher.activity()).toMatchObject({ activeChannels: 0, queuedMessages: 0, awaitedResponses: 0 });
  });

  it("K25 frees its destination when the listener throws", async () => {
    const { dispatcher, started, reply, settle } = scene();
    const sent = dispatcher.send(slow);
    void dispatcher.send(next);
    reply.reject(new Error("no"));
    await expect(sent).rejects.toThrow("no");
    await settle();
    expect(started).toEqual(["slow", "next"]);
  });

  it("K25 leaves other destinations alone", async () => {
    const { dispatcher, settle } = scene();
    const other = vi.fn<() => unknown>();
    dispatcher.register(listener("b", other));
    void dispatcher.send(slow).catch(() => undefined);
    void dispatcher.send({ destinationId: "b" });
    await settle();
    expect(other).toHaveBeenCalledOnce();
  });

  it("K26 without response required holds until the listener has finished", async () => {
    const { dispatcher, started, reply, settle } = scene();
    await dispatcher.send({ ...slow, responseRequired: false });
    void dispatcher.send(next);
    await settle();
    expect(started).toEqual(["slow"]);
    reply.resolve("dropped");
    await settle();
    expect(started).toEqual(["slow", "next"]);
  });

  it("K26 without response required, a timeout says how long it may hold", async () => {
    const { dispatcher, clock, started, failures, settle } = scene();
    await dispatcher.send({ ...slow, responseRequired: false }, { timeoutMs: 50 });
    void dispatcher.send(next);
    await clock.advance(50);
    await settle();
    expect(started).toEqual(["slow", "next"]);
    expect(failures).toMatchObject([{ error: { code: "KERNEL_TIMEOUT" } }]);
  });

  it("K27 to a group holds the group until every member has answered, and nothing but the group", async () => {
    const { dispatcher, settle } = kit();
    const started: string[] = [];
    const replies = [promiseEnds(), promiseEnds()];
    const members = replies.map(({ promise }, index) =>
      listener(`m${index}`, ({ type }) => {
        started.push(`${type} ${index}`);
        return type === "slow" ? promise : null;
      }),
    );
    for (const member of members) {
      dispatcher.register(member);
      dispatcher.joinGroup("g", member);
    }
    const sent = outcomeOf(dispatcher.send({ type: "slow", groupId: "g", responseRequired: true, blocking: true }));
    void dispatcher.send({ type: "later", groupId: "g" });
    void dispatcher.send({ type: "direct", destinationId: "m0" });
    await settle();
    expect(started).toEqual(["slow 0", "slow 1", "direct 0"]);
    replies[0]?.resolve("one");
    await settle();
    expect(started).toHaveLength(3);
    replies[1]?.resolve("two");
    await settle();
    expect(sent.state()).toEqual({ value: null });
    expect(started.slice(3)).toEqual(["later 0", "later 1"]);
  });
});

describe("a full destination", () => {
  function full(): Kit & { readonly reply: ReturnType<typeof promiseEnds>; readonly got: string[] } {
    const made = kit({ maxQueued: 2 });
    const reply = promiseEnds();
    const got: string[] = [];
    made.dispatcher.register(
      listener("a", ({ type }) => {
        got.push(type);
        return type === "holder" ? reply.promise : null;
      }),
    );
    return { ...made, reply, got };
  }
  const to = (type: string, more: object = {}): { type: string; destinationId: string } => ({
    type,
    destinationId: "a",
    ...more,
  });

  it("is an error for the sender", async () => {
    const { dispatcher, settle, reply, got } = full();
    void dispatcher.send(to("holder", { blocking: true }));
    await settle();
    await dispatcher.send(to("1"));
    await dispatcher.send(to("2"));
    const error = { name: "QueueFullError", code: "KERNEL_QUEUE_FULL", retryable: true };
    await expect(dispatcher.send(to("3"))).rejects.toMatchObject(error);
    await expect(dispatcher.send(to("4", { responseRequired: true }))).rejects.toMatchObject(error);
    expect(dispatcher.activity()).toMatchObject({ queuedMessages: 2, awaitedResponses: 0 });
    reply.resolve(null);
    await settle();
    expect(got).toEqual(["holder", "1", "2"]);
    await expect(dispatcher.send(to("5", { responseRequired: true }))).resolves.toBeNull();
  });

  it("is a wait for a sender that prefers to, in order, and bounded as well", async () => {
    const { dispatcher, settle, reply, got } = full();
    void dispatcher.send(to("holder", { blocking: true }));
    await settle();
    await dispatcher.send(to("1"));
    await dispatcher.send(to("2"));
    const waiting = ["3", "4"].map((type) => outcomeOf(dispatcher.send(to(type), { whenFull: "wait" })));
    await expect(dispatcher.send(to("5"), { whenFull: "wait" })).rejects.toMatchObject({ code: "KERNEL_QUEUE_FULL" });
    await settle();
    expect(waiting.map(({ state }) => state())).toEqual(["waiting", "waiting"]);
    expect(dispatcher.activity().queuedMessages).toBe(2);
    reply.resolve(null);
    await settle();
    expect(waiting.map(({ state }) => state())).toEqual([{ value: undefined }, { value: undefined }]);
    expect(got).toEqual(["holder", "1", "2", "3", "4"]);
  });

  it("a waiting sender may give up, and others come in its place", async () => {
    const { dispatcher, clock, settle, reply, got } = full();
    void dispatcher.send(to("holder", { blocking: true }));
    await settle();
    void dispatcher.send(to("1"));
    void dispatcher.send(to("2"));
    const givesUp = outcomeOf(dispatcher.send(to("3"), { whenFull: "wait", timeoutMs: 10 }));
    const patient = outcomeOf(
      dispatcher.send(to("4", { responseRequired: true }), { whenFull: "wait", timeoutMs: 1000 }),
    );
    await clock.advance(10);
    expect(givesUp.state()).toMatchObject({ error: { code: "KERNEL_TIMEOUT" } });
    reply.resolve(null);
    await settle();
    expect(patient.state()).toEqual({ value: null });
    expect(got).toEqual(["holder", "1", "2", "4"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("waiting senders hear of deregistration and shutdown", async () => {
    const { dispatcher, settle } = full();
    void dispatcher.send(to("holder", { blocking: true }));
    await settle();
    void dispatcher.send(to("1"));
    void dispatcher.send(to("2")).catch(() => undefined);
    const waiting = outcomeOf(dispatcher.send(to("3"), { whenFull: "wait" }));
    dispatcher.deregister("a");
    await settle();
    expect(waiting.state()).toMatchObject({ error: { code: "KERNEL_UNDELIVERABLE" } });
  });

  it("a burst from one turn is bounded as well", async () => {
    const { dispatcher, got } = full();
    const sent = ["1", "2", "3"].map((type) => dispatcher.send(to(type)));
    const outcomes = await Promise.allSettled(sent);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(got).toEqual(["1", "2"]);
  });
});
