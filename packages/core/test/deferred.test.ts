// Replies that come later than the listener returns.

import { DEFERRED, type Message } from "@switchboard/core";
import { describe, expect, it } from "vitest";
import { kit, listener, outcomeOf, promiseEnds } from "./kit.ts";

describe("a deferred reply", () => {
  it("K30 comes later, by a response with the same id; a second one is dropped and counted", async () => {
    const { dispatcher, drops } = kit();
    const received = promiseEnds<Message>();
    dispatcher.register(
      listener("a", (message) => {
        received.resolve(message);
        return DEFERRED;
      }),
    );
    const sent = dispatcher.send({ destinationId: "a", responseRequired: true });
    const { id } = await received.promise;
    await expect(dispatcher.send({ id, isResponse: true, content: "later" })).resolves.toBeUndefined();
    await expect(sent).resolves.toBe("later");
    await dispatcher.send({ id, isResponse: true, content: "again" });
    expect(drops).toEqual([{ reason: "not-awaited", id }]);
    expect(dispatcher.activity().droppedResponses).toBe(1);
  });

  it("K30 may be sent before the listener has returned", async () => {
    const { dispatcher, drops } = kit();
    dispatcher.register(
      listener("a", (message) => {
        dispatcher.respond(message, "early");
        return DEFERRED;
      }),
    );
    await expect(dispatcher.send({ destinationId: "a", responseRequired: true })).resolves.toBe("early");
    expect(drops).toEqual([]);
  });

  it("K30 may be an error", async () => {
    const { dispatcher } = kit();
    dispatcher.register(
      listener("a", (message) => {
        queueMicrotask(() => dispatcher.fail(message, new RangeError("later trouble")));
        return DEFERRED;
      }),
    );
    await expect(dispatcher.send({ destinationId: "a", responseRequired: true })).rejects.toThrow(RangeError);
  });

  it("K30 holds the destination of a blocking message until it comes", async () => {
    const { dispatcher, settle } = kit();
    const started: string[] = [];
    dispatcher.register(
      listener("a", ({ type }) => {
        started.push(type);
        return DEFERRED;
      }),
    );
    const sent = dispatcher.send({
      id: "q",
      type: "first",
      destinationId: "a",
      responseRequired: true,
      blocking: true,
    });
    void dispatcher.send({ type: "second", destinationId: "a" });
    await settle();
    expect(started).toEqual(["first"]);
    void dispatcher.send({ id: "q", isResponse: true, content: 1 });
    await expect(sent).resolves.toBe(1);
    await settle();
    expect(started).toEqual(["first", "second"]);
  });

  it("K30 of group members counts one by one", async () => {
    const { dispatcher, drops, settle } = kit();
    for (const reply of [DEFERRED, "at once", DEFERRED])
      dispatcher.joinGroup(
        "g",
        listener(undefined, () => reply),
      );
    const sent = outcomeOf(dispatcher.send({ id: 1, groupId: "g", responseRequired: true }));
    await settle();
    await dispatcher.send({ id: 1, isResponse: true });
    await settle();
    expect(sent.state()).toBe("waiting");
    await dispatcher.send({ id: 1, isResponse: true });
    await settle();
    expect(sent.state()).toEqual({ value: null });
    await dispatcher.send({ id: 1, isResponse: true });
    expect(drops).toEqual([{ reason: "not-awaited", id: 1 }]);
  });

  it("K31 to an id that nobody waits for is dropped and counted", async () => {
    const { dispatcher, drops } = kit({ processId: "A" });
    await expect(dispatcher.send({ id: "unknown", isResponse: true })).resolves.toBeUndefined();
    await dispatcher.send({ id: "A#77", isResponse: true });
    await dispatcher.send({ id: 5, processId: "B", isResponse: true });
    expect(drops).toEqual(["unknown", "A#77", 5].map((id) => ({ reason: "not-awaited", id })));
    expect(dispatcher.activity().droppedResponses).toBe(3);
  });
});
