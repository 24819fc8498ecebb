// Cases about messages that fail: redelivery (7), parking (8, 9), expiry (10).

import { expect, it } from "vitest";
import type { Bus, ConsumeOptions, ParkedMessage } from "../../bus.ts";
import { Desk, Recorder } from "./desk.ts";
import { type World, patience } from "./world.ts";

export function failingCases(world: () => World): void {
  redeliveryCases(world);
  parkingCases(world);
  parkedCases(world);
  expiryCases(world);
}

function redeliveryCases(world: () => World): void {
  it("7 a message whose handler rejects comes again after a delay that grows up to its limit, attempt by attempt", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const desk = new Desk();
    const { delayMs } = world();
    const limits = { retryDelayMs: delayMs, retryFactor: 2, maxRetryDelayMs: delayMs * 3 };
    await bus.consume(queue, { ...limits, maxDeliveries: 10 }, desk.handler);
    await bus.publish(queue, "x");
    const delays = [delayMs, delayMs * 2, delayMs * 3, delayMs * 3];
    for (const [index, delay] of delays.entries()) {
      const { delivery, reject } = await desk.next();
      expect(delivery).toMatchObject({ attempt: index + 1, id: desk.received[0]?.id });
      const failedAt = world().now();
      reject(new Error("not yet"));
      await world().passDelay(bus, queue, delay - 1);
      if (world().controlsTime) {
        expect(await world().inspect(bus, queue)).toMatchObject({ delayed: 1, depth: 1 });
        await world().pass(1);
      }
      await desk.count(index + 2);
      // RabbitMQ counts from when it has the message, which may be a moment before our clock says so.
      expect(world().now() - failedAt).toBeGreaterThanOrEqual(delay - 5);
    }
    (await desk.next()).resolve();
    const totals = { delivered: 5, redelivered: 4, acknowledged: 1, parked: 0 };
    await expect.poll(() => world().inspect(bus, queue), patience).toMatchObject({ depth: 0, inFlight: 0, totals });
  });

  it("7 messages behind one that waits for its redelivery do not wait for it", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const desk = new Desk();
    await bus.consume(queue, { prefetch: 1, retryDelayMs: world().delayMs }, desk.handler);
    for (const text of ["bad", "good 1", "good 2"]) await bus.publish(queue, text);
    (await desk.next()).reject(new Error("not yet"));
    (await desk.next()).resolve();
    (await desk.next()).resolve();
    expect(desk.texts.slice(0, 3)).toEqual(["bad", "good 1", "good 2"]);
    await world().passDelay(bus, queue);
    const again = await desk.next();
    expect([again.text, again.delivery.attempt]).toEqual(["bad", 2]);
  });

  // Node's timers and Date.now() are two clocks: a timer may fire while the other says that a millisecond is missing.
  it("7 a timer that fires a moment early loses no redelivery", async () => {
    const queue = world().name("in");
    const bus = await world().open({ timersEarlyMs: 1 });
    const desk = new Desk();
    await bus.consume(queue, { retryDelayMs: world().delayMs }, desk.handler);
    await bus.publish(queue, "x");
    (await desk.next()).reject(new Error("not yet"));
    await world().passDelay(bus, queue);
    expect((await desk.next()).delivery.attempt).toBe(2);
  });

  it("7 the attempt is remembered when the bus is closed and opened again during the delay", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const desk = new Desk();
    // Real time passes while the first bus is looked at and closed, and a busy machine takes its time over that.
    const retryDelayMs = world().delayMs * 20;
    const options = { retryDelayMs, maxRetryDelayMs: retryDelayMs };
    await bus.consume(queue, options, desk.handler);
    await bus.publish(queue, "x");
    (await desk.next()).reject(new Error("not yet"));
    await expect.poll(() => world().inspect(bus, queue), patience).toMatchObject({ inFlight: 0 });
    const later = await world().reopen(bus);
    await later.consume(queue, options, desk.handler);
    await world().passDelay(later, queue, retryDelayMs);
    expect((await desk.next()).delivery).toMatchObject({ attempt: 2, id: desk.received[0]?.id });
  });
}

function parkingCases(world: () => World): void {
  it("8 after maxDeliveries a message is parked with the history of its failures, and the queue goes on", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const desk = new Desk();
    const options = { maxDeliveries: 3, retryDelayMs: world().delayMs, retryFactor: 1 };
    await bus.consume(queue, options, desk.handler);
    await bus.publish(queue, "bad", { headers: { a: "b" }, contentType: "text/plain" });
    for (const attempt of [1, 2, 3]) {
      (await desk.next()).reject(Object.assign(new RangeError(`failure ${attempt}`), { code: "OUT_OF_RANGE" }));
      if (attempt < 3) await world().passDelay(bus, queue);
    }
    const [parked] = await parkedOf(bus, queue, 1);
    expect(parked).toMatchObject({
      queue,
      attempt: 3,
      contentType: "text/plain",
      headers: { a: "b" },
      routingKey: queue,
    });
    expect(parked?.id).toBe(desk.received[0]?.id);
    expect(parked?.body.toString()).toBe("bad");
    expect(parked?.parkedAt).toBeLessThanOrEqual(world().now());
    expect(parked?.history).toEqual([failure(1), failure(2), failure(3)]);
    expect(await world().inspect(bus, queue)).toMatchObject({
      depth: 0,
      inFlight: 0,
      parked: 1,
      totals: { parked: 1 },
    });
    await bus.publish(queue, "good");
    expect((await desk.next()).text).toBe("good");
  });

  it("8 an error that is not retryable parks at once", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    await bus.consume(queue, {}, () => Promise.reject(Object.assign(new Error("never"), { retryable: false })));
    await bus.publish(queue, "x");
    const [parked] = await parkedOf(bus, queue, 1);
    expect(parked).toMatchObject({ attempt: 1, history: [{ attempt: 1, message: "never", name: "Error" }] });
  });

  it("8 a handler that throws at once counts as one that rejects, whatever it throws", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const thrown: unknown[] = [new Error("plain"), "text", undefined, null, 7, { toString: "not a function" }, 8n];
    await bus.consume(queue, { prefetch: 1, maxDeliveries: 1 }, ({ body }) => {
      throw thrown[Number(body.toString())];
    });
    for (const index of thrown.keys()) await bus.publish(queue, String(index));
    const parked = await parkedOf(bus, queue, thrown.length);
    expect(parked.map(({ body }) => body.toString())).toEqual(thrown.map((_, index) => String(index)));
    expect(parked.map(({ history }) => history.at(-1)?.message).slice(0, 2)).toEqual(["plain", "text"]);
  });
}

function parkedCases(world: () => World): void {
  it("9 parked messages are listed in parking order, a page at a time, and viewed one by one", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    await parkSome(bus, queue, 5);
    const first = await bus.parking.list(queue, { limit: 2 });
    const second = await bus.parking.list(queue, { limit: 2, after: first.next ?? "" });
    const third = await bus.parking.list(queue, { limit: 2, after: second.next ?? "" });
    const pages = [first, second, third].map(({ messages }) => messages.map(({ body }) => body.toString()));
    expect(pages).toEqual([["0", "1"], ["2", "3"], ["4"]]);
    expect(third.next).toBeUndefined();
    const [wanted] = second.messages;
    expect(await bus.parking.get(queue, wanted?.id ?? "")).toEqual(wanted);
    expect(await bus.parking.get(queue, "nobody")).toBeUndefined();
    expect(await bus.parking.list(world().name("unknown"))).toEqual({ messages: [], next: undefined });
  });

  it("9 paging goes on where it was although messages before were taken away meanwhile", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    await parkSome(bus, queue, 4);
    const first = await bus.parking.list(queue, { limit: 2 });
    await bus.parking.drop(
      queue,
      first.messages.map(({ id }) => id),
    );
    const second = await bus.parking.list(queue, { limit: 2, after: first.next ?? "" });
    expect(second.messages.map(({ body }) => body.toString())).toEqual(["2", "3"]);
  });

  it("9 parked messages survive, and are put back with attempt 1 at the end of their queue", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    await parkSome(bus, queue, 3);
    const later = await world().reopen(bus);
    await later.declareQueue({ queue });
    const { messages } = await later.parking.list(queue);
    expect(messages.map(({ body }) => body.toString())).toEqual(["0", "1", "2"]);
    await later.publish(queue, "waiting");
    const ids = messages.slice(0, 2).map(({ id }) => id);
    expect(await later.parking.retry(queue, [...ids, "nobody"])).toBe(2);
    expect(await later.parking.retry(queue, ids)).toBe(0);
    const desk = new Desk();
    await later.consume(queue, { prefetch: 1, maxDeliveries: 1 }, desk.handler);
    for (const text of ["waiting", "0"]) {
      const held = await desk.next();
      expect([held.text, held.delivery.attempt]).toEqual([text, 1]);
      held.resolve();
    }
    (await desk.next()).reject(new Error("again"));
    const parked = await parkedOf(later, queue, 2);
    expect(parked.map(({ body }) => body.toString())).toEqual(["2", "1"]);
    expect(parked[1]?.history).toMatchObject([{ attempt: 1, message: "again" }]);
  });

  it("9 parked messages do not expire, and live as long again once they are put back", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const expiresInMs = world().delayMs * 10;
    const consumer = await bus.consume(queue, { maxDeliveries: 1 }, () => Promise.reject(new Error("no")));
    await bus.publish(queue, "x", { expiresInMs });
    await parkedOf(bus, queue, 1);
    await consumer.stop();
    await world().pass(expiresInMs + 1);
    expect(await bus.parking.retry(queue, "all")).toBe(1);
    const desk = new Desk();
    await bus.consume(queue, {}, desk.handler);
    expect((await desk.next()).delivery).toMatchObject({ attempt: 1 });
  });

  it("9 messages that are put back twice at once, or named twice, are put back once", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    await parkSome(bus, queue, 3);
    const [first] = await parkedOf(bus, queue, 3);
    const id = first?.id ?? "";
    const counts = await Promise.all([bus.parking.retry(queue, [id, id]), bus.parking.retry(queue, [id])]);
    expect(counts.toSorted()).toEqual([0, 1]);
    const all = await Promise.all([bus.parking.retry(queue, "all"), bus.parking.drop(queue, "all")]);
    expect(all.reduce((sum, count) => sum + count)).toBe(2);
    const recorder = new Recorder();
    await bus.publish(queue, "last");
    await bus.consume(queue, { prefetch: 1 }, recorder.handler);
    await expect.poll(() => recorder.texts.at(-1), patience).toBe("last");
    expect(recorder.texts).toHaveLength(2 + (all[0] ?? 0));
  });

  it("9 parked messages are dropped only on request, and the count says what was done", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    await parkSome(bus, queue, 4);
    const [first] = await parkedOf(bus, queue, 4);
    expect(await bus.parking.drop(queue, [first?.id ?? "", "nobody"])).toBe(1);
    expect(await bus.parking.get(queue, first?.id ?? "")).toBeUndefined();
    expect(await bus.parking.drop(queue, "all")).toBe(3);
    expect(await bus.parking.drop(queue, "all")).toBe(0);
    expect(await bus.parking.retry(queue, "all")).toBe(0);
    expect(await world().inspect(bus, queue)).toMatchObject({ parked: 0, depth: 0 });
  });
}

function expiryCases(world: () => World): void {
  it("10 a message that expires before its delivery is dropped, counted and logged", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const recorder = new Recorder();
    await bus.publish(queue, "stale", { expiresInMs: world().delayMs });
    await bus.publish(queue, "fresh");
    await world().pass(world().delayMs + 1);
    await bus.consume(queue, {}, recorder.handler);
    await recorder.count(1);
    await expect.poll(() => world().inspect(bus, queue), patience).toMatchObject({ depth: 0, totals: { expired: 1 } });
    expect(recorder.texts).toEqual(["fresh"]);
    expect(world().logged).toContainEqual({
      message: expect.stringMatching(/expired/),
      fields: expect.objectContaining({ queue }),
    });
  });

  it("10 a message that expires in a handler is not affected", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const desk = new Desk();
    await bus.consume(queue, {}, desk.handler);
    await bus.publish(queue, "x", { expiresInMs: world().delayMs });
    const held = await desk.next();
    await world().pass(world().delayMs + 1);
    held.resolve();
    const totals = { delivered: 1, acknowledged: 1, expired: 0 };
    await expect.poll(() => world().inspect(bus, queue), patience).toMatchObject({ depth: 0, totals });
  });

  it("10 a message that expires while it waits for its redelivery is dropped and counted", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const desk = new Desk();
    const { delayMs } = world();
    await bus.consume(queue, { retryDelayMs: delayMs * 2 }, desk.handler);
    await bus.publish(queue, "x", { expiresInMs: delayMs });
    (await desk.next()).reject(new Error("not yet"));
    await world().passDelay(bus, queue, delayMs * 2);
    const totals = { delivered: 1, acknowledged: 0, parked: 0, expired: 1 };
    await expect.poll(() => world().inspect(bus, queue), patience).toMatchObject({ depth: 0, parked: 0, totals });
  });
}

/** The record of a RangeError that `failure <attempt>` was thrown with. */
function failure(attempt: number): object {
  return { attempt, at: expect.any(Number), name: "RangeError", code: "OUT_OF_RANGE", message: `failure ${attempt}` };
}

/** Publishes "0", "1", … and has them parked in that order. */
async function parkSome(bus: Bus, queue: string, count: number): Promise<void> {
  const failAtOnce: ConsumeOptions = { prefetch: 1, maxDeliveries: 1 };
  const consumer = await bus.consume(queue, failAtOnce, () => Promise.reject(new Error("no")));
  for (let n = 0; n < count; n++) await bus.publish(queue, String(n));
  await parkedOf(bus, queue, count);
  await consumer.stop();
}

/** Waits until `count` messages are parked and returns them. */
async function parkedOf(bus: Bus, queue: string, count: number): Promise<readonly ParkedMessage[]> {
  await expect.poll(async () => (await bus.inspect(queue))[0]?.parked, patience).toBe(count);
  return (await bus.parking.list(queue)).messages;
}
