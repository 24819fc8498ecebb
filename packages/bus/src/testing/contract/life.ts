// Cases about death and life: lost consumers (12), inspection (14), closing (16), a lost broker (17).

import { expect, it } from "vitest";
import { Desk, Recorder } from "./desk.ts";
import type { BusContractOptions } from "./options.ts";
import { type World, patience } from "./world.ts";

export function lifeCases<Place>(world: () => World, options: BusContractOptions<Place>): void {
  lostConsumerCases(world, options);
  inspectionCases(world);
  closingCases(world);
  brokerCases(world, options);
}

function lostConsumerCases<Place>(world: () => World, options: BusContractOptions<Place>): void {
  const canCrash = options.crash !== undefined;
  const reason = canCrash ? "" : " [needs crash]";

  it.runIf(canCrash)(
    `12 what a killed consumer had in hand comes again as a further attempt, and is counted${reason}`,
    async () => {
      const queue = world().name("in");
      const bus = await world().open();
      const desk = new Desk();
      await bus.consume(queue, { prefetch: 2 }, desk.handler);
      for (const text of ["a", "b", "c"]) await bus.publish(queue, text);
      await desk.count(2);
      const later = await world().crash(bus);
      const recorder = new Recorder();
      await later.consume(queue, {}, recorder.handler);
      await recorder.count(3);
      expect(recorder.texts.toSorted()).toEqual(["a", "b", "c"]);
      const attempts = new Map(recorder.received.map(({ body, attempt }) => [body.toString(), attempt]));
      expect([attempts.get("a"), attempts.get("b")]).toEqual([2, 2]);
      expect(recorder.received.find(({ id }) => id === desk.received[0]?.id)?.body.toString()).toBe("a");
      expect((await world().inspect(later, queue))?.totals.redelivered).toBeGreaterThanOrEqual(2);
    },
  );

  it.runIf(canCrash)(
    `12 a message that kills its process is parked in the end, and the queue goes on${reason}`,
    async () => {
      const queue = world().name("in");
      let bus = await world().open();
      await bus.publish(queue, "poison");
      const attempts: number[] = [];
      const maxDeliveries = 3;
      for (let process = 1; process <= maxDeliveries; process++) {
        const desk = new Desk();
        await bus.consume(queue, { maxDeliveries, prefetch: 1 }, desk.handler);
        attempts.push((await desk.next()).delivery.attempt);
        bus = await world().crash(bus);
      }
      const recorder = new Recorder();
      await bus.publish(queue, "good");
      await bus.consume(queue, { maxDeliveries }, recorder.handler);
      await recorder.count(1);
      await expect.poll(() => world().inspect(bus, queue), patience).toMatchObject({ parked: 1, depth: 0 });
      expect(recorder.texts).toEqual(["good"]);
      expect(attempts).toEqual([1, 2, 3]);
      const { messages } = await bus.parking.list(queue);
      expect(messages.map(({ body, attempt }) => [body.toString(), attempt])).toEqual([["poison", 3]]);
      expect(messages[0]?.history.length).toBeGreaterThanOrEqual(1);
    },
  );
}

function inspectionCases(world: () => World): void {
  it("14 inspect tells depth, delayed, in flight, consumers, parked and totals as they are", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const desk = new Desk();
    for (let n = 0; n < 6; n++) await bus.publish(queue, String(n));
    await expect
      .poll(() => world().inspect(bus, queue), patience)
      .toMatchObject({ depth: 6, inFlight: 0, consumers: 0 });
    const consumer = await bus.consume(queue, { prefetch: 2, retryDelayMs: 60_000 }, desk.handler);
    (await desk.next()).resolve();
    (await desk.next()).reject(Object.assign(new Error("never"), { retryable: false }));
    (await desk.next()).reject(new Error("later"));
    await desk.count(5);
    const totals = { published: 6, delivered: 5, acknowledged: 1, redelivered: 0, parked: 1, expired: 0 };
    const expected = { queue, depth: 2, delayed: 1, inFlight: 2, consumers: 1, parked: 1, totals };
    await expect.poll(() => world().inspect(bus, queue), patience).toMatchObject(expected);
    for (const held of desk.held.slice()) held.resolve();
    await desk.count(6);
    for (const held of desk.held.slice()) held.resolve();
    await consumer.stop();
    await expect.poll(() => world().inspect(bus, queue), patience).toMatchObject({ consumers: 0, inFlight: 0 });
  });

  it("14 inspect tells the rates of the last ten seconds, and forgets them", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const recorder = new Recorder();
    await bus.consume(queue, {}, recorder.handler);
    for (let n = 0; n < 20; n++) await bus.publish(queue, String(n));
    await recorder.count(20);
    const rates = { published: 2, delivered: 2, acknowledged: 2 };
    await expect.poll(() => world().inspect(bus, queue), patience).toMatchObject({ rates });
    if (!world().controlsTime) return;
    await world().pass(10_001);
    expect(await world().inspect(bus, queue)).toMatchObject({ rates: { published: 0, delivered: 0, acknowledged: 0 } });
  });

  it("14 inspect tells the age of the oldest waiting message, or that none waits", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    await bus.declareQueue({ queue });
    expect((await world().inspect(bus, queue))?.oldestAgeMs).toBeUndefined();
    await bus.publish(queue, "a");
    await world().pass(200);
    await bus.publish(queue, "b");
    const age = (await world().inspect(bus, queue))?.oldestAgeMs;
    // A broker may be unable to tell; one that tells must be right.
    if (age !== undefined) expect(age).toBeGreaterThanOrEqual(200);
    if (world().controlsTime) expect(age).toBe(200);
  });

  it("14 inspect lists the queues that the bus knows, and nothing for an unknown name", async () => {
    const bus = await world().open();
    const [first, second] = [world().name("a"), world().name("b")];
    for (const queue of [first, second]) await bus.declareQueue({ queue });
    const names = (await bus.inspect()).map(({ queue }) => queue);
    expect(names).toEqual(expect.arrayContaining([first, second]));
    expect(await bus.inspect(world().name("unknown"))).toEqual([]);
  });
}

function closingCases(world: () => World): void {
  it("16 close waits for running handlers and acknowledges what they finish, and hands out nothing more", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const desk = new Desk();
    await bus.consume(queue, { prefetch: 1 }, desk.handler);
    for (const text of ["a", "b"]) await bus.publish(queue, text);
    const held = await desk.next();
    let closed = false;
    const closing = bus.close().then(() => (closed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(false);
    held.resolve();
    await closing;
    const later = await world().open();
    const recorder = new Recorder();
    await later.consume(queue, {}, recorder.handler);
    await recorder.count(1);
    expect([desk.texts, recorder.texts]).toEqual([["a"], ["b"]]);
  });

  it("16 a handler that close waits for may still publish what it has to", async () => {
    const [queue, onward] = [world().name("in"), world().name("onward")];
    const bus = await world().open();
    const desk = new Desk();
    await bus.consume(queue, {}, async (delivery) => {
      await desk.handler(delivery);
      await bus.publish(onward, delivery.body);
    });
    await bus.publish(queue, "x");
    const held = await desk.next();
    const closing = bus.close();
    held.resolve();
    await closing;
    const later = await world().open();
    const recorder = new Recorder();
    await later.consume(onward, {}, recorder.handler);
    await recorder.count(1);
    await later.declareQueue({ queue });
    expect(await world().inspect(later, queue)).toMatchObject({ depth: 0 });
    expect(recorder.texts).toEqual(["x"]);
  });

  it("16 close does not wait longer than its timeout; what was not acknowledged is delivered again", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const desk = new Desk();
    await bus.consume(queue, {}, desk.handler);
    for (const text of ["a", "b"]) await bus.publish(queue, text);
    const [first, second] = [await desk.next(), await desk.next()];
    const later = await world().reopen(bus);
    // Too late: both were given back.
    first.resolve();
    second.reject(Object.assign(new Error("never"), { retryable: false }));
    const recorder = new Recorder();
    await later.consume(queue, {}, recorder.handler);
    await recorder.count(2);
    expect(recorder.texts).toEqual(["a", "b"]);
    await expect
      .poll(() => world().inspect(later, queue), patience)
      .toMatchObject({ depth: 0, inFlight: 0, parked: 0 });
  });

  it("16 close settles every pending publish, and what resolved is delivered", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    await bus.declareQueue({ queue });
    const pending = Array.from({ length: 100 }, (_, n) => bus.publish(queue, String(n)));
    const settling = Promise.allSettled(pending);
    await world().close(bus);
    const results = await settling;
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "BUS_CLOSED" });
    }
    const safe = results.flatMap(({ status }, n) => (status === "fulfilled" ? [String(n)] : []));
    const later = await world().open();
    await later.publish(queue, "last");
    const recorder = new Recorder();
    await later.consume(queue, {}, recorder.handler);
    await expect.poll(() => recorder.texts.at(-1), patience).toBe("last");
    expect(recorder.texts).toEqual(expect.arrayContaining(safe));
  });

  it("16 close is idempotent, and every call after it is refused", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const consumer = await bus.consume(queue, {}, () => undefined);
    await Promise.all([bus.close(), bus.close()]);
    await bus.close();
    await consumer.pause();
    await consumer.stop();
    const calls = [
      bus.publish(queue, "x"),
      bus.consume(queue, {}, () => undefined),
      bus.declareQueue({ queue }),
      bus.declareExchange({ name: world().name("e") }),
      bus.inspect(),
      bus.parking.list(queue),
      bus.parking.get(queue, "x"),
      bus.parking.retry(queue, "all"),
      bus.parking.drop(queue, "all"),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: "BUS_CLOSED", retryable: false });
  });
}

function brokerCases<Place>(world: () => World, options: BusContractOptions<Place>): void {
  const hasBroker = options.disturb !== undefined;
  const reason = hasBroker ? "" : " [needs a broker]";

  it.runIf(hasBroker)(
    `17 a bus that loses its broker comes back with its consumers and what they had in hand${reason}`,
    async () => {
      const queue = world().name("in");
      const bus = await world().open();
      const desk = new Desk();
      await bus.consume(queue, { prefetch: 2 }, desk.handler);
      for (const text of ["a", "b", "c"]) await bus.publish(queue, text);
      await desk.count(2);
      await world().disturb();
      for (const held of desk.held.slice()) held.resolve();
      await expect.poll(() => bus.publish(queue, "after").then(() => true), patience).toBe(true);
      const settleAll = (): readonly string[] => {
        for (const held of desk.held.slice()) held.resolve();
        return [...new Set(desk.texts)].toSorted();
      };
      await expect.poll(settleAll, patience).toEqual(["a", "after", "b", "c"]);
      // What was in hand may come again after the rest, and later than it.
      await expect
        .poll(() => (settleAll(), world().inspect(bus, queue)), patience)
        .toMatchObject({ depth: 0, inFlight: 0, consumers: 1 });
      expect((await world().inspect(bus, queue))?.totals.redelivered).toBeGreaterThanOrEqual(1);
    },
  );
}
