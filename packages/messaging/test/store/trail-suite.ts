// What the message store promises on every engine of trails, and of forgetting. Numbers are those of the checks that Vumi's own tests give.

import type { Sql } from "@switchboard/storage";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import type { TrailEntry } from "../../src/store/trail.ts";
import { storeWorld } from "./store-world.ts";

/** Declares the suite. `open` gives a fresh, empty database each time; it is closed here. */
export function trailSuite(engine: string, open: () => Promise<Sql>): void {
  describe(`message store on ${engine}: trail`, () => {
    const world = storeWorld(open);
    const { message, at, ack, keysOf } = world;

    const step = (fields: Partial<TrailEntry>): TrailEntry => ({
      message_id: "m",
      kind: "inbound",
      did: "handled",
      worker: "w",
      worker_kind: "application",
      connector: "c",
      endpoint: "default",
      at: world.clock.now(),
      took_ms: 5,
      ...fields,
    });

    it("keeps what workers did, in order of time, and what it says about the message", async () => {
      await world.store.addMessage("inbound", message("m"));
      const routed = step({
        worker: "keywords",
        worker_kind: "router",
        did: "published",
        rule: 4,
        at: world.clock.now() + 10,
      });
      const handled = step({ worker: "clinic", outcome: "handled", at: world.clock.now() + 20 });
      await world.store.addTrail([handled]);
      await world.store.addTrail([routed, step({ message_id: "other" })]);
      expect(await world.store.read.trail(["m"])).toEqual([routed, handled]);
      expect(await world.store.read.withIds(["m"])).toMatchObject([
        {
          state: "handled",
          router: "keywords",
          rule: 4,
          application: "clinic",
          handledUs: (world.clock.now() + 25) * 1_000,
        },
      ]);
      expect(
        await world.store.read.list({ conditions: [{ field: "application", values: ["clinic"] }] }, 5),
      ).toHaveLength(1);
      expect(await world.store.read.list({ conditions: [{ field: "rule", values: ["4"] }] }, 5)).toHaveLength(1);
    });

    it("keeps steps back that may wait, and writes them with what comes of the same message", async () => {
      const first = step({ worker: "a" });
      const second = step({ worker: "b", at: world.clock.now() + 1 });
      await world.store.addTrail([first], { mayWait: true });
      expect(await world.store.read.trail(["m"])).toEqual([]);
      await world.store.addTrail([second]);
      expect(await world.store.read.trail(["m"])).toEqual([first, second]);
      const { rows } = await sql`SELECT entries FROM message_trail WHERE message_id = 'm'`.execute(world.database.db);
      expect(rows).toHaveLength(1);
    });

    it("knows a message as parked until it is handled after all", async () => {
      await world.store.addMessage("inbound", message("m"));
      const error = { code: "APP_BROKEN", message: "no", permanent: false };
      await world.store.addTrail([step({ outcome: "failed", attempt: 1, error })]);
      expect(await world.store.read.withIds(["m"])).toMatchObject([{ state: "waiting", error: "APP_BROKEN" }]);
      await world.store.addTrail([step({ outcome: "parked", attempt: 2, error })]);
      expect(await world.store.read.withIds(["m"])).toMatchObject([{ state: "parked" }]);
      expect(await world.store.read.list({ conditions: [{ field: "error", values: ["app_broken"] }] }, 5)).toHaveLength(
        1,
      );
      await world.store.addTrail([step({ outcome: "handled", attempt: 1 })]);
      expect(await world.store.read.withIds(["m"])).toMatchObject([{ state: "handled" }]);
      await world.store.addTrail([step({ outcome: "dropped", worker_kind: "worker" })]);
      expect(await world.store.read.withIds(["m"])).toMatchObject([{ state: "failed" }]);
    });

    it("forgets by age and by count, with all that belongs to a message, in small steps", async () => {
      const batchId = await world.store.batches.start();
      const old = Array.from({ length: 450 }, (_, index) =>
        world.store.addMessage("outbound", message(`old${index}`, at(-7_200 + index)), { batchId }),
      );
      await Promise.all([...old, world.store.addMessage("inbound", message("young"), { batchId })]);
      await world.store.addEvent(ack("old3", at(-7_000)));
      await world.store.addEvent(ack("stray", at(-7_000)));
      await world.store.addTrail([step({ message_id: "old3", kind: "outbound", at: world.clock.now() - 7_000_000 })]);
      expect(await world.store.prune({ keepMs: 3_600_000 })).toBe(450);
      expect(await world.store.read.count({})).toBe(1);
      expect(await keysOf(batchId, "outbound")).toEqual([]);
      expect(await world.store.read.eventsOf("old3")).toEqual([]);
      expect(await world.store.read.eventsOf("stray")).toEqual([]);
      expect(await world.store.read.trail(["old3"])).toEqual([]);
      await Promise.all([1, 2, 3].map((index) => world.store.addMessage("inbound", message(`n${index}`, at(index)))));
      expect(await world.store.prune({ maxMessages: 2 })).toBe(2);
      expect((await world.store.read.list({}, 9)).map(({ message: { message_id } }) => message_id)).toEqual([
        "n3",
        "n2",
      ]);
      expect(await world.store.prune({})).toBe(0);
    });
  });
}
