// Cases about the way out: acknowledging (4), prefetch (5), order (6), pausing and stopping (11).

import { expect, it } from "vitest";
import type { Consumer } from "../../bus.ts";
import { Desk, Recorder } from "./desk.ts";
import type { BusContractOptions } from "./options.ts";
import { type World, patience } from "./world.ts";

export function consumingCases<Place>(world: () => World, options: BusContractOptions<Place>): void {
  acknowledgingCases(world);
  orderCases(world, options);
  pausingCases(world);
}

function acknowledgingCases(world: () => World): void {
  it("4 a message is acknowledged when its handler resolves, and not before", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const desk = new Desk();
    await bus.consume(queue, {}, desk.handler);
    await bus.publish(queue, "x");
    const held = await desk.next();
    const running = { inFlight: 1, totals: { acknowledged: 0 } };
    expect(await world().inspect(bus, queue)).toMatchObject(running);
    held.resolve();
    const done = { depth: 0, inFlight: 0, totals: { delivered: 1, acknowledged: 1 } };
    await expect.poll(() => world().inspect(bus, queue), patience).toMatchObject(done);

    const later = await world().reopen(bus);
    const recorder = new Recorder();
    await later.publish(queue, "next");
    await later.consume(queue, {}, recorder.handler);
    await recorder.count(1);
    expect(recorder.texts).toEqual(["next"]);
  });

  it("5 as many messages as prefetch allows are in the handler at a time, and never more", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const desk = new Desk();
    await bus.consume(queue, { prefetch: 3 }, desk.handler);
    for (let n = 0; n < 12; n++) await bus.publish(queue, String(n));
    await desk.count(3);
    for (let n = 0; n < 12; n++) (await desk.next()).resolve();
    expect(desk.mostHeld).toBe(3);
    expect(desk.received).toHaveLength(12);
  });

  it("5 two consumers of one queue share its messages, each getting some and none getting another's", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const desks = [new Desk(), new Desk()];
    for (const desk of desks) await bus.consume(queue, { prefetch: 2 }, desk.handler);
    for (let n = 0; n < 4; n++) await bus.publish(queue, String(n));
    for (const desk of desks) await desk.count(2);
    expect(desks.flatMap(({ texts }) => texts).toSorted()).toEqual(["0", "1", "2", "3"]);
    expect(await world().inspect(bus, queue)).toMatchObject({ inFlight: 4, consumers: 2 });
  });
}

function orderCases<Place>(world: () => World, options: BusContractOptions<Place>): void {
  it.each([1, 7, 100])("6 messages are handed out in publishing order with prefetch %i", async (prefetch) => {
    const queue = world().name("in");
    const bus = await world().open();
    const desk = new Desk();
    const texts = Array.from({ length: 100 }, (_, n) => String(n));
    for (const text of texts.slice(0, 50)) await bus.publish(queue, text);
    await bus.consume(queue, { prefetch }, desk.handler);
    const rest = Promise.all(texts.slice(50).map((text) => bus.publish(queue, text)));
    for (const text of texts) {
      const held = await desk.next();
      expect(held.text).toBe(text);
      held.resolve();
    }
    await rest;
    expect(desk.mostHeld).toBeLessThanOrEqual(prefetch);
  });

  it("6 with prefetch 1 the next message is handed out when the one before is settled", async () => {
    const [queue, marker] = [world().name("in"), world().name("marker")];
    const bus = await world().open();
    const [desk, markers] = [new Desk(), new Recorder()];
    await bus.consume(queue, { prefetch: 1 }, desk.handler);
    await bus.consume(marker, {}, markers.handler);
    await bus.publish(queue, "first");
    await bus.publish(queue, "second");
    const first = await desk.next();
    await bus.publish(marker, "x");
    await markers.count(1);
    expect(desk.texts).toEqual(["first"]);
    first.reject(new Error("not now"));
    expect((await desk.next()).text).toBe("second");
  });

  it.runIf(options.priorities !== false)(
    `6 waiting messages of higher priority go first, in publishing order among equals${options.priorities === false ? " [needs priorities]" : ""}`,
    async () => {
      const queue = world().name("in");
      const bus = await world().open();
      const recorder = new Recorder();
      const published = [
        ["low 1", 0],
        ["high 1", 9],
        ["middle", 5],
        ["low 2", 0],
        ["high 2", 9],
      ] as const;
      for (const [text, priority] of published) await bus.publish(queue, text, { priority });
      await bus.consume(queue, { prefetch: 1 }, recorder.handler);
      await recorder.count(5);
      expect(recorder.texts).toEqual(["high 1", "high 2", "middle", "low 1", "low 2"]);
    },
  );
}

function pausingCases(world: () => World): void {
  it("11 pause resolves when the last handler is done, one resolving and one rejecting, and not before", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const desk = new Desk();
    const consumer = await bus.consume(queue, { prefetch: 2, retryDelayMs: world().delayMs }, desk.handler);
    for (const text of ["a", "b", "c"]) await bus.publish(queue, text);
    const [first, second] = [await desk.next(), await desk.next()];
    let paused = false;
    const pausing = consumer.pause().then(() => (paused = true));
    first.resolve();
    await expect.poll(() => world().inspect(bus, queue), patience).toMatchObject({ inFlight: 1 });
    expect(paused).toBe(false);
    second.reject(new Error("no"));
    await pausing;
    expect(desk.texts).toEqual(["a", "b"]);
    expect(desk.held).toEqual([]);
  });

  it("11 while paused nothing is handed out and nothing is lost; resume hands out everything, in order", async () => {
    const [queue, marker] = [world().name("in"), world().name("marker")];
    const bus = await world().open();
    const [recorder, markers] = [new Recorder(), new Recorder()];
    const consumer = await bus.consume(queue, {}, recorder.handler);
    await bus.consume(marker, {}, markers.handler);
    await consumer.pause();
    await consumer.pause();
    for (const text of ["a", "b", "c"]) await bus.publish(queue, text);
    await bus.publish(marker, "x");
    await markers.count(1);
    expect(recorder.texts).toEqual([]);
    consumer.resume();
    consumer.resume();
    await recorder.count(3);
    expect(recorder.texts).toEqual(["a", "b", "c"]);
  });

  it("11 a pause that is taken back at once loses nothing", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const recorder = new Recorder();
    const consumer = await bus.consume(queue, { prefetch: 3 }, recorder.handler);
    for (let n = 0; n < 30; n++) {
      await bus.publish(queue, String(n));
      const pausing = consumer.pause();
      consumer.resume();
      await pausing;
    }
    await recorder.count(30);
    expect(recorder.texts).toEqual(Array.from({ length: 30 }, (_, n) => String(n)));
  });

  it("11 a consumer that starts paused hands out nothing until the first resume", async () => {
    const [queue, marker] = [world().name("in"), world().name("marker")];
    const bus = await world().open();
    const [recorder, markers] = [new Recorder(), new Recorder()];
    const consumer = await bus.consume(queue, { startPaused: true }, recorder.handler);
    await bus.consume(marker, {}, markers.handler);
    await bus.publish(queue, "x");
    await bus.publish(marker, "x");
    await markers.count(1);
    expect(recorder.texts).toEqual([]);
    consumer.resume();
    await recorder.count(1);
  });

  it("11 a handler may stop its own consumer, as long as it does not wait for that", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const [texts, recorder]: [string[], Recorder] = [[], new Recorder()];
    let stopping: Promise<void> | undefined;
    const consumer: Consumer = await bus.consume(queue, { prefetch: 1, startPaused: true }, ({ body }) => {
      texts.push(body.toString());
      stopping = consumer.stop();
    });
    for (const text of ["a", "b"]) await bus.publish(queue, text);
    consumer.resume();
    await expect.poll(() => texts, patience).toEqual(["a"]);
    await stopping;
    await bus.consume(queue, {}, recorder.handler);
    await recorder.count(1);
    expect([texts, recorder.texts]).toEqual([["a"], ["b"]]);
  });

  it("11 stop waits for its handlers and leaves everything else to other consumers", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const desk = new Desk();
    const consumer = await bus.consume(queue, { prefetch: 5 }, desk.handler);
    for (let n = 0; n < 20; n++) await bus.publish(queue, String(n));
    await desk.count(5);
    const stopping = consumer.stop();
    for (const held of desk.held.slice()) held.resolve();
    await stopping;
    await consumer.stop();
    await consumer.pause();
    expect(desk.received).toHaveLength(5);

    const recorder = new Recorder();
    await bus.consume(queue, {}, recorder.handler);
    await recorder.count(15);
    expect([...desk.texts, ...recorder.texts]).toEqual(Array.from({ length: 20 }, (_, n) => String(n)));
    expect(await world().inspect(bus, queue)).toMatchObject({ consumers: 1 });
  });
}
