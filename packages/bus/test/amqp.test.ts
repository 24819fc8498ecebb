// The parts of the RabbitMQ bus that need no broker: what is written into messages and read from anybody's, what is acknowledged, what a page
// of parked messages is, and that passwords stay secret.

import type { Channel, ConsumeMessage } from "amqplib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TestClock } from "@switchboard/core/testing";
import type { DeliveryFailure, ParkedMessage } from "../src/bus.ts";
import { Addresses, forgetRoute, isOpen } from "../src/amqp/addresses.ts";
import {
  freshProperties,
  historyOf,
  messageId,
  onwardProperties,
  publishProperties,
  toDelivery,
  toParked,
  tokenOf,
} from "../src/amqp/envelope.ts";
import { brokerName, resolveAmqpOptions } from "../src/amqp/options.ts";
import { PageBuilder } from "../src/amqp/parked-page.ts";
import { parkedQueueName, queueArguments, retryQueueName } from "../src/amqp/queue-kinds.ts";
import { Released } from "../src/amqp/released.ts";
import { ConsumerSession } from "../src/amqp/session.ts";
import { backoffMs, sleep } from "../src/amqp/waiting.ts";
import { resolvePublish } from "../src/options.ts";

const now = Date.UTC(2026, 0, 1, 12, 0, 0, 123);
const newId = (): string => "new-id";

/** A message as amqplib hands it over. */
function message(properties: object, { body = "", redelivered = false, deliveryTag = 1 } = {}): ConsumeMessage {
  const fields = { deliveryTag, redelivered, exchange: "vumi", routingKey: "a.inbound", consumerTag: "c" };
  return { content: Buffer.from(body), fields, properties } as ConsumeMessage;
}

function published(options: Parameters<typeof resolvePublish>[2] = {}): ConsumeMessage {
  const id = messageId("prefix-1", now);
  return message(publishProperties(resolvePublish("a.inbound", 0, options), id, now));
}

const failure = (attempt: number, text = "no"): DeliveryFailure => {
  return { at: now, attempt, name: "Error", code: undefined, message: text };
};

describe("messages", () => {
  it("13 arrive with content type, headers, priority and time to the millisecond as published", () => {
    const headers = fc.dictionary(fc.stringMatching(/^[a-wyz]{1,10}$/), fc.string({ unit: "grapheme" }));
    const options = fc.record({
      headers,
      contentType: fc.string({ minLength: 1, maxLength: 40 }),
      priority: fc.integer({ min: 0, max: 9 }),
      time: fc.integer({ min: 1, max: 4_000_000_000_000 }),
    });
    const property = fc.property(options, ({ time, ...given }) => {
      const properties = publishProperties(resolvePublish("a", 0, given), messageId("p-1", time), time);
      const delivery = toDelivery(message(properties), "a.inbound", newId);
      expect(delivery).toMatchObject({ ...given, publishedAt: time, attempt: 1 });
    });
    fc.assert(property);
  });

  it("of other programs are taken whatever their properties are", () => {
    const junk = fc.anything({ withBigInt: false });
    const properties = fc.record({
      messageId: junk,
      timestamp: junk,
      priority: junk,
      contentType: junk,
      headers: fc.option(fc.dictionary(fc.string(), junk), { nil: undefined }),
    });
    const property = fc.property(properties, (given) => {
      const delivery = toDelivery(message(given), "a.inbound", newId);
      expect(delivery.attempt).toBeGreaterThanOrEqual(1);
      expect(typeof delivery.id).toBe("string");
      expect(historyOf(message(given))).toEqual([]);
    });
    fc.assert(property);
  });

  it("say when they were published if another program's timestamp does, in seconds or milliseconds", () => {
    const timeOf = (properties: object): unknown => toDelivery(message(properties), "q", newId).publishedAt;
    expect(timeOf({ timestamp: 1_700_000_000 })).toBe(1_700_000_000_000);
    expect(timeOf({ timestamp: 1_700_000_000_123 })).toBe(1_700_000_000_123);
    expect(timeOf({ timestamp: 1_700_000_000, messageId: "foreign-abcdef" })).toBe(1_700_000_000_000);
    expect(timeOf({ messageId: messageId("foreign", now) })).toBeUndefined();
  });

  it("keep id, properties, original address, attempt and history when they are published again", () => {
    const original = published({ headers: { a: "b" }, contentType: "text/plain", expiresInMs: 5_000 });
    const delivery = toDelivery(original, "a.inbound", newId);
    const history = [failure(1), failure(2)];
    const again = message(onwardProperties(original, delivery, { token: "t", attempt: 3, history, parkedAt: now + 9 }));
    Object.assign(again.fields, { exchange: "", routingKey: "a.inbound.parked" });
    expect(tokenOf(again)).toBe("t");
    expect(toParked(again, "a.inbound", newId)).toEqual({ ...delivery, attempt: 3, history, parkedAt: now + 9 });
  });

  it("lose what the broker and a former publisher said of their way when they are published again", () => {
    const headers = {
      "x-death": [],
      "x-delivery-count": 3,
      "x-first-death-queue": "q",
      CC: ["a"],
      BCC: ["b"],
      "x-own": 1,
    };
    const original = message({ headers, expiration: "5", userId: "guest", deliveryMode: 1 });
    const again = onwardProperties(original, toDelivery(original, "q", newId), { token: "t", attempt: 2, history: [] });
    expect(Object.keys(again.headers as object).toSorted()).toEqual([
      "x-own",
      "x-switchboard-attempt",
      "x-switchboard-exchange",
      "x-switchboard-history",
      "x-switchboard-routing-key",
      "x-switchboard-token",
    ]);
    expect(again).toMatchObject({ persistent: true, mandatory: true });
    expect(again).not.toHaveProperty("expiration");
    expect(again).not.toHaveProperty("userId");
  });

  it("9 put back after parking are as if published now, and live as long again", () => {
    const original = published({ expiresInMs: 5_000 });
    const delivery = toDelivery(original, "a.inbound", newId);
    const parked = message(onwardProperties(original, delivery, { token: "t", attempt: 5, history: [failure(5)] }));
    const later = now + 60_000;
    const fresh = message(freshProperties(parked, toDelivery(parked, "a.inbound", newId), { token: "u", now: later }));
    expect(toDelivery(fresh, "a.inbound", newId)).toMatchObject({ id: delivery.id, attempt: 1, publishedAt: later });
    expect(fresh.properties.headers?.["x-switchboard-expires-at"]).toBe(later + 5_000);
    expect(historyOf(fresh)).toEqual([]);
  });

  it("carry no more history than fits, with the first and the last failure", () => {
    const original = published();
    const history = Array.from({ length: 500 }, (_, n) => failure(n + 1, "ü".repeat(900)));
    const properties = onwardProperties(original, toDelivery(original, "q", newId), {
      token: "t",
      attempt: 501,
      history,
    });
    expect(Buffer.byteLength(String(properties.headers?.["x-switchboard-history"]))).toBeLessThan(24_577);
    const kept = historyOf(message(properties));
    expect([kept[0]?.attempt, kept.at(-1)?.attempt]).toEqual([1, 500]);
  });
});

/** A channel that keeps the broker's books: which deliveries are open, and what it would close the channel for. */
class BookKeeper {
  readonly open = new Set<number>();
  readonly acknowledged = new Set<number>();
  frames = 0;

  readonly channel = {
    ack: ({ fields: { deliveryTag } }: ConsumeMessage, upTo: boolean): void => {
      this.frames++;
      if (!this.open.has(deliveryTag)) throw new Error(`unknown delivery tag ${deliveryTag}`);
      for (const tag of [...this.open].filter((one) => (upTo ? one <= deliveryTag : one === deliveryTag))) {
        this.open.delete(tag);
        this.acknowledged.add(tag);
      }
    },
    nack: ({ fields: { deliveryTag } }: ConsumeMessage): void => {
      if (!this.open.delete(deliveryTag)) throw new Error(`unknown delivery tag ${deliveryTag}`);
    },
  } as unknown as Channel;
}

describe("a consumer's session", () => {
  it("4 acknowledges exactly what it is told to, in any order and any company", () => {
    const fates = fc.array(
      fc.record({
        tag: fc.nat(60),
        fate: fc.constantFrom("acknowledge", "acknowledge", "release"),
        flush: fc.boolean(),
      }),
    );
    const property = fc.property(fates, (steps) => {
      const broker = new BookKeeper();
      const session = new ConsumerSession(broker.channel, 20);
      const wanted = new Set<number>();
      const settled = new Set<number>();
      for (let tag = 1; tag <= 60; tag++) broker.open.add(tag);
      for (const { tag, fate, flush } of steps) {
        if (tag > 0 && !settled.has(tag)) {
          settled.add(tag);
          if (fate === "acknowledge") wanted.add(tag);
          session[fate === "acknowledge" ? "acknowledge" : "release"](message({}, { deliveryTag: tag }));
        }
        if (flush) session.flush();
      }
      session.flush();
      expect(broker.acknowledged).toEqual(wanted);
    });
    fc.assert(property);
  });

  it("acknowledges with one frame what is settled in one turn without a gap", () => {
    const broker = new BookKeeper();
    const session = new ConsumerSession(broker.channel, 20);
    for (let tag = 1; tag <= 100; tag++) broker.open.add(tag);
    for (let tag = 1; tag <= 100; tag++) session.acknowledge(message({}, { deliveryTag: tag }));
    session.flush();
    expect([broker.frames, broker.acknowledged.size]).toEqual([1, 100]);
  });

  it("12 takes the first messages that come marked for those of a dead consumer, the rest for a restarted broker's", () => {
    const session = new ConsumerSession(new BookKeeper().channel, 2);
    const marked = message({}, { redelivered: true });
    expect([marked, marked, marked, marked].map((one) => session.isSuspect(one))).toEqual([true, true, false, false]);
    expect(session.isSuspect(message({}))).toBe(false);
    expect(session.isSuspect(marked)).toBe(true);
  });
});

describe("messages given back without having been handled", () => {
  it("are known once when they come again, by their id or, without one, by their body", () => {
    const released = new Released();
    released.add(message({ messageId: "1" }));
    released.add(message({}, { body: "vumi" }));
    expect(released.take(message({ messageId: "2" }))).toBe(false);
    expect(released.take(message({ messageId: "1" }))).toBe(true);
    expect(released.take(message({ messageId: "1" }))).toBe(false);
    expect(released.take(message({}, { body: "vumi" }))).toBe(true);
  });

  it("are forgotten, the oldest first, when there are too many", () => {
    const released = new Released();
    for (let id = 0; id < 70_001; id++) released.add(message({ messageId: String(id) }));
    expect(released.take(message({ messageId: "0" }))).toBe(false);
    expect(released.take(message({ messageId: "1" }))).toBe(true);
  });
});

describe("a page of parked messages", () => {
  const parked = (parkedAt: number, id: string): ParkedMessage => ({ parkedAt, id }) as ParkedMessage;
  const ids = (messages: readonly ParkedMessage[]): string[] => messages.map(({ id }) => id);

  it("is the next in parking order, whatever the order in which a quorum queue gives them", () => {
    const setting = fc.record({
      times: fc.array(fc.nat(5), { maxLength: 30 }),
      shuffle: fc.infiniteStream(fc.nat()),
      limit: fc.integer({ min: 1, max: 7 }),
    });
    const property = fc.property(setting, ({ times, shuffle, limit }) => {
      const all = times.toSorted((a, b) => a - b).map((time, n) => parked(time, `p-${(n + 36).toString(36)}`));
      const collected: string[] = [];
      let after: string | undefined;
      do {
        const builder = new PageBuilder({ limit, after, isOrdered: false });
        const keyed = all.map((one) => [shuffle.next().value ?? 0, one] as const);
        for (const [, one] of keyed.toSorted(([a], [b]) => a - b)) expect(builder.add(one)).toBe(false);
        const page = builder.page();
        expect(page.messages.length).toBeLessThanOrEqual(limit);
        collected.push(...ids(page.messages));
        after = page.next;
      } while (after !== undefined);
      expect(collected).toEqual(ids(all));
    });
    fc.assert(property);
  });

  it("ends the walk over a classic queue when it is full, and goes on behind a message that is gone", () => {
    const [a, b, c] = [parked(1, "a"), parked(2, "b"), parked(3, "c")];
    const first = new PageBuilder({ limit: 1, after: undefined, isOrdered: true });
    expect([first.add(a), first.add(b)]).toEqual([false, true]);
    const { next } = first.page();
    const second = new PageBuilder({ limit: 5, after: next, isOrdered: true });
    expect([second.add(b), second.add(c)]).toEqual([false, false]);
    expect(second.page()).toEqual({ messages: [b, c], next: undefined });
  });
});

describe("what is known of addresses", () => {
  const address = { exchange: "vumi", routingKey: "a.inbound" };

  it("6 lets one message go ahead on Vumi's exchange until a queue has taken it, and is nobody's business elsewhere", () => {
    const known = new Addresses().of(address);
    expect(isOpen(known)).toBe(true);
    known.sent = 1;
    expect(isOpen(known)).toBe(false);
    known.isKnown = true;
    expect(isOpen(known)).toBe(true);
    forgetRoute(known);
    expect(isOpen(known)).toBe(false);
    const other = new Addresses().of({ ...address, exchange: "other" });
    other.sent = 1;
    forgetRoute(other);
    expect(isOpen(other)).toBe(true);
  });

  it("15 is forgotten of those that nothing is pending for when there are too many", () => {
    const addresses = new Addresses();
    const [idle, busy] = [
      { ...address, routingKey: "idle" },
      { ...address, routingKey: "busy" },
    ] as const;
    const [before, kept] = [addresses.of(idle), addresses.of(busy)];
    kept.pending = 1;
    for (let number = 0; number < 10_000; number++) addresses.of({ ...address, routingKey: String(number) });
    expect(addresses.of(busy)).toBe(kept);
    expect(addresses.of(idle)).not.toBe(before);
  });
});

describe("options", () => {
  it("fill in what a URL leaves out, and decode what it holds", () => {
    const [plain] = resolveAmqpOptions({ url: "amqp://broker" }).brokers;
    const guest = { username: "guest", password: "guest", vhost: "/" };
    expect(plain).toEqual({ protocol: "amqp", hostname: "broker", port: 5672, ...guest });
    const [full] = resolveAmqpOptions({ url: "amqps://vumi:p%40ss@[::1]:1234/%2Fdevelop" }).brokers;
    const vumi = { username: "vumi", password: "p@ss", vhost: "/develop" };
    expect(full).toEqual({ protocol: "amqps", hostname: "::1", port: 1234, ...vumi });
  });

  it("name a broker without its password, and a wrong URL without anything of it", () => {
    const property = fc.property(fc.stringMatching(/^[A-Za-z0-9]{12,20}$/), (secret) => {
      const [broker] = resolveAmqpOptions({ url: `amqp://${secret}:${secret}@broker/` }).brokers;
      expect(broker === undefined ? "" : brokerName(broker)).toBe("amqp://broker:5672/%2F");
      for (const url of [
        `http://u:${secret}@broker`,
        `${secret}@broker`,
        `amqp://u:${secret}@`,
        `amqp://%zz${secret}@b`,
      ]) {
        expect(() => resolveAmqpOptions({ url })).toThrow(expect.objectContaining({ code: "BUS_OPTION_INVALID" }));
        expect(() => resolveAmqpOptions({ url })).not.toThrow(secret);
      }
    });
    fc.assert(property);
  });

  it.each([
    { url: [] },
    { url: "amqp://b", queueType: "stream" as "classic" },
    { url: "amqp://b", maxPriority: 10 },
    { url: "amqp://b", maxPriority: 5, queueType: "quorum" as const },
    { url: "amqp://b", maxPendingPublishes: 0 },
    { url: "amqp://b", heartbeatMs: 999 },
    { url: "amqp://b", connectTimeoutMs: 0 },
  ])("18 are refused when out of range: %j", (options) => {
    expect(() => resolveAmqpOptions(options)).toThrow(expect.objectContaining({ code: "BUS_OPTION_INVALID" }));
  });

  it("declare a classic queue without arguments, as Vumi does, unless it is to have priorities", () => {
    expect(queueArguments({ queueType: "classic" })).toEqual({});
    expect(queueArguments({ queueType: "classic", maxPriority: 9 })).toEqual({ "x-max-priority": 9 });
    expect(queueArguments({ queueType: "quorum" })).toMatchObject({ "x-queue-type": "quorum" });
  });

  it("18 name the queues beside a queue after it, as far as AMQP allows", () => {
    expect([retryQueueName("a"), parkedQueueName("a")]).toEqual(["a.retry", "a.parked"]);
    const [long, other] = ["x".repeat(255), "y".repeat(255)];
    expect(Buffer.byteLength(parkedQueueName(long))).toBeLessThanOrEqual(255);
    expect(new Set([parkedQueueName(long), retryQueueName(long), parkedQueueName(other)]).size).toBe(3);
  });
});

describe("waiting", () => {
  it("grows from a tenth of a second to five, and differs among clients", () => {
    expect([0, 1, 2, 3, 20].map((tries) => backoffMs(tries, () => 0))).toEqual([0, 100, 200, 400, 5_000]);
    expect(backoffMs(20, () => 1)).toBe(4_000);
  });

  it("ends when its time has come, or at once when there is nothing to wait for any more", async () => {
    const clock = new TestClock();
    const controller = new AbortController();
    const over: string[] = [];
    void sleep(clock, 50).then(() => over.push("time"));
    const waiting = sleep(clock, 1_000, controller.signal).then(() => over.push("aborted"));
    await clock.advance(50);
    expect(over).toEqual(["time"]);
    controller.abort();
    await waiting;
    await sleep(clock, 1_000, controller.signal);
    expect([over, clock.pendingTimers]).toEqual([["time", "aborted"], 0]);
  });
});
