// What the message store promises on every engine. Numbers are those of the checks that Vumi's own tests give.

import { TestClock } from "@switchboard/core/testing";
import type { Sql } from "@switchboard/storage";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEvent, type EventFields, type TransportEvent } from "../../src/message/event.ts";
import { formatTimestamp } from "../../src/message/timestamp.ts";
import { createUserMessage, type UserMessage, type UserMessageFields } from "../../src/message/user-message.ts";
import { type MessageStore, openMessageStore } from "../../src/store/message-store.ts";
import type { TrailEntry } from "../../src/store/trail.ts";

/** Declares the suite. `open` gives a fresh, empty database each time; it is closed here. */
export function storeSuite(engine: string, open: () => Promise<Sql>): void {
  let database: Sql;
  let clock: TestClock;
  let store: MessageStore;

  beforeEach(async () => {
    database = await open();
    clock = new TestClock();
    store = await openMessageStore({ sql: database, clock });
  });

  afterEach(async () => {
    await store.close();
    await database.close();
  });

  const message = (message_id: string, fields: Partial<UserMessageFields> = {}): UserMessage =>
    createUserMessage(
      {
        message_id,
        to_addr: "8000",
        from_addr: "+27831",
        transport_name: "sms",
        transport_type: "sms",
        content: "hi",
        ...fields,
      },
      { clock },
    );
  const at = (seconds: number): { timestamp: string } => ({
    timestamp: formatTimestamp(clock.now() + seconds * 1_000),
  });
  const event = (fields: EventFields): TransportEvent => createEvent(fields, { clock });
  const ack = (id: string, fields: Partial<EventFields> = {}): TransportEvent =>
    event({ event_type: "ack", sent_message_id: "s", user_message_id: id, ...fields } as EventFields);
  const report = (id: string, delivery_status: "pending" | "failed" | "delivered", fields: Partial<EventFields> = {}) =>
    event({ event_type: "delivery_report", delivery_status, user_message_id: id, ...fields } as EventFields);
  const keysOf = async (batch: string, direction: "inbound" | "outbound" = "inbound"): Promise<readonly string[]> =>
    (await store.batches.keys(batch, direction)).rows;
  const fill = async (
    batchId: string,
    count: number,
    fields: (index: number) => Partial<UserMessageFields> = () => ({}),
  ) => {
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        store.addMessage("inbound", message(`m${index}`, { ...at(index * 10), ...fields(index) }), { batchId }),
      ),
    );
  };

  describe(`message store on ${engine}: batches`, () => {
    it("S1 starts a batch with its tags, each of which then stands for it; metadata comes back as text", async () => {
      const id = await store.batches.start({
        tags: [
          ["pool", "a"],
          ["pool", "b"],
        ],
        metadata: { count: 3, name: "é" },
      });
      expect(await store.batches.get(id)).toEqual({
        batch_id: id,
        tags: [
          ["pool", "a"],
          ["pool", "b"],
        ],
        metadata: { count: "3", name: "é" },
      });
      expect((await store.batches.tag(["pool", "b"])).current_batch).toBe(id);
      expect(await store.batches.tag(["pool", "never"])).toEqual({
        tag: ["pool", "never"],
        current_batch: null,
        metadata: {},
      });
      expect(await store.batches.get("never")).toBeUndefined();
    });

    it("S2 finishes a batch: its tag stands for nothing, and the batch still lists it", async () => {
      const id = await store.batches.start({ tags: [["pool", "a"]] });
      await store.batches.finish(id);
      expect((await store.batches.tag(["pool", "a"])).current_batch).toBeNull();
      expect((await store.batches.get(id))?.tags).toEqual([["pool", "a"]]);
    });

    it("S3 moves a tag to a second batch that is started with it", async () => {
      const first = await store.batches.start({ tags: [["pool", "a"]] });
      const second = await store.batches.start({ tags: [["pool", "a"]] });
      expect((await store.batches.tag(["pool", "a"])).current_batch).toBe(second);
      expect((await store.batches.get(first))?.tags).toEqual([["pool", "a"]]);
    });

    it.each(["outbound", "inbound"] as const)(
      "S4 S5 S7 puts %s messages into the batches of tag, id and list, and into none when given nothing",
      async (direction) => {
        const tagged = await store.batches.start({ tags: [["pool", "a"]] });
        const one = await store.batches.start();
        const two = await store.batches.start();
        await Promise.all([
          store.addMessage(direction, message("by-tag"), { tag: ["pool", "a"] }),
          store.addMessage(direction, message("by-id"), { batchId: one, tag: ["pool", "a"] }),
          store.addMessage(direction, message("by-list"), { batchIds: [one, two] }),
          store.addMessage(direction, message("by-list-and-tag"), { batchIds: [two], tag: ["pool", "a"] }),
          store.addMessage(direction, message("by-both"), { batchId: one, batchIds: [two] }),
          store.addMessage(direction, message("by-nothing")),
        ]);
        expect(await keysOf(tagged, direction)).toEqual(["by-list-and-tag", "by-tag"]);
        expect(await keysOf(one, direction)).toEqual(["by-both", "by-id", "by-list"]);
        expect(await keysOf(two, direction)).toEqual(["by-both", "by-list", "by-list-and-tag"]);
        expect(await store.read.message(direction, "by-nothing")).toEqual(message("by-nothing"));
      },
    );

    it.each(["outbound", "inbound"] as const)(
      "S6 S7 updates an %s message that is stored again, adds batches, and counts it once",
      async (direction) => {
        const one = await store.batches.start();
        const two = await store.batches.start();
        await store.addMessage(direction, message("m", { content: "old" }), { batchId: one });
        await store.addMessage(direction, message("m", { content: "new", ...at(60), from_addr: "x", to_addr: "x" }), {
          batchId: two,
        });
        await store.addMessage(direction, message("m", { content: "new", ...at(60), from_addr: "x", to_addr: "x" }));
        expect((await store.read.message(direction, "m"))?.content).toBe("new");
        expect(await keysOf(one, direction)).toEqual(["m"]);
        expect(await keysOf(two, direction)).toEqual(["m"]);
        expect(await store.batches.count(one, direction)).toBe(1);
        expect(await store.batches.count(two, direction)).toBe(1);
        expect((await store.batches.messages(one, direction)).rows).toEqual([
          { message_id: "m", address: "x", ...at(60) },
        ]);
      },
    );

    it("stores the same message twice in one group as once", async () => {
      const batchId = await store.batches.start();
      await Promise.all([
        store.addMessage("outbound", message("m", { content: "a" }), { batchId }),
        store.addMessage("outbound", message("m", { content: "b" })),
      ]);
      expect((await store.read.message("outbound", "m"))?.content).toBe("b");
      expect(await store.batches.count(batchId, "outbound")).toBe(1);
    });

    it("S8 gives an ack the batches of its message, those given, or none; stored again it keeps its own", async () => {
      const one = await store.batches.start();
      const two = await store.batches.start();
      await store.addMessage("outbound", message("m"), { batchId: one });
      await store.addEvent(ack("m", { event_id: "own" }));
      await store.addEvent(ack("never", { event_id: "unknown" }));
      await store.addEvent(ack("m", { event_id: "none" }), []);
      await store.addEvent(ack("m", { event_id: "given" }), [two]);
      const idsOf = async (batch: string) => (await store.batches.events(batch)).rows.map(({ event_id }) => event_id);
      expect(await idsOf(one)).toEqual(["own"]);
      expect(await idsOf(two)).toEqual(["given"]);
      await store.addEvent(ack("m", { event_id: "given" }));
      await store.addEvent(ack("m", { event_id: "none" }));
      await store.addEvent(ack("m", { event_id: "own" }), [two]);
      expect(await idsOf(one)).toEqual(["own"]);
      expect((await idsOf(two)).toSorted()).toEqual(["given", "own"]);
      expect(await store.batches.count(one, "events")).toBe(1);
      expect(await store.read.event("own")).toMatchObject({ event_type: "ack", user_message_id: "m" });
    });

    it("S9 S10 counts each kind of event exactly once, from seven zeros", async () => {
      const batchId = await store.batches.start();
      const zeros = {
        sent: 0,
        ack: 0,
        nack: 0,
        delivery_report: 0,
        "delivery_report.pending": 0,
        "delivery_report.failed": 0,
        "delivery_report.delivered": 0,
      };
      expect(await store.batches.status(batchId)).toEqual(zeros);
      await store.addMessage("outbound", message("m"), { batchId });
      expect(await store.batches.status(batchId)).toEqual({ ...zeros, sent: 1 });
      const nack = event({ event_type: "nack", nack_reason: "no", user_message_id: "m", event_id: "n" });
      await store.addEvent(nack);
      await store.addEvent(nack);
      expect(await store.batches.status(batchId)).toEqual({ ...zeros, sent: 1, nack: 1 });
      for (const status of ["pending", "failed", "delivered"] as const) await store.addEvent(report("m", status));
      expect(await store.batches.status(batchId)).toEqual({
        sent: 1,
        ack: 0,
        nack: 1,
        delivery_report: 3,
        "delivery_report.pending": 1,
        "delivery_report.failed": 1,
        "delivery_report.delivered": 1,
      });
    });

    it("S11 lists the events of a message in the order of their own times", async () => {
      await store.addEvent(report("m", "delivered", { ...at(3), event_id: "a" }));
      await store.addEvent(ack("m", { ...at(1), event_id: "c" }));
      await store.addEvent(report("m", "pending", { ...at(2), event_id: "b" }));
      expect((await store.read.eventsOf("m")).map(({ event_id }) => event_id)).toEqual(["c", "b", "a"]);
      expect(await store.read.eventsOf("never")).toEqual([]);
    });

    it("S12 pages through the keys of a batch: each once, in key order", async () => {
      const batchId = await store.batches.start();
      await fill(batchId, 7);
      const first = await store.batches.keys(batchId, "inbound", { limit: 3 });
      expect(first.rows).toEqual(["m0", "m1", "m2"]);
      const second = await store.batches.keys(batchId, "inbound", { limit: 3, after: first.next ?? "" });
      const third = await store.batches.keys(batchId, "inbound", { limit: 3, after: second.next ?? "" });
      expect([...second.rows, ...third.rows]).toEqual(["m3", "m4", "m5", "m6"]);
      expect(third.next).toBeUndefined();
    });

    it("S13 S14 lists messages oldest first with addresses, between two times that are included", async () => {
      const batchId = await store.batches.start();
      await fill(batchId, 5, (index) => ({ from_addr: `+${index}` }));
      await store.addMessage("outbound", message("out", { to_addr: "+99" }), { batchId });
      const us = (seconds: number): number => (clock.now() + seconds * 1_000) * 1_000;
      const ids = async (range: { fromUs?: number; toUs?: number }) =>
        (await store.batches.messages(batchId, "inbound", range)).rows.map(({ message_id }) => message_id);
      expect(await ids({})).toEqual(["m0", "m1", "m2", "m3", "m4"]);
      expect(await ids({ fromUs: us(20) })).toEqual(["m2", "m3", "m4"]);
      expect(await ids({ toUs: us(20) })).toEqual(["m0", "m1", "m2"]);
      expect(await ids({ fromUs: us(10), toUs: us(30) })).toEqual(["m1", "m2", "m3"]);
      expect((await store.batches.messages(batchId, "inbound", { limit: 1 })).rows).toEqual([
        { message_id: "m0", address: "+0", ...at(0) },
      ]);
      expect((await store.batches.messages(batchId, "outbound")).rows[0]?.address).toBe("+99");
    });

    it("S15 S22 lists messages newest first, page by page, with their full times", async () => {
      const batchId = await store.batches.start();
      await fill(batchId, 5);
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await store.batches.messages(batchId, "inbound", {
          limit: 2,
          reverse: true,
          ...(after !== undefined && { after }),
        });
        seen.push(...page.rows.map(({ message_id }) => message_id));
        after = page.next;
      } while (after !== undefined);
      expect(seen).toEqual(["m4", "m3", "m2", "m1", "m0"]);
    });

    it("S16 lists the events of a batch newest first, with what reports say", async () => {
      const batchId = await store.batches.start();
      await store.addMessage("outbound", message("m"), { batchId });
      await store.addEvent(ack("m", at(1)));
      await store.addEvent(report("m", "delivered", at(2)));
      const rows = (await store.batches.events(batchId)).rows.map(({ status, timestamp }) => ({ status, timestamp }));
      expect(rows).toEqual([
        { status: "delivery_report.delivered", ...at(2) },
        { status: "ack", ...at(1) },
      ]);
      const fromUs = (clock.now() + 2_000) * 1_000;
      expect((await store.batches.events(batchId, { fromUs })).rows).toHaveLength(1);
    });

    it("S17 counts messages and people, also between two times", async () => {
      const batchId = await store.batches.start();
      await fill(batchId, 6, (index) => ({ from_addr: `+${index % 2}` }));
      expect(await store.batches.statistics(batchId, "inbound")).toEqual({ total: 6, unique_addresses: 2 });
      const fromUs = (clock.now() + 50_000) * 1_000;
      expect(await store.batches.statistics(batchId, "inbound", { fromUs })).toEqual({ total: 1, unique_addresses: 1 });
      expect(await store.batches.statistics("never", "inbound")).toEqual({ total: 0, unique_addresses: 0 });
    });

    it("S20 measures throughput up to the newest message, both ends included", async () => {
      const batchId = await store.batches.start();
      expect(await store.batches.throughput(batchId, "inbound")).toBe(0);
      await fill(batchId, 10);
      expect(await store.batches.throughput(batchId, "inbound")).toBe(10);
      expect(await store.batches.throughput(batchId, "inbound", 1_000)).toBe(1);
      expect(await store.batches.throughput(batchId, "inbound", 10_000)).toBe(2);
    });

    it("S23 clears a batch of everything, and forgets it; its messages stay", async () => {
      const batchId = await store.batches.start({ tags: [["pool", "a"]] });
      await fill(batchId, 3);
      await store.batches.clear(batchId);
      expect(await store.batches.get(batchId)).toBeUndefined();
      expect(await store.batches.list()).toEqual([]);
      expect(await keysOf(batchId)).toEqual([]);
      expect(await store.batches.count(batchId, "inbound")).toBe(0);
      expect(await store.read.message("inbound", "m1")).toBeDefined();
    });

    it("S24 finds counters that are more than the threshold off, and counts anew", async () => {
      const batchId = await store.batches.start();
      await fill(batchId, 11);
      await store.addMessage("outbound", message("m"), { batchId });
      await store.addEvent(ack("m"));
      expect(await store.batches.needsReconciliation(batchId)).toBe(false);
      await sql`UPDATE batch_counters SET value = 12 WHERE counter = 'inbound'`.execute(database.db);
      await sql`UPDATE batch_counters SET value = 99 WHERE counter = 'events'`.execute(database.db);
      expect(await store.batches.needsReconciliation(batchId)).toBe(true);
      expect(await store.batches.needsReconciliation(batchId, 0.1)).toBe(false);
      await store.batches.reconcile(batchId);
      expect(await store.batches.count(batchId, "inbound")).toBe(11);
      expect(await store.batches.count(batchId, "events")).toBe(1);
      expect(await store.batches.status(batchId)).toMatchObject({ sent: 1, ack: 1, delivery_report: 0 });
    });
  });

  describe(`message store on ${engine}: messages`, () => {
    const stateOf = async (id: string) => (await store.read.withIds([id]))[0]?.state;

    it("keeps what PostgreSQL's own JSON cannot: U+0000, lone surrogates and every script", async () => {
      const strange = message("m", { content: "nul \0 half \ud800 Привет 🙂", from_addr: "+1\0" });
      await store.addMessage("inbound", strange);
      expect(await store.read.message("inbound", "m")).toEqual(strange);
      expect(await store.read.list({ text: [{ value: "ПРИВЕТ" }] }, 10)).toHaveLength(1);
    });

    it("keeps a message_id apart in its two directions", async () => {
      await store.addMessage("inbound", message("m", { content: "in" }));
      await store.addMessage("outbound", message("m", { content: "out" }));
      expect((await store.read.message("inbound", "m"))?.content).toBe("in");
      expect((await store.read.message("outbound", "m"))?.content).toBe("out");
    });

    it("never stores notes that travel with a message", async () => {
      await store.addMessage("inbound", { ...message("m"), __cache__: { secret: 1 } });
      expect(await store.read.message("inbound", "m")).not.toHaveProperty("__cache__");
    });

    it("tells what became of an outbound message by its events' own times", async () => {
      await store.addMessage("outbound", message("m"));
      expect(await stateOf("m")).toBe("waiting");
      await store.addEvent(report("m", "delivered", at(5)));
      expect(await stateOf("m")).toBe("delivered");
      await store.addEvent(ack("m", at(1)));
      await store.addEvent(report("m", "pending", at(9)));
      await store.addEvent(report("m", "failed", at(4)));
      expect(await stateOf("m")).toBe("delivered");
      expect((await store.read.withIds(["m"]))[0]).toMatchObject({ acceptStatus: "ack", deliveryStatus: "delivered" });
      await store.addEvent(report("m", "failed", at(6)));
      expect(await stateOf("m")).toBe("failed");
    });

    it("knows the events that were stored before their message", async () => {
      await store.addEvent(ack("m", at(1)));
      await store.addEvent(report("m", "pending", at(2)));
      await store.addEvent(report("m", "delivered", at(3)));
      await store.addMessage("outbound", message("m"));
      expect(await store.read.withIds(["m"])).toMatchObject([
        { state: "delivered", acceptStatus: "ack", deliveryStatus: "delivered" },
      ]);
    });

    it("calls an inbound message answered once an answer is stored, whichever comes first", async () => {
      await store.addMessage("inbound", message("q"));
      expect(await stateOf("q")).toBe("waiting");
      await store.addMessage("outbound", message("a", { in_reply_to: "q", ...at(2) }));
      await store.addMessage("outbound", message("b", { in_reply_to: "late", ...at(3) }));
      await store.addMessage("inbound", message("late"));
      expect(await stateOf("q")).toBe("answered");
      expect(await stateOf("late")).toBe("answered");
      expect((await store.read.answersTo("q")).map(({ message: { message_id } }) => message_id)).toEqual(["a"]);
    });

    it("filters by what people look for, newest first, page by page", async () => {
      await store.addMessage("inbound", message("one", { ...at(1), content: "Menu, please" }));
      await store.addMessage(
        "inbound",
        message("two", { ...at(2), from_addr: "+27999", provider: "mtn", session_event: "new" }),
      );
      await store.addMessage(
        "outbound",
        message("three", { ...at(3), to_addr: "+27999", from_addr: "8000", content: "100% of_it" }),
      );
      await store.addMessage(
        "inbound",
        message("four", {
          ...at(4),
          transport_name: "ussd",
          helper_metadata: { switchboard: { test: true }, tag: { tag: ["p", "t"] } },
        }),
      );
      const ids = async (...filter: Parameters<MessageStore["read"]["list"]>) =>
        (await store.read.list(...filter)).map(({ message: { message_id } }) => message_id);
      expect(await ids({}, 10)).toEqual(["four", "three", "two", "one"]);
      expect(await ids({}, 2)).toEqual(["four", "three"]);
      expect(await ids({}, 2, { tsUs: (clock.now() + 3_000) * 1_000, messageId: "three" })).toEqual(["two", "one"]);
      const by = (field: never, value: string, not = false) =>
        ids({ conditions: [{ field, values: [value], not }] }, 10);
      expect(await by("person" as never, "+27999")).toEqual(["three", "two"]);
      expect(await ids({ conditions: [{ field: "id", values: ["one", "four"] }] }, 10)).toEqual(["four", "one"]);
      expect(await ids({ conditions: [{ field: "id", values: [] }] }, 10)).toEqual([]);
      expect(await by("person" as never, "+279*")).toEqual(["three", "two"]);
      expect(await by("from" as never, "8000")).toEqual(["three"]);
      expect(await by("to" as never, "8000")).toEqual(["four", "two", "one"]);
      expect(await by("direction" as never, "outbound")).toEqual(["three"]);
      expect(await by("channel" as never, "ussd")).toEqual(["four"]);
      expect(await by("channel" as never, "ussd", true)).toEqual(["three", "two", "one"]);
      expect(await by("provider" as never, "mtn", true)).toEqual(["four", "three", "one"]);
      expect(await by("session" as never, "new")).toEqual(["two"]);
      expect(await by("tag" as never, "p:t")).toEqual(["four"]);
      expect(await by("test" as never, "true")).toEqual(["four"]);
      expect(await by("state" as never, "waiting", true)).toEqual([]);
      expect(await ids({ text: [{ value: "MENU" }] }, 10)).toEqual(["one"]);
      expect(await ids({ text: [{ value: "100% of_" }] }, 10)).toEqual(["three"]);
      expect(await ids({ text: [{ value: "0%o" }] }, 10)).toEqual([]);
      expect(await ids({ text: [{ value: "menu", not: true }] }, 10)).toEqual(["four", "three", "two"]);
      const fromUs = (clock.now() + 2_000) * 1_000;
      expect(await ids({ fromUs, toUs: fromUs + 1_000_000 }, 10)).toEqual(["two"]);
      expect(await store.read.count({ conditions: [{ field: "direction", values: ["inbound"] }] })).toBe(3);
    });

    it("counts messages over time", async () => {
      for (const second of [0, 1, 1, 9]) {
        await store.addMessage("inbound", message(`i${Math.random()}`, at(second)));
      }
      await store.addMessage("outbound", message("o", at(5)));
      await store.addEvent(event({ event_type: "nack", nack_reason: "no", user_message_id: "o" }));
      const fromUs = clock.now() * 1_000;
      const bars = await store.read.histogram({ fromUs, toUs: fromUs + 10_000_000 }, 5);
      expect(bars.map((bar) => [bar.in, bar.out, bar.failed])).toEqual([
        [3, 0, 0],
        [0, 0, 0],
        [0, 1, 1],
        [0, 0, 0],
        [1, 0, 0],
      ]);
      expect(bars[1]?.atUs).toBe(fromUs + 2_000_000);
    });

    it("refuses what it cannot write without losing the others, and refuses everything once closed", async () => {
      const bad = { ...message("bad"), timestamp: "not a time" } as UserMessage;
      const results = await Promise.allSettled([
        store.addMessage("inbound", message("good")),
        store.addMessage("inbound", bad),
        store.addMessage("inbound", message("better")),
      ]);
      expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(await store.read.count({})).toBe(2);
      const last = store.addMessage("inbound", message("last"));
      await store.close();
      await last;
      await expect(store.addMessage("inbound", message("late"))).rejects.toMatchObject({ code: "STORAGE_CLOSED" });
      expect(await store.read.message("inbound", "last")).toBeDefined();
    });

    it("refuses what would heap up", async () => {
      const small = await openMessageStore({ sql: database, clock, maxPending: 2 });
      const added = [0, 1, 2].map((index) => small.addMessage("inbound", message(`m${index}`)));
      const results = await Promise.allSettled(added);
      expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
      expect((results[2] as PromiseRejectedResult).reason).toMatchObject({
        code: "STORAGE_OVERLOADED",
        retryable: true,
      });
      await small.close();
    });
  });

  describe(`message store on ${engine}: trail`, () => {
    const step = (fields: Partial<TrailEntry>): TrailEntry => ({
      message_id: "m",
      kind: "inbound",
      did: "handled",
      worker: "w",
      worker_kind: "application",
      connector: "c",
      endpoint: "default",
      at: clock.now(),
      took_ms: 5,
      ...fields,
    });

    it("keeps what workers did, in order of time, and what it says about the message", async () => {
      await store.addMessage("inbound", message("m"));
      const routed = step({
        worker: "keywords",
        worker_kind: "router",
        did: "published",
        rule: 4,
        at: clock.now() + 10,
      });
      const handled = step({ worker: "clinic", outcome: "handled", at: clock.now() + 20 });
      await store.addTrail([handled]);
      await store.addTrail([routed, step({ message_id: "other" })]);
      expect(await store.read.trail(["m"])).toEqual([routed, handled]);
      expect(await store.read.withIds(["m"])).toMatchObject([
        { state: "handled", router: "keywords", rule: 4, application: "clinic", handledUs: (clock.now() + 25) * 1_000 },
      ]);
      expect(await store.read.list({ conditions: [{ field: "application", values: ["clinic"] }] }, 5)).toHaveLength(1);
      expect(await store.read.list({ conditions: [{ field: "rule", values: ["4"] }] }, 5)).toHaveLength(1);
    });

    it("knows a message as parked until it is handled after all", async () => {
      await store.addMessage("inbound", message("m"));
      const error = { code: "APP_BROKEN", message: "no", permanent: false };
      await store.addTrail([step({ outcome: "failed", attempt: 1, error })]);
      expect(await store.read.withIds(["m"])).toMatchObject([{ state: "waiting", error: "APP_BROKEN" }]);
      await store.addTrail([step({ outcome: "parked", attempt: 2, error })]);
      expect(await store.read.withIds(["m"])).toMatchObject([{ state: "parked" }]);
      expect(await store.read.list({ conditions: [{ field: "error", values: ["app_broken"] }] }, 5)).toHaveLength(1);
      await store.addTrail([step({ outcome: "handled", attempt: 1 })]);
      expect(await store.read.withIds(["m"])).toMatchObject([{ state: "handled" }]);
      await store.addTrail([step({ outcome: "dropped", worker_kind: "worker" })]);
      expect(await store.read.withIds(["m"])).toMatchObject([{ state: "failed" }]);
    });

    it("forgets by age and by count, with all that belongs to a message, in small steps", async () => {
      const batchId = await store.batches.start();
      const old = Array.from({ length: 450 }, (_, index) =>
        store.addMessage("outbound", message(`old${index}`, at(-7_200 + index)), { batchId }),
      );
      await Promise.all([...old, store.addMessage("inbound", message("young"), { batchId })]);
      await store.addEvent(ack("old3", at(-7_000)));
      await store.addEvent(ack("stray", at(-7_000)));
      await store.addTrail([step({ message_id: "old3", kind: "outbound", at: clock.now() - 7_000_000 })]);
      expect(await store.prune({ keepMs: 3_600_000 })).toBe(450);
      expect(await store.read.count({})).toBe(1);
      expect(await keysOf(batchId, "outbound")).toEqual([]);
      expect(await store.read.eventsOf("old3")).toEqual([]);
      expect(await store.read.eventsOf("stray")).toEqual([]);
      expect(await store.read.trail(["old3"])).toEqual([]);
      await Promise.all([1, 2, 3].map((index) => store.addMessage("inbound", message(`n${index}`, at(index)))));
      expect(await store.prune({ maxMessages: 2 })).toBe(2);
      expect((await store.read.list({}, 9)).map(({ message: { message_id } }) => message_id)).toEqual(["n3", "n2"]);
      expect(await store.prune({})).toBe(0);
    });
  });
}
