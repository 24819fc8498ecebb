// Contract cases: time to live.

import { describe, expect, it } from "vitest";
import type { CaseWorld } from "./case-world.ts";

// Long enough that a busy machine makes the calls in between in time.
const ttlMs = 400;
const longTtlMs = 60_000;

/** Declares the cases. */
export function expiryCases(world: CaseWorld): void {
  describe("time to live", () => {
    it("7 makes a key act as absent from the moment it has passed", async () => {
      const keyValue = world.fresh();
      const isOver = async (): Promise<boolean> => !(await keyValue.exists("hash"));
      await keyValue.set("string", "1", { ttlMs });
      await keyValue.hset("hash", { a: "1" });
      expect(await keyValue.pexpire("hash", ttlMs)).toBe(true);
      await keyValue.set("stays", "1");
      expect(await keyValue.get("string")).toBe("1");
      await world.pass(ttlMs, isOver);
      expect(await keyValue.get("string")).toBeUndefined();
      expect([await keyValue.exists("hash"), await keyValue.type("hash"), await keyValue.hlen("hash")]).toEqual([
        false,
        undefined,
        0,
      ]);
      expect(await keyValue.keys()).toEqual(["stays"]);
      // What is stored now is of another kind and has nothing of the old.
      expect(await keyValue.delete("string", "hash")).toBe(0);
      expect(await keyValue.sadd("hash", "b")).toBe(1);
      expect(await keyValue.incrby("string")).toBe(1);
      expect(await keyValue.pttl("string")).toBeUndefined();
    });

    it("7 lets setnx and containers start anew after it", async () => {
      const keyValue = world.fresh();
      await keyValue.set("key", "old", { ttlMs });
      await keyValue.rpush("list", "old");
      await keyValue.pexpire("list", ttlMs);
      expect(await keyValue.setnx("key", "new")).toBe(false);
      await world.pass(ttlMs, async () => !(await keyValue.exists("list")));
      expect(await keyValue.setnx("key", "new", { ttlMs: longTtlMs })).toBe(true);
      expect(await keyValue.rpush("list", "new")).toBe(1);
      expect(await keyValue.pttl("list")).toBeUndefined();
    });

    it("43 tells what is left: nothing for a key without expiry and for no key", async () => {
      const keyValue = world.fresh();
      await keyValue.set("key", "1", { ttlMs: longTtlMs });
      const left = await keyValue.pttl("key");
      expect(left).toBeGreaterThan(longTtlMs - 30_000);
      expect(left).toBeLessThanOrEqual(longTtlMs);
      await keyValue.set("plain", "1");
      expect([await keyValue.pttl("plain"), await keyValue.pttl("none")]).toEqual([undefined, undefined]);
    });

    it("7 is ended by set and persist, taken along by rename, and left alone by all else", async () => {
      const keyValue = world.fresh();
      const expires = async (key: string): Promise<boolean> => (await keyValue.pttl(key)) !== undefined;
      await keyValue.set("number", "1", { ttlMs: longTtlMs });
      await keyValue.incrby("number");
      expect(await expires("number")).toBe(true);
      await keyValue.hset("hash", { a: "1" });
      await keyValue.pexpire("hash", longTtlMs);
      await keyValue.hset("hash", { b: "2" });
      await keyValue.hdel("hash", "a");
      expect(await expires("hash")).toBe(true);
      await keyValue.rename("hash", "number");
      expect([await keyValue.type("number"), await expires("number")]).toEqual(["hash", true]);
      expect([await keyValue.persist("number"), await keyValue.persist("number")]).toEqual([true, false]);
      expect(await expires("number")).toBe(false);
      await keyValue.set("text", "1", { ttlMs: longTtlMs });
      await keyValue.set("text", "2");
      expect(await expires("text")).toBe(false);
      expect(await keyValue.pexpire("none", longTtlMs)).toBe(false);
      await keyValue.rpush("single", "x");
      await keyValue.pexpire("single", longTtlMs);
      await keyValue.rpoplpush("single", "single");
      expect(await expires("single")).toBe(true);
    });
  });
}
