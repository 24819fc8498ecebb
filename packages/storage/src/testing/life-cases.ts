// Contract cases: limits, errors, opening and closing.

import { describe, expect, it } from "vitest";
import { type CaseWorld, type KeyValueContractOptions, codeOf } from "./case-world.ts";

/** Declares the cases. */
export function lifeCases(world: CaseWorld, { sharesData = true, canWait = true }: KeyValueContractOptions): void {
  describe("life", () => {
    it.runIf(sharesData)(
      `14 keeps what was written when closed and opened again${sharesData ? "" : " [needs data that outlives its store]"}`,
      async () => {
        const first = await world.open({ keyPrefix: "life" });
        await first.set("key", "1");
        await first.hset("hash", { a: "1" });
        await first.close();
        const second = await world.open({ keyPrefix: "life" });
        expect([await second.get("key"), await second.hgetall("hash")]).toEqual(["1", { a: "1" }]);
        await second.delete("key", "hash");
      },
    );

    it.runIf(canWait)(
      `16 rejects calls above maxPending and takes them again when others are answered${canWait ? "" : " [needs calls that wait]"}`,
      async () => {
        const store = await world.open({ keyPrefix: "pending", maxPending: 10 });
        const calls = Array.from({ length: 15 }, (_, index) => codeOf(store.set(`key${index % 2}`, "1")));
        const codes = await Promise.all(calls);
        expect(codes.filter((code) => code === "resolved")).toHaveLength(10);
        expect(codes.filter((code) => code === "STORAGE_OVERLOADED")).toHaveLength(5);
        expect(await store.delete("key0", "key1")).toBe(2);
      },
    );

    it("17 finishes the calls made before close and rejects those made after", async () => {
      const store = await world.open({ keyPrefix: "closing" });
      const before = Promise.all(Array.from({ length: 50 }, () => store.incrby("n")));
      const sub = store.sub("inner");
      const closing = store.close();
      const after = await Promise.all([
        codeOf(store.get("n")),
        codeOf(sub.set("n", "1")),
        codeOf(store.keys()),
        codeOf(store.atomic(async (group) => group.set("n", "0"))),
      ]);
      expect((await before).at(-1)).toBe(50);
      expect(after).toEqual(Array.from({ length: 4 }, () => "STORAGE_CLOSED"));
      await closing;
      await store.close();
    });

    it("18 tells no values in errors", async () => {
      const keyValue = world.fresh();
      const secret = "hunter2-secret";
      await keyValue.set("key", secret);
      const calls = [
        keyValue.incrby("key"),
        keyValue.hset("key", { [secret]: secret }),
        keyValue.zadd("zset", secret as unknown as number, "m"),
        keyValue.set("other", secret, { ttlMs: -1 }),
      ];
      const told = await Promise.all(calls.map((call) => call.then(() => "resolved", tell)));
      expect(told).not.toContain("resolved");
      expect(told.filter((text) => text.includes(secret))).toEqual([]);
    });
  });
}

/** Everything that a logger might print of an error. */
function tell(error: unknown): string {
  const { stack, cause } = error as Error;
  const fields = Object.entries(error as object).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [stack, ...fields, cause === undefined ? "" : tell(cause)].join("\n");
}
