// What searching promises on every engine: the same answer, however much of the messages is in blocks, and whatever happened to them afterwards.

import { TestClock } from "@switchboard/core/testing";
import type { Sql } from "@switchboard/storage";
import * as fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEvent } from "../../src/message/event.ts";
import { formatTimestamp } from "../../src/message/timestamp.ts";
import { createUserMessage } from "../../src/message/user-message.ts";
import { BlockBuilder } from "../../src/store/block-builder.ts";
import type { FilterCondition, FilterField, MessageFilter } from "../../src/store/message-filter.ts";
import type { StoredMessage } from "../../src/store/message-reader.ts";
import { type MessageStore, openMessageStore } from "../../src/store/message-store.ts";
import { found, newestFirst } from "./filter-model.ts";

const texts = [
  "hello there",
  "HELLO",
  "100% of_it",
  "a\\b",
  '“quoted” "words"',
  "émoji 😀😀 x",
  "שלום עולם",
  "ab",
  "x'y; --",
  "",
];
const few = ["l", "lo", "O", "%", "_", "\\", "😀", "😀 ", "ם", "b", "qz", "0"];
const words = [...texts, ...few, "ello", "hel", "😀😀 x", "לום", "nothing at all", "+27", "m1"].filter(
  (word) => word !== "",
);
const people = ["+271", "+272", "8000", "שלום", "Bob"];
const errors = ["APP_BROKEN", "app_broken", "Zeit abgelaufen"];

const id = fc.nat(30).map((number) => `m${number}`);
// Both directions may have the same id, but then nothing says which comes first in a list.
const own = (direction: string, message: string): string =>
  direction === "inbound" ? message : message.replace("m", "o");
const one = <Value>(...values: Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values);
const direction = one("inbound", "outbound");

const stored = fc.record({
  kind: fc.constant("message" as const),
  direction,
  id,
  second: fc.nat(60),
  content: one(...texts),
  from: one(...people),
  to: one(...people),
  channel: one("sms", "ussd"),
  provider: one(null, "mtn"),
  inReplyTo: fc.option(id),
});
const reported = fc.record({
  kind: fc.constant("event" as const),
  id,
  second: fc.nat(90),
  type: one("ack", "nack", "delivered", "failed"),
});
const handled = fc.record({
  kind: fc.constant("trail" as const),
  id,
  direction,
  second: fc.nat(60),
  outcome: one("handled", "failed", "parked", "dropped"),
  worker: one("menu", "echo"),
  worker_kind: one("application", "router", "channel"),
  error: one(...errors),
});
const others = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("index" as const), steps: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("prune" as const), keep: fc.integer({ min: 5, max: 25 }) }) },
);
const deed = fc.oneof(
  { weight: 8, arbitrary: stored },
  { weight: 3, arbitrary: reported },
  { weight: 4, arbitrary: handled },
  { weight: 2, arbitrary: others },
);
type Deed = typeof deed extends fc.Arbitrary<infer Value> ? Value : never;

const values: Partial<Record<FilterField, readonly string[]>> = {
  id: ["m1", "o2", "m1*", "m", "m12*"],
  direction: ["inbound", "outbound"],
  channel: ["sms", "ussd", "none", "s*"],
  router: ["menu", "echo", "*"],
  application: ["menu", "echo", "m*", ""],
  rule: ["1", "2"],
  person: ["+271", "+27*", "שלום", "8*", "b*", "Bo*", "*", "27*"],
  local: ["8000", "+27*"],
  from: ["+271", "8000", "8*"],
  to: ["+272", "8000", "*"],
  state: ["waiting", "answered", "handled", "sent", "delivered", "failed", "parked"],
  error: ["App_Broken", "zeit*", "*", "none"],
  provider: ["mtn", "*"],
  reply: ["m1", "m2"],
  test: ["true", "false"],
};
const condition: fc.Arbitrary<FilterCondition> = fc
  .constantFrom(...(Object.keys(values) as FilterField[]))
  .chain((field) =>
    fc.record({
      field: fc.constant(field),
      values: fc.subarray([...(values[field] ?? [])], { minLength: 1, maxLength: 2 }),
      not: fc.boolean(),
    }),
  );
const wanted = fc.record({
  conditions: fc.array(condition, { maxLength: 2 }),
  text: fc.array(fc.record({ value: one(...words), not: fc.boolean() }), { maxLength: 2 }),
  range: fc.option(fc.tuple(fc.nat(60), fc.nat(60))),
});

/** Declares the suite. `open` gives an empty database; it is closed here. */
export function searchSuite(engine: string, open: () => Promise<Sql>): void {
  let database: Sql;
  let clock: TestClock;
  let store: MessageStore;

  beforeAll(async () => {
    database = await open();
    clock = new TestClock();
    store = await openMessageStore({ sql: database, clock, maintains: false });
  });

  afterAll(async () => {
    await store.close();
    await database.close();
  });

  const beganMs = (): number => clock.now() - 3_600_000;
  const timestamp = (second: number): string => formatTimestamp(beganMs() + second * 1_000);

  async function forgetAll(): Promise<void> {
    await store.prune({ maxMessages: 0 });
    for (const table of [
      "messages",
      "message_facts",
      "message_trail",
      "events",
      "message_blocks",
      "message_block_counts",
    ]) {
      await sql`DELETE FROM ${sql.table(table)}`.execute(database.db);
    }
  }

  async function carryOut(deeds: readonly Deed[], builder: BlockBuilder): Promise<void> {
    for (const one of deeds) {
      if (one.kind === "index") {
        for (let step = 0; step < one.steps && (await builder.step()); step++);
      } else if (one.kind === "prune") await store.prune({ maxMessages: one.keep });
      else if (one.kind === "message") {
        const fields = {
          message_id: own(one.direction, one.id),
          from_addr: one.from,
          to_addr: one.to,
          content: one.content,
          in_reply_to: one.inReplyTo,
        };
        const channel = { transport_name: one.channel, transport_type: "sms", provider: one.provider };
        const message = createUserMessage({ ...fields, ...channel, timestamp: timestamp(one.second) }, { clock });
        await store.addMessage(one.direction as "inbound", message);
      } else if (one.kind === "event") {
        const about = { user_message_id: own("outbound", one.id), timestamp: timestamp(one.second) };
        const { type } = one;
        if (type === "ack")
          await store.addEvent(createEvent({ event_type: type, sent_message_id: "s", ...about }, { clock }));
        else if (type === "nack")
          await store.addEvent(createEvent({ event_type: type, nack_reason: "no", ...about }, { clock }));
        else
          await store.addEvent(
            createEvent({ event_type: "delivery_report", delivery_status: type as "failed", ...about }, { clock }),
          );
      } else {
        const { outcome, worker, worker_kind } = one as { outcome: "failed"; worker: string; worker_kind: "router" };
        const error = outcome === "failed" ? { error: { message: one.error, permanent: false } } : {};
        const place = { connector: "c", endpoint: "default", at: beganMs() + one.second * 1_000, took_ms: 1, rule: 1 };
        const entry = {
          message_id: own(one.direction, one.id),
          kind: one.direction as "inbound",
          did: "handled" as const,
          worker,
          worker_kind,
          outcome,
        };
        await store.addTrail([{ ...entry, ...place, ...error }]);
      }
    }
  }

  const idsOf = (messages: readonly StoredMessage[]): string[] =>
    messages.map(({ direction: way, message: { message_id } }) => `${way} ${message_id}`);

  describe(`searching on ${engine}`, () => {
    it("finds and counts what looking at every message would, whatever is indexed and has changed since", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(deed, { minLength: 20, maxLength: 80 }),
          fc.array(wanted, { minLength: 12, maxLength: 12 }),
          fc.boolean(),
          async (deeds, filters, isSmall) => {
            // With one in each there are more than are looked at without texts.
            const messagesPerBlock = isSmall && database.dialect === "sqlite" ? 1 : 4;
            await forgetAll();
            await carryOut(deeds, new BlockBuilder({ sql: database, clock, messagesPerBlock }));
            const all = (
              await store.read.withIds(
                Array.from({ length: 62 }, (_, number) => `${number < 31 ? "m" : "o"}${number % 31}`),
              )
            ).toSorted(newestFirst);
            expect(await store.read.count({})).toBe(all.length);
            for (const { range, ...rest } of filters) {
              const [from, to] = (range ?? []).toSorted((a, b) => a - b);
              const filter: MessageFilter = {
                ...rest,
                ...(from !== undefined && { fromUs: (beganMs() + from * 1_000) * 1_000 }),
                ...(to !== undefined && { toUs: (beganMs() + to * 1_000) * 1_000 }),
              };
              const expected = idsOf(found(all, filter));
              expect(idsOf(await store.read.list(filter, 100))).toEqual(expected);
              expect(await store.read.count(filter)).toBe(expected.length);
              await checkPages(filter, expected);
              await checkBars(filter, found(all, filter));
            }
          },
        ),
        { numRuns: 12, endOnFailure: true },
      );
    });
  });

  async function checkPages(filter: MessageFilter, expected: readonly string[]): Promise<void> {
    const [, second] = await store.read.list(filter, 3);
    if (second === undefined) return;
    const behind = await store.read.list(filter, 100, { tsUs: second.tsUs, messageId: second.message.message_id });
    expect(idsOf(behind)).toEqual(expected.slice(2));
  }

  async function checkBars(filter: MessageFilter, messages: readonly StoredMessage[]): Promise<void> {
    const fromUs = beganMs() * 1_000;
    const range = { fromUs: Math.max(fromUs, filter.fromUs ?? fromUs), toUs: filter.toUs ?? fromUs + 61_000_000 };
    if (range.fromUs >= range.toUs) return;
    const bars = await store.read.histogram({ ...filter, ...range }, 7);
    const widthUs = Math.ceil((range.toUs - range.fromUs) / 7);
    for (const [index, bar] of bars.entries()) {
      const own = messages.filter(({ tsUs }) => Math.floor((tsUs - range.fromUs) / widthUs) === index);
      const count = (holds: (one: StoredMessage) => boolean): number => own.filter(holds).length;
      expect(bar).toEqual({
        atUs: range.fromUs + index * widthUs,
        in: count((message) => message.direction === "inbound"),
        out: count((message) => message.direction === "outbound"),
        failed: count(({ state }) => state === "failed"),
        parked: count(({ state }) => state === "parked"),
      });
    }
  }
}
