// How long senders wait: timeouts, abort signals, and the timers behind them.

import { describe, expect, it, vi } from "vitest";
import { kit, listener, outcomeOf, promiseEnds } from "./kit.ts";

describe("a timeout", () => {
  it("K28 is a TimeoutError for the sender; the late reply is dropped and counted; the channel is freed", async () => {
    const { dispatcher, clock, drops, settle } = kit();
    const reply = promiseEnds();
    const started: string[] = [];
    dispatcher.register(
      listener("a", ({ type }) => {
        started.push(type);
        return type === "slow" ? reply.promise : null;
      }),
    );
    const message = { id: 9, type: "slow", destinationId: "a", responseRequired: true, blocking: true };
    const sent = outcomeOf(dispatcher.send(message, { timeoutMs: 1000 }));
    void dispatcher.send({ type: "next", destinationId: "a" });
    await clock.advance(999);
    expect(sent.state()).toBe("waiting");
    await clock.advance(1);
    expect(sent.state()).toMatchObject({
      error: {
        name: "TimeoutError",
        code: "KERNEL_TIMEOUT",
        retryable: true,
        message: 'message 9 "slow": no reply from "a" within 1000 ms',
      },
    });
    expect(started).toEqual(["slow", "next"]);
    reply.resolve("late");
    await settle();
    expect(drops).toEqual([{ reason: "late", id: 9 }]);
    expect(dispatcher.activity()).toMatchObject({ droppedResponses: 1, activeChannels: 0, awaitedResponses: 0 });
  });

  it("K28 a late exception is counted, too, and goes to onError", async () => {
    const { dispatcher, clock, drops, failures, settle } = kit();
    const reply = promiseEnds();
    dispatcher.register(listener("a", () => reply.promise));
    const sent = dispatcher.send({ id: 9, destinationId: "a", responseRequired: true }, { timeoutMs: 10 });
    sent.catch(() => undefined);
    await clock.advance(10);
    reply.reject(new Error("late trouble"));
    await settle();
    expect(drops).toEqual([{ reason: "late", id: 9 }]);
    expect(failures).toMatchObject([{ error: new Error("late trouble") }]);
  });

  it("K28 a message that times out while it waits is never started", async () => {
    const { dispatcher, clock, settle } = kit();
    const reply = promiseEnds();
    const handle = vi.fn<() => unknown>(() => reply.promise);
    dispatcher.register(listener("a", handle));
    void dispatcher.send({ destinationId: "a", blocking: true });
    const waiting = { destinationId: "a", responseRequired: true, blocking: true };
    const sent = outcomeOf(dispatcher.send(waiting, { timeoutMs: 10 }));
    await clock.advance(10);
    expect(sent.state()).toMatchObject({ error: { code: "KERNEL_TIMEOUT" } });
    reply.resolve(null);
    await settle();
    expect(handle).toHaveBeenCalledOnce();
    expect(dispatcher.activity()).toMatchObject({ activeChannels: 0, queuedMessages: 0 });
  });

  it("leaves no timer behind once it is answered", async () => {
    const { dispatcher, clock, settle } = kit();
    dispatcher.register(listener("a", async () => "quick"));
    for (let count = 0; count < 10; count++) {
      await dispatcher.send({ destinationId: "a", responseRequired: true }, { timeoutMs: 60_000 });
    }
    await settle();
    expect(clock.pendingTimers).toBe(0);
  });

  it("of many waiting senders costs one timer", async () => {
    const { dispatcher, clock, settle } = kit();
    dispatcher.register(listener("a", () => new Promise(() => undefined)));
    const sent = Array.from({ length: 100 }, (_, index) =>
      dispatcher.send({ destinationId: "a", responseRequired: true }, { timeoutMs: 1000 + index }),
    );
    await settle();
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1050);
    expect(dispatcher.activity().awaitedResponses).toBe(49);
    await clock.advance(49);
    for (const one of await Promise.allSettled(sent)) expect(one).toMatchObject({ reason: { code: "KERNEL_TIMEOUT" } });
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("an abort signal", () => {
  it("ends the wait with its reason and frees the channel; the reply is late", async () => {
    const { dispatcher, drops, settle } = kit();
    const reply = promiseEnds();
    const started: string[] = [];
    dispatcher.register(
      listener("a", ({ type }) => {
        started.push(type);
        return type === "slow" ? reply.promise : null;
      }),
    );
    const abort = new AbortController();
    const message = { id: 1, type: "slow", destinationId: "a", responseRequired: true, blocking: true };
    const sent = outcomeOf(dispatcher.send(message, { signal: abort.signal }));
    void dispatcher.send({ type: "next", destinationId: "a" });
    await settle();
    abort.abort(new Error("changed my mind"));
    await settle();
    expect(sent.state()).toEqual({ error: new Error("changed my mind") });
    expect(started).toEqual(["slow", "next"]);
    reply.resolve("late");
    await settle();
    expect(drops).toEqual([{ reason: "late", id: 1 }]);
  });

  it("that is aborted already keeps the message from being sent", async () => {
    const { dispatcher } = kit();
    const handle = vi.fn<() => unknown>();
    dispatcher.register(listener("a", handle));
    const message = { destinationId: "a", responseRequired: true };
    await expect(dispatcher.send(message, { signal: AbortSignal.abort("too late") })).rejects.toBe("too late");
    expect(handle).not.toHaveBeenCalled();
  });

  it("is listened to once, however many wait on it, and let go of once all are answered", async () => {
    const { dispatcher, settle } = kit();
    const replies = [promiseEnds(), promiseEnds()];
    dispatcher.register(listener("a", ({ content }) => replies[content as number]?.promise));
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const sent = replies.map((_, content) =>
      dispatcher.send({ destinationId: "a", content, responseRequired: true }, { signal }),
    );
    expect(added).toHaveBeenCalledOnce();
    replies[1]?.resolve("second");
    await sent[1];
    await settle();
    expect(removed).not.toHaveBeenCalled();
    replies[0]?.resolve("first");
    await sent[0];
    await settle();
    expect(removed).toHaveBeenCalledOnce();
  });

  it("ends every wait on it", async () => {
    const { dispatcher } = kit();
    dispatcher.register(listener("a", () => new Promise(() => undefined)));
    const abort = new AbortController();
    const message = { destinationId: "a", responseRequired: true };
    const sent = Array.from({ length: 20 }, () => dispatcher.send(message, { signal: abort.signal }));
    abort.abort("all of you");
    for (const outcome of await Promise.allSettled(sent)) expect(outcome).toMatchObject({ reason: "all of you" });
    expect(dispatcher.activity().awaitedResponses).toBe(0);
  });
});

describe("K35 an idle dispatcher", () => {
  it("has no timer and does nothing as time passes", async () => {
    const { dispatcher, clock } = kit();
    dispatcher.register(listener("a", async () => null));
    await dispatcher.send({ destinationId: "a", responseRequired: true }, { timeoutMs: 1000 });
    await clock.advance(0);
    const now = vi.spyOn(clock, "now");
    await clock.advance(1e6);
    expect(clock.pendingTimers).toBe(0);
    expect(now).not.toHaveBeenCalled();
  });
});
