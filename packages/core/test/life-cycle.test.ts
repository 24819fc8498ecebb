// Deregistering and shutting down while messages are in flight.

import { DEFERRED, Message } from "@switchboard/core";
import { describe, expect, it, vi } from "vitest";
import { kit, listener, outcomeOf, promiseEnds } from "./kit.ts";

describe("deregistering", () => {
  it("K32 a listener whose handler runs: it still answers, and what waited comes back undeliverable", async () => {
    const { dispatcher, settle, failures } = kit();
    const reply = promiseEnds();
    const busy = listener("a", () => reply.promise);
    dispatcher.register(busy);
    const running = outcomeOf(dispatcher.send({ destinationId: "a", responseRequired: true, blocking: true }));
    const waiting = outcomeOf(dispatcher.send({ destinationId: "a", responseRequired: true }));
    const silent = new Message({ destinationId: "a" });
    void dispatcher.send(silent);
    await settle();
    dispatcher.deregister(busy);
    await settle();
    expect(waiting.state()).toMatchObject({ error: { code: "KERNEL_UNDELIVERABLE" } });
    expect(failures).toMatchObject([{ error: { code: "KERNEL_UNDELIVERABLE" }, message: silent }]);
    reply.resolve("still here");
    await settle();
    expect(running.state()).toEqual({ value: "still here" });
    expect(dispatcher.activity()).toMatchObject({
      activeChannels: 0,
      queuedMessages: 0,
      awaitedResponses: 0,
      listeners: 0,
    });
  });

  it("K32 before a message is started brings it back, also when somebody else has the id by then", async () => {
    const { dispatcher } = kit();
    const [first, second] = [vi.fn<() => unknown>(), vi.fn<() => unknown>()];
    dispatcher.register(listener("a", first));
    const sent = dispatcher.send({ destinationId: "a", responseRequired: true });
    dispatcher.deregister("a");
    dispatcher.register(listener("a", second));
    await expect(sent).rejects.toMatchObject({ code: "KERNEL_UNDELIVERABLE" });
    expect(first).not.toHaveBeenCalled();
    expect(second).not.toHaveBeenCalled();
  });

  it("K32 a group member that leaves while its handler runs still answers", async () => {
    const { dispatcher, settle } = kit();
    const reply = promiseEnds();
    const member = listener(undefined, () => reply.promise);
    dispatcher.joinGroup("g", member);
    const sent = outcomeOf(dispatcher.send({ groupId: "g", responseRequired: true }));
    await settle();
    dispatcher.leaveGroup("g", member);
    reply.reject(new Error("from a former member"));
    await settle();
    expect(sent.state()).toEqual({ error: new Error("from a former member") });
    expect(dispatcher.activity().groups).toBe(0);
  });
});

describe("shutdown", () => {
  it("K33 settles what is in flight, waiting, blocked and deferred; later sends are errors; K34 nothing is left", async () => {
    const { dispatcher, clock, failures, settle } = kit();
    const hang = new Promise(() => undefined);
    dispatcher.register(listener("hangs", () => hang));
    dispatcher.register(listener("defers", () => DEFERRED));
    dispatcher.joinGroup(
      "g",
      listener(undefined, () => hang),
    );
    const ask = (fields: object): Promise<unknown> =>
      dispatcher.send({ responseRequired: true, ...fields }, { timeoutMs: 1e6 });
    const sent = [
      ask({ destinationId: "hangs", blocking: true }),
      ask({ destinationId: "hangs" }),
      ask({ destinationId: "hangs", blocking: true }),
      ask({ destinationId: "defers" }),
      ask({ groupId: "g", blocking: true }),
      ask({ groupId: "g" }),
    ];
    const silent = new Message({ destinationId: "hangs" });
    void dispatcher.send(silent);
    await settle();
    const stopped = dispatcher.shutdown();
    expect(dispatcher.shutdown()).toBe(stopped);
    await stopped;
    for (const one of await Promise.allSettled(sent)) {
      expect(one).toMatchObject({ status: "rejected", reason: { name: "ShutdownError", code: "KERNEL_SHUT_DOWN" } });
    }
    expect(failures).toMatchObject([{ error: { code: "KERNEL_SHUT_DOWN" }, message: silent }]);
    const refused = { code: "KERNEL_SHUT_DOWN" };
    await expect(dispatcher.send({ destinationId: "hangs" })).rejects.toMatchObject(refused);
    await expect(dispatcher.send({ groupId: "g" })).rejects.toMatchObject(refused);
    expect(() => dispatcher.register(listener("a", () => null))).toThrow(expect.objectContaining(refused));
    expect(() =>
      dispatcher.joinGroup(
        "g",
        listener("a", () => null),
      ),
    ).toThrow(expect.objectContaining(refused));
    await settle();
    expect(clock.pendingTimers).toBe(0);
    expect(dispatcher.activity()).toEqual({
      activeChannels: 0,
      queuedMessages: 0,
      awaitedResponses: 0,
      listeners: 0,
      groups: 0,
      droppedResponses: 0,
    });
  });

  it("K33 starts what was handed over before, and lets it answer if it can at once", async () => {
    const { dispatcher } = kit();
    const got: string[] = [];
    dispatcher.register(
      listener("a", ({ type }) => {
        got.push(type);
        return "just in time";
      }),
    );
    void dispatcher.send({ type: "told", destinationId: "a" });
    const asked = dispatcher.send({ type: "asked", destinationId: "a", responseRequired: true });
    void dispatcher.shutdown();
    await expect(asked).resolves.toBe("just in time");
    expect(got).toEqual(["told", "asked"]);
  });

  it("K33 from inside a handler, and a handler that sends during it", async () => {
    const { dispatcher, settle } = kit();
    const during = promiseEnds();
    dispatcher.register(
      listener("a", () => {
        void dispatcher.shutdown();
        during.resolve(dispatcher.send({ destinationId: "a" }));
      }),
    );
    void dispatcher.send({ destinationId: "a" });
    await expect(during.promise).rejects.toMatchObject({ code: "KERNEL_SHUT_DOWN" });
    await settle();
    expect(dispatcher.activity()).toMatchObject({ activeChannels: 0, listeners: 0 });
  });

  it("K33 a blocking handler that nobody waits for keeps no timer", async () => {
    const { dispatcher, clock, settle, failures } = kit();
    dispatcher.register(listener("hangs", () => new Promise(() => undefined)));
    void dispatcher.send({ destinationId: "hangs", blocking: true }, { timeoutMs: 1e6 });
    await settle();
    expect(clock.pendingTimers).toBe(1);
    await dispatcher.shutdown();
    await settle();
    expect(clock.pendingTimers).toBe(0);
    expect(failures).toEqual([]);
  });

  it("K33 a response that is sent after it is dropped", async () => {
    const { dispatcher, drops } = kit();
    await dispatcher.shutdown();
    await dispatcher.send({ id: 1, isResponse: true });
    expect(drops).toEqual([{ reason: "not-awaited", id: 1 }]);
  });
});
