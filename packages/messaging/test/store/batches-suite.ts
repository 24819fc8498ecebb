// What the message store promises on every engine of batches: their tags, keys, counters and events. Numbers are those of the checks that Vumi's own tests give.

import type { Sql } from "@switchboard/storage";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { storeWorld } from "./store-world.ts";

/** Declares the suite. `open` gives a fresh, empty database each time; it is closed here. */
export function batchesSuite(engine: string, open: () => Promise<Sql>): void {
  describe(`message store on ${engine}: batches`, () => {
    const world = storeWorld(open);
    const { message, at, event, ack, report, keysOf, fill } = world;

    it("S1 starts a batch with its tags, each of which then stands for it; metadata comes back as text", async () => {
      const id = await world.store.batches.start({
        tags: [
          ["pool", "a"],
          ["pool", "b"],
        ],
        metadata: { count: 3, name: "é" },
      });
      expect(await world.store.batches.get(id)).toEqual({
        batch_id: id,
        tags: [
          ["pool", "a"],
          ["pool", "b"],
        ],
        metadata: { count: "3", name: "é" },
      });
      expect((await world.store.batches.tag(["pool", "b"])).current_batch).toBe(id);
      expect(await world.store.batches.tag(["pool", "never"])).toEqual({
        tag: ["pool", "never"],
        current_batch: null,
        metadata: {},
      });
      expect(await world.store.batches.get("never")).toBeUndefined();
    });

    it("S2 finishes a batch: its tag stands for nothing, and the batch still lists it", async () => {
      const id = await world.store.batches.start({ tags: [["pool", "a"]] });
      await world.store.batches.finish(id);
      expect((await world.store.batches.tag(["pool", "a"])).current_batch).toBeNull();
      expect((await world.store.batches.get(id))?.tags).toEqual([["pool", "a"]]);
    });

    it("S3 moves a tag to a second batch that is started with it", async () => {
      const first = await world.store.batches.start({ tags: [["pool", "a"]] });
      const second = await world.store.batches.start({ tags: [["pool", "a"]] });
      expect((await world.store.batches.tag(["pool", "a"])).current_batch).toBe(second);
      expect((await world.store.batches.get(first))?.tags).toEqual([["pool", "a"]]);
    });

    it.each(["outbound", "inbound"] as const)(
      "S4 S5 S7 puts %s messages into the batches of tag, id and list, and into none when given nothing",
      async (direction) => {
        const tagged = await world.store.batches.start({ tags: [["pool", "a"]] });
        const one = await world.store.batches.start();
        const two = await world.store.batches.start();
        await Promise.all([
          world.store.addMessage(direction, message("by-tag"), { tag: ["pool", "a"] }),
          world.store.addMessage(direction, message("by-id"), { batchId: one, tag: ["pool", "a"] }),
          world.store.addMessage(direction, message("by-list"), { batchIds: [one, two] }),
          world.store.addMessage(direction, message("by-list-and-tag"), { batchIds: [two], tag: ["pool", "a"] }),
          world.store.addMessage(direction, message("by-both"), { batchId: one, batchIds: [two] }),
          world.store.addMessage(direction, message("by-nothing")),
        ]);
        expect(await keysOf(tagged, direction)).toEqual(["by-list-and-tag", "by-tag"]);
        expect(await keysOf(one, direction)).toEqual(["by-both", "by-id", "by-list"]);
        expect(await keysOf(two, direction)).toEqual(["by-both", "by-list", "by-list-and-tag"]);
        expect(await world.store.read.message(direction, "by-nothing")).toEqual(message("by-nothing"));
      },
    );

    it.each(["outbound", "inbound"] as const)(
      "S6 S7 updates an %s message that is stored again, adds batches, and counts it once",
      async (direction) => {
        const one = await world.store.batches.start();
        const two = await world.store.batches.start();
        await world.store.addMessage(direction, message("m", { content: "old" }), { batchId: one });
        await world.store.addMessage(
          direction,
          message("m", { content: "new", ...at(60), from_addr: "x", to_addr: "x" }),
          {
            batchId: two,
          },
        );
        await world.store.addMessage(
          direction,
          message("m", { content: "new", ...at(60), from_addr: "x", to_addr: "x" }),
        );
        expect((await world.store.read.message(direction, "m"))?.content).toBe("new");
        expect(await keysOf(one, direction)).toEqual(["m"]);
        expect(await keysOf(two, direction)).toEqual(["m"]);
        expect(await world.store.batches.count(one, direction)).toBe(1);
        expect(await world.store.batches.count(two, direction)).toBe(1);
        expect((await world.store.batches.messages(one, direction)).rows).toEqual([
          { message_id: "m", address: "x", ...at(60) },
        ]);
      },
    );

    it("stores the same message twice in one group as once", async () => {
      const batchId = await world.store.batches.start();
      await Promise.all([
        world.store.addMessage("outbound", message("m", { content: "a" }), { batchId }),
        world.store.addMessage("outbound", message("m", { content: "b" })),
      ]);
      expect((await world.store.read.message("outbound", "m"))?.content).toBe("b");
      expect(await world.store.batches.count(batchId, "outbound")).toBe(1);
    });

    it("S8 gives an ack the batches of its message, those given, or none; stored again it keeps its own", async () => {
      const one = await world.store.batches.start();
      const two = await world.store.batches.start();
      await world.store.addMessage("outbound", message("m"), { batchId: one });
      await world.store.addEvent(ack("m", { event_id: "own" }));
      await world.store.addEvent(ack("never", { event_id: "unknown" }));
      await world.store.addEvent(ack("m", { event_id: "none" }), []);
      await world.store.addEvent(ack("m", { event_id: "given" }), [two]);
      const idsOf = async (batch: string) =>
        (await world.store.batches.events(batch)).rows.map(({ event_id }) => event_id);
      expect(await idsOf(one)).toEqual(["own"]);
      expect(await idsOf(two)).toEqual(["given"]);
      await world.store.addEvent(ack("m", { event_id: "given" }));
      await world.store.addEvent(ack("m", { event_id: "none" }));
      await world.store.addEvent(ack("m", { event_id: "own" }), [two]);
      expect(await idsOf(one)).toEqual(["own"]);
      expect((await idsOf(two)).toSorted()).toEqual(["given", "own"]);
      expect(await world.store.batches.count(one, "events")).toBe(1);
      expect(await world.store.read.event("own")).toMatchObject({ event_type: "ack", user_message_id: "m" });
    });

    it("S9 S10 counts each kind of event exactly once, from seven zeros", async () => {
      const batchId = await world.store.batches.start();
      const zeros = {
        sent: 0,
        ack: 0,
        nack: 0,
        delivery_report: 0,
        "delivery_report.pending": 0,
        "delivery_report.failed": 0,
        "delivery_report.delivered": 0,
      };
      expect(await world.store.batches.status(batchId)).toEqual(zeros);
      await world.store.addMessage("outbound", message("m"), { batchId });
      expect(await world.store.batches.status(batchId)).toEqual({ ...zeros, sent: 1 });
      const nack = event({ event_type: "nack", nack_reason: "no", user_message_id: "m", event_id: "n" });
      await world.store.addEvent(nack);
      await world.store.addEvent(nack);
      expect(await world.store.batches.status(batchId)).toEqual({ ...zeros, sent: 1, nack: 1 });
      for (const status of ["pending", "failed", "delivered"] as const) await world.store.addEvent(report("m", status));
      expect(await world.store.batches.status(batchId)).toEqual({
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
      await world.store.addEvent(report("m", "delivered", { ...at(3), event_id: "a" }));
      await world.store.addEvent(ack("m", { ...at(1), event_id: "c" }));
      await world.store.addEvent(report("m", "pending", { ...at(2), event_id: "b" }));
      expect((await world.store.read.eventsOf("m")).map(({ event_id }) => event_id)).toEqual(["c", "b", "a"]);
      expect(await world.store.read.eventsOf("never")).toEqual([]);
    });

    it("S12 pages through the keys of a batch: each once, in key order", async () => {
      const batchId = await world.store.batches.start();
      await fill(batchId, 7);
      const first = await world.store.batches.keys(batchId, "inbound", { limit: 3 });
      expect(first.rows).toEqual(["m0", "m1", "m2"]);
      const second = await world.store.batches.keys(batchId, "inbound", { limit: 3, after: first.next ?? "" });
      const third = await world.store.batches.keys(batchId, "inbound", { limit: 3, after: second.next ?? "" });
      expect([...second.rows, ...third.rows]).toEqual(["m3", "m4", "m5", "m6"]);
      expect(third.next).toBeUndefined();
    });

    it("S13 S14 lists messages oldest first with addresses, between two times that are included", async () => {
      const batchId = await world.store.batches.start();
      await fill(batchId, 5, (index) => ({ from_addr: `+${index}` }));
      await world.store.addMessage("outbound", message("out", { to_addr: "+99" }), { batchId });
      const us = (seconds: number): number => (world.clock.now() + seconds * 1_000) * 1_000;
      const ids = async (range: { fromUs?: number; toUs?: number }) =>
        (await world.store.batches.messages(batchId, "inbound", range)).rows.map(({ message_id }) => message_id);
      expect(await ids({})).toEqual(["m0", "m1", "m2", "m3", "m4"]);
      expect(await ids({ fromUs: us(20) })).toEqual(["m2", "m3", "m4"]);
      expect(await ids({ toUs: us(20) })).toEqual(["m0", "m1", "m2"]);
      expect(await ids({ fromUs: us(10), toUs: us(30) })).toEqual(["m1", "m2", "m3"]);
      expect((await world.store.batches.messages(batchId, "inbound", { limit: 1 })).rows).toEqual([
        { message_id: "m0", address: "+0", ...at(0) },
      ]);
      expect((await world.store.batches.messages(batchId, "outbound")).rows[0]?.address).toBe("+99");
    });

    it("S15 S22 lists messages newest first, page by page, with their full times", async () => {
      const batchId = await world.store.batches.start();
      await fill(batchId, 5);
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await world.store.batches.messages(batchId, "inbound", {
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
      const batchId = await world.store.batches.start();
      await world.store.addMessage("outbound", message("m"), { batchId });
      await world.store.addEvent(ack("m", at(1)));
      await world.store.addEvent(report("m", "delivered", at(2)));
      const rows = (await world.store.batches.events(batchId)).rows.map(({ status, timestamp }) => ({
        status,
        timestamp,
      }));
      expect(rows).toEqual([
        { status: "delivery_report.delivered", ...at(2) },
        { status: "ack", ...at(1) },
      ]);
      const fromUs = (world.clock.now() + 2_000) * 1_000;
      expect((await world.store.batches.events(batchId, { fromUs })).rows).toHaveLength(1);
    });

    it("S17 counts messages and people, also between two times", async () => {
      const batchId = await world.store.batches.start();
      await fill(batchId, 6, (index) => ({ from_addr: `+${index % 2}` }));
      expect(await world.store.batches.statistics(batchId, "inbound")).toEqual({ total: 6, unique_addresses: 2 });
      const fromUs = (world.clock.now() + 50_000) * 1_000;
      expect(await world.store.batches.statistics(batchId, "inbound", { fromUs })).toEqual({
        total: 1,
        unique_addresses: 1,
      });
      expect(await world.store.batches.statistics("never", "inbound")).toEqual({ total: 0, unique_addresses: 0 });
    });

    it("S20 measures throughput up to the newest message, both ends included", async () => {
      const batchId = await world.store.batches.start();
      expect(await world.store.batches.throughput(batchId, "inbound")).toBe(0);
      await fill(batchId, 10);
      expect(await world.store.batches.throughput(batchId, "inbound")).toBe(10);
      expect(await world.store.batches.throughput(batchId, "inbound", 1_000)).toBe(1);
      expect(await world.store.batches.throughput(batchId, "inbound", 10_000)).toBe(2);
    });

    it("S23 clears a batch of everything, and forgets it; its messages stay", async () => {
      const batchId = await world.store.batches.start({ tags: [["pool", "a"]] });
      await fill(batchId, 3);
      await world.store.batches.clear(batchId);
      expect(await world.store.batches.get(batchId)).toBeUndefined();
      expect(await world.store.batches.list()).toEqual([]);
      expect(await keysOf(batchId)).toEqual([]);
      expect(await world.store.batches.count(batchId, "inbound")).toBe(0);
      expect(await world.store.read.message("inbound", "m1")).toBeDefined();
    });

    it("S24 finds counters that are more than the threshold off, and counts anew", async () => {
      const batchId = await world.store.batches.start();
      await fill(batchId, 11);
      await world.store.addMessage("outbound", message("m"), { batchId });
      await world.store.addEvent(ack("m"));
      expect(await world.store.batches.needsReconciliation(batchId)).toBe(false);
      await sql`UPDATE batch_counters SET value = 12 WHERE counter = 'inbound'`.execute(world.database.db);
      await sql`UPDATE batch_counters SET value = 99 WHERE counter = 'events'`.execute(world.database.db);
      expect(await world.store.batches.needsReconciliation(batchId)).toBe(true);
      expect(await world.store.batches.needsReconciliation(batchId, 0.1)).toBe(false);
      await world.store.batches.reconcile(batchId);
      expect(await world.store.batches.count(batchId, "inbound")).toBe(11);
      expect(await world.store.batches.count(batchId, "events")).toBe(1);
      expect(await world.store.batches.status(batchId)).toMatchObject({ sent: 1, ack: 1, delivery_report: 0 });
    });
  });
}
