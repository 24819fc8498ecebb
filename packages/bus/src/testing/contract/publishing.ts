// Cases about the way in: safety (1), queues that exist early (2), routing (3), properties (13), overload (15), names (18).

import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { PublishOptions } from "../../bus.ts";
import { Desk, Recorder } from "./desk.ts";
import type { BusContractOptions } from "./options.ts";
import { type World, patience } from "./world.ts";

const ignore = (): void => undefined;
const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

export function publishingCases<Place>(world: () => World, options: BusContractOptions<Place>): void {
  safetyCases(world, options);
  queueCases(world);
  propertyCases(world, options);
}

function safetyCases<Place>(world: () => World, options: BusContractOptions<Place>): void {
  it("1 a message whose publish resolved is delivered after the bus was closed and opened again", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    for (const text of numbers(10)) await bus.publish(queue, text);
    const later = await world().reopen(bus);
    const recorder = new Recorder();
    await later.consume(queue, {}, recorder.handler);
    await recorder.count(10);
    expect(recorder.texts).toEqual(numbers(10));
  });

  it.runIf(options.crash !== undefined)(
    `1 a message whose publish resolved is delivered after a crash${options.crash ? "" : " [needs crash]"}`,
    async () => {
      const queue = world().name("in");
      const bus = await world().open();
      await Promise.all(numbers(50).map((text) => bus.publish(queue, text)));
      const later = await world().crash(bus);
      const recorder = new Recorder();
      await later.consume(queue, {}, recorder.handler);
      await recorder.count(50);
      expect([...new Set(recorder.texts)]).toEqual(numbers(50));
    },
  );

  // Several times, because what may go wrong is a race between the first messages and the declaration of their queue.
  it("1 2 6 thousands of publishes at once under a key without a queue are all delivered, in the order of the calls", async () => {
    const bus = await world().open();
    const texts = numbers(4_000);
    for (let round = 0; round < 4; round++) {
      const queue = world().name("in");
      await Promise.all(texts.map((text) => bus.publish(queue, text)));
      const recorder = new Recorder();
      await bus.consume(queue, { prefetch: 100 }, recorder.handler);
      await recorder.count(texts.length);
      expect(recorder.texts).toEqual(texts);
    }
  });

  it("15 more pending publishes than allowed are refused as overload, all others are delivered, and it passes", async () => {
    const queue = world().name("in");
    const bus = await world().open({ maxPendingPublishes: 10 });
    const results = await Promise.allSettled(numbers(500).map((text) => bus.publish(queue, text)));
    const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    const accepted = numbers(500).filter((_, index) => results[index]?.status === "fulfilled");
    expect(accepted.length).toBeGreaterThanOrEqual(10);
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) expect(error).toMatchObject({ code: "BUS_OVERLOADED", retryable: true });

    await bus.publish(queue, "last");
    const recorder = new Recorder();
    await bus.consume(queue, {}, recorder.handler);
    await recorder.count(accepted.length + 1);
    expect(recorder.texts).toEqual([...accepted, "last"]);
  });
}

function queueCases(world: () => World): void {
  it("2 a message under a key without a queue waits in a queue of that name", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    await bus.publish(queue, "early");
    await expect.poll(() => world().inspect(bus, queue), patience).toMatchObject({ queue, depth: 1, consumers: 0 });
    const recorder = new Recorder();
    await bus.consume(queue, {}, recorder.handler);
    await recorder.count(1);
    expect(recorder.texts).toEqual(["early"]);
  });

  it("2 a message on another exchange that no queue takes is refused, unless it may be discarded", async () => {
    const exchange = world().name("metrics");
    const bus = await world().open();
    await bus.declareExchange({ name: exchange });
    const lost = bus.publish("nowhere", "x", { exchange });
    await expect(lost).rejects.toMatchObject({ code: "BUS_UNROUTABLE", retryable: false });
    await expect(bus.publish("nowhere", "x", { exchange, unroutable: "discard" })).resolves.toBeUndefined();
  });

  it("2 an exchange that nobody declared takes no message, not even one that may be discarded, and no binding", async () => {
    const exchange = world().name("undeclared");
    const bus = await world().open();
    for (const unroutable of ["reject", "discard"] as const) {
      const lost = bus.publish("key", "x", { exchange, unroutable });
      await expect(lost).rejects.toMatchObject({ code: "BUS_UNROUTABLE", retryable: false });
    }
    const binding = bus.declareQueue({ queue: world().name("in"), exchange });
    await expect(binding).rejects.toMatchObject({ code: "BUS_DECLARATION_CONFLICT" });
  });

  it("18 names on vumi that are not lower case, or empty, too long or reserved anywhere, are refused", async () => {
    const bus = await world().open();
    for (const name of ["Upper.case", "", "x".repeat(256), "ü".repeat(128)]) {
      const calls = [bus.publish(name, "x"), bus.declareQueue({ queue: name }), bus.consume(name, {}, ignore)];
      for (const call of calls) await expect(call).rejects.toMatchObject({ code: "BUS_NAME_INVALID" });
    }
    const headers = { "x-death": "1" };
    await expect(bus.publish("a", "x", { headers })).rejects.toMatchObject({ code: "BUS_NAME_INVALID" });
  });

  it("18 options outside of their range are refused and leave nothing behind", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const invalid = { code: "BUS_OPTION_INVALID" };
    await bus.declareQueue({ queue });
    const wrongPublish: PublishOptions[] = [{ priority: 10 }, { priority: -1 }, { priority: 0.5 }, { expiresInMs: -1 }];
    for (const wrong of wrongPublish) await expect(bus.publish(queue, "x", wrong)).rejects.toMatchObject(invalid);
    const wrongConsume = [{ prefetch: 0 }, { prefetch: 65_536 }, { maxDeliveries: 0 }, { retryFactor: 0 }];
    for (const wrong of wrongConsume) {
      await expect(bus.consume(queue, wrong, ignore)).rejects.toMatchObject(invalid);
    }
    for (const limit of [0, 1_001]) await expect(bus.parking.list(queue, { limit })).rejects.toMatchObject(invalid);
    expect(await world().inspect(bus, queue)).toMatchObject({ depth: 0, consumers: 0 });
  });
}

function propertyCases<Place>(world: () => World, options: BusContractOptions<Place>): void {
  it("13 body, content type, headers, priority and time arrive as published", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const desk = new Desk();
    await bus.consume(queue, { prefetch: 1 }, desk.handler);
    const text = fc.string({ unit: "binary", maxLength: 40 });
    const message = fc.record({
      body: fc.uint8Array({ maxLength: 2_000 }),
      contentType: fc.option(fc.string({ minLength: 1, maxLength: 40 }), { nil: undefined }),
      headers: fc.dictionary(fc.stringMatching(/^[a-wyz][a-zA-Z0-9_-]{0,20}$/), text, { maxKeys: 4 }),
      priority: fc.integer({ min: 0, max: 9 }),
    });
    const property = fc.asyncProperty(message, async ({ body, contentType, headers, priority }) => {
      const before = world().now();
      const type = contentType === undefined ? {} : { contentType };
      await bus.publish(queue, body, { headers, priority, ...type });
      const { delivery, resolve } = await desk.next();
      const { publishedAt = 0, ...rest } = delivery;
      expect(rest).toMatchObject({ queue, exchange: "vumi", routingKey: queue, attempt: 1, contentType, priority });
      expect(rest.headers).toEqual(headers);
      expect(rest.body.equals(body)).toBe(true);
      expect(publishedAt).toBeGreaterThanOrEqual(before);
      expect(publishedAt).toBeLessThanOrEqual(world().now());
      resolve();
    });
    await fc.assert(property, { numRuns: options.propertyRuns ?? 50, endOnFailure: true });
  });

  it("13 a string is published as UTF-8, a megabyte arrives whole, and a part of a buffer as that part", async () => {
    const queue = world().name("in");
    const bus = await world().open();
    const recorder = new Recorder();
    const big = Buffer.alloc(1_048_576, "0123456789abcdef");
    await bus.consume(queue, {}, recorder.handler);
    await bus.publish(queue, "grüße 👋\0");
    await bus.publish(queue, big);
    await bus.publish(queue, new Uint8Array(big.buffer, big.byteOffset + 3, 5));
    await recorder.count(3);
    expect(recorder.received[0]?.body.toString("utf8")).toBe("grüße 👋\0");
    expect(recorder.received[1]?.body.equals(big)).toBe(true);
    expect(recorder.received[2]?.body.toString()).toBe("34567");
  });

  it("13 a handler that writes into its body harms neither its redelivery nor another queue's copy", async () => {
    const bus = await world().open();
    const [first, second] = [world().name("first"), world().name("second")];
    const key = world().name("key");
    for (const queue of [first, second]) await bus.declareQueue({ queue, routingKeys: [key] });
    const [firstDesk, secondDesk] = [new Desk(), new Desk()];
    await bus.consume(first, { retryDelayMs: world().delayMs }, firstDesk.handler);
    await bus.publish(key, "original");
    const held = await firstDesk.next();
    held.delivery.body.fill("x");
    held.reject(new Error("again"));
    await world().passDelay(bus, first);
    await bus.consume(second, {}, secondDesk.handler);
    expect((await firstDesk.next()).text).toBe("original");
    expect((await secondDesk.next()).text).toBe("original");
  });
}
