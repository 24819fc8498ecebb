// The queue that a program empties in its own time.

import { BasicMessageListener, Message, MessageQueue } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { describe, expect, it } from "vitest";
import { kit, outcomeOf } from "./kit.ts";

const letter = (content: unknown): Message => new Message({ destinationId: "q", content });

describe("a message queue", () => {
  it("K46 keeps messages in order until they are taken", async () => {
    const queue = new MessageQueue();
    for (const content of [1, 2, 3]) queue.putNow(letter(content));
    expect(queue.length).toBe(3);
    expect(queue.takeNow()?.content).toBe(1);
    expect((await queue.getQueuedMessage())?.content).toBe(2);
    expect((await queue.getQueuedMessage({ timeoutMs: 0 }))?.content).toBe(3);
    expect(queue.takeNow()).toBeUndefined();
    expect(queue.length).toBe(0);
  });

  it("K46 gives the next message to whoever has waited longest", async () => {
    const queue = new MessageQueue();
    const takers = [queue.getQueuedMessage(), queue.getQueuedMessage()];
    queue.putNow(letter("first"));
    queue.putNow(letter("second"));
    queue.putNow(letter("third"));
    expect((await Promise.all(takers)).map((message) => message?.content)).toEqual(["first", "second"]);
    expect(queue.length).toBe(1);
  });

  it("K46 gives nothing when the timeout expires, and loses no message to those who gave up", async () => {
    const clock = new TestClock();
    const queue = new MessageQueue({ clock });
    const gaveUp = outcomeOf(queue.getQueuedMessage({ timeoutMs: 100 }));
    const waits = outcomeOf(queue.getQueuedMessage({ timeoutMs: 200 }));
    await clock.advance(99);
    expect(gaveUp.state()).toBe("waiting");
    await clock.advance(1);
    expect(gaveUp.state()).toEqual({ value: undefined });
    queue.putNow(letter("for the other one"));
    await clock.advance(0);
    expect(waits.state()).toMatchObject({ value: { content: "for the other one" } });
    expect(clock.pendingTimers).toBe(0);
    await expect(queue.getQueuedMessage({ timeoutMs: 0 })).resolves.toBeUndefined();
  });

  it("can be read with for await until it is closed and empty", async () => {
    const queue = new MessageQueue();
    const got: unknown[] = [];
    queue.putNow(letter(1));
    const reading = (async () => {
      for await (const { content } of queue) got.push(content);
    })();
    queue.putNow(letter(2));
    await Promise.resolve();
    queue.putNow(letter(3));
    queue.close();
    queue.close();
    await reading;
    expect(got).toEqual([1, 2, 3]);
  });

  it("sends what comes after closing back, and tells those who wait for a message", async () => {
    const queue = new MessageQueue();
    const taker = queue.getQueuedMessage();
    queue.close();
    await expect(taker).resolves.toBeUndefined();
    expect(() => queue.put(letter(1))).toThrow(expect.objectContaining({ code: "KERNEL_UNDELIVERABLE" }));
    await expect(queue.getQueuedMessage()).resolves.toBeUndefined();
  });

  it("that is full is an error for the sender, also through a listener", async () => {
    const queue = new MessageQueue({ maxMessages: 1 });
    const { dispatcher } = kit();
    const listener = new BasicMessageListener("q");
    listener.add({ queue });
    dispatcher.register(listener);
    const ask = { destinationId: "q", responseRequired: true };
    await expect(dispatcher.send(ask)).resolves.toBeNull();
    await expect(dispatcher.send(ask)).rejects.toMatchObject({ code: "KERNEL_QUEUE_FULL" });
    expect(() => dispatcher.sendSync({ destinationId: "q" })).toThrow(
      expect.objectContaining({ code: "KERNEL_QUEUE_FULL" }),
    );
  });

  it("that is full makes senders wait, if it was made so, in order and with a bound", async () => {
    const queue = new MessageQueue({ maxMessages: 2, whenFull: "wait" });
    expect(queue.put(letter(1))).toBeUndefined();
    expect(queue.put(letter(2))).toBeUndefined();
    const waiting = [3, 4].map((content) => outcomeOf(Promise.resolve(queue.put(letter(content)))));
    expect(() => queue.put(letter(5))).toThrow(expect.objectContaining({ code: "KERNEL_QUEUE_FULL" }));
    expect(() => queue.putNow(letter(5))).toThrow(expect.objectContaining({ code: "KERNEL_QUEUE_FULL" }));
    expect(queue.takeNow()?.content).toBe(1);
    await Promise.resolve();
    expect(waiting.map(({ state }) => state())).toEqual([{ value: undefined }, "waiting"]);
    expect([queue.takeNow(), queue.takeNow(), queue.takeNow()].map((message) => message?.content)).toEqual([2, 3, 4]);
  });

  it("tells senders that wait for room when it is closed", async () => {
    const queue = new MessageQueue({ maxMessages: 1, whenFull: "wait" });
    queue.putNow(letter(1));
    const waiting = queue.put(letter(2));
    queue.close();
    await expect(waiting).rejects.toMatchObject({ code: "KERNEL_UNDELIVERABLE" });
    expect(queue.takeNow()?.content).toBe(1);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses %d as its size", (maxMessages) => {
    expect(() => new MessageQueue({ maxMessages })).toThrow(
      expect.objectContaining({ code: "KERNEL_MESSAGE_INVALID", details: { field: "maxMessages" } }),
    );
  });
});
