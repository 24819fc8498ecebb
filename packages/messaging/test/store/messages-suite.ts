// What the message store promises on every engine of messages: what is known of them, and how they are found. Numbers are those of the checks that Vumi's own tests give.

import type { Sql } from "@switchboard/storage";
import { describe, expect, it } from "vitest";
import type { UserMessage } from "../../src/message/user-message.ts";
import { type MessageStore, openMessageStore } from "../../src/store/message-store.ts";
import { storeWorld } from "./store-world.ts";

/** Declares the suite. `open` gives a fresh, empty database each time; it is closed here. */
export function messagesSuite(engine: string, open: () => Promise<Sql>): void {
  describe(`message store on ${engine}: messages`, () => {
    const world = storeWorld(open);
    const { message, at, event, ack, report } = world;

    const stateOf = async (id: string) => (await world.store.read.withIds([id]))[0]?.state;

    it("keeps what PostgreSQL's own JSON cannot: U+0000, lone surrogates and every script", async () => {
      const strange = message("m", { content: "nul \0 half \ud800 Привет 🙂", from_addr: "+1\0" });
      await world.store.addMessage("inbound", strange);
      expect(await world.store.read.message("inbound", "m")).toEqual(strange);
      expect(await world.store.read.list({ text: [{ value: "ПРИВЕТ" }] }, 10)).toHaveLength(1);
    });

    it("keeps a message_id apart in its two directions", async () => {
      await world.store.addMessage("inbound", message("m", { content: "in" }));
      await world.store.addMessage("outbound", message("m", { content: "out" }));
      expect((await world.store.read.message("inbound", "m"))?.content).toBe("in");
      expect((await world.store.read.message("outbound", "m"))?.content).toBe("out");
    });

    it("never stores notes that travel with a message", async () => {
      await world.store.addMessage("inbound", { ...message("m"), __cache__: { secret: 1 } });
      expect(await world.store.read.message("inbound", "m")).not.toHaveProperty("__cache__");
    });

    it("tells what became of an outbound message by its events' own times", async () => {
      await world.store.addMessage("outbound", message("m"));
      expect(await stateOf("m")).toBe("waiting");
      await world.store.addEvent(report("m", "delivered", at(5)));
      expect(await stateOf("m")).toBe("delivered");
      await world.store.addEvent(ack("m", at(1)));
      await world.store.addEvent(report("m", "pending", at(9)));
      await world.store.addEvent(report("m", "failed", at(4)));
      expect(await stateOf("m")).toBe("delivered");
      expect((await world.store.read.withIds(["m"]))[0]).toMatchObject({
        acceptStatus: "ack",
        deliveryStatus: "delivered",
      });
      await world.store.addEvent(report("m", "failed", at(6)));
      expect(await stateOf("m")).toBe("failed");
    });

    it("knows the events that were stored before their message", async () => {
      await world.store.addEvent(ack("m", at(1)));
      await world.store.addEvent(report("m", "pending", at(2)));
      await world.store.addEvent(report("m", "delivered", at(3)));
      await world.store.addMessage("outbound", message("m"));
      expect(await world.store.read.withIds(["m"])).toMatchObject([
        { state: "delivered", acceptStatus: "ack", deliveryStatus: "delivered" },
      ]);
    });

    it("calls an inbound message answered once an answer is stored, whichever comes first", async () => {
      await world.store.addMessage("inbound", message("q"));
      expect(await stateOf("q")).toBe("waiting");
      await world.store.addMessage("outbound", message("a", { in_reply_to: "q", ...at(2) }));
      await world.store.addMessage("outbound", message("b", { in_reply_to: "late", ...at(3) }));
      await world.store.addMessage("inbound", message("late"));
      expect(await stateOf("q")).toBe("answered");
      expect(await stateOf("late")).toBe("answered");
      expect((await world.store.read.answersTo("q")).map(({ message: { message_id } }) => message_id)).toEqual(["a"]);
    });

    it("filters by what people look for, newest first, page by page", async () => {
      await world.store.addMessage("inbound", message("one", { ...at(1), content: "Menu, please" }));
      await world.store.addMessage(
        "inbound",
        message("two", { ...at(2), from_addr: "+27999", provider: "mtn", session_event: "new" }),
      );
      await world.store.addMessage(
        "outbound",
        message("three", { ...at(3), to_addr: "+27999", from_addr: "8000", content: "100% of_it" }),
      );
      await world.store.addMessage(
        "inbound",
        message("four", {
          ...at(4),
          transport_name: "ussd",
          helper_metadata: { switchboard: { test: true }, tag: { tag: ["p", "t"] } },
        }),
      );
      const ids = async (...filter: Parameters<MessageStore["read"]["list"]>) =>
        (await world.store.read.list(...filter)).map(({ message: { message_id } }) => message_id);
      expect(await ids({}, 10)).toEqual(["four", "three", "two", "one"]);
      expect(await ids({}, 2)).toEqual(["four", "three"]);
      expect(await ids({}, 2, { tsUs: (world.clock.now() + 3_000) * 1_000, messageId: "three" })).toEqual([
        "two",
        "one",
      ]);
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
      const fromUs = (world.clock.now() + 2_000) * 1_000;
      expect(await ids({ fromUs, toUs: fromUs + 1_000_000 }, 10)).toEqual(["two"]);
      expect(await world.store.read.count({ conditions: [{ field: "direction", values: ["inbound"] }] })).toBe(3);
    });

    it("counts messages over time", async () => {
      for (const second of [0, 1, 1, 9]) {
        await world.store.addMessage("inbound", message(`i${Math.random()}`, at(second)));
      }
      await world.store.addMessage("outbound", message("o", at(5)));
      await world.store.addEvent(event({ event_type: "nack", nack_reason: "no", user_message_id: "o" }));
      const fromUs = world.clock.now() * 1_000;
      const bars = await world.store.read.histogram({ fromUs, toUs: fromUs + 10_000_000 }, 5);
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
        world.store.addMessage("inbound", message("good")),
        world.store.addMessage("inbound", bad),
        world.store.addMessage("inbound", message("better")),
      ]);
      expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(await world.store.read.count({})).toBe(2);
      const last = world.store.addMessage("inbound", message("last"));
      await world.store.close();
      await last;
      await expect(world.store.addMessage("inbound", message("late"))).rejects.toMatchObject({
        code: "STORAGE_CLOSED",
      });
      expect(await world.store.read.message("inbound", "last")).toBeDefined();
    });

    it("refuses what would heap up", async () => {
      const small = await openMessageStore({ sql: world.database, clock: world.clock, maxPending: 2 });
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
}
