// Contract cases: single calls and groups that others must not come between.

import { describe, expect, it } from "vitest";
import type { KeyValue } from "../key-value/key-value.ts";
import { type CaseWorld, type KeyValueContractOptions, codeOf } from "./case-world.ts";

/** Declares the cases. */
export function atomicCases(world: CaseWorld, { sharesData = true }: KeyValueContractOptions): void {
  describe("atomicity", () => {
    it("3 loses no increment and pops nothing twice, with two stores at work", async () => {
      const { one, other } = await twoHandles(world, sharesData);
      const amounts = Array.from({ length: 200 }, (_, index) => index);
      await Promise.all(amounts.flatMap(() => [one.incrby("n"), other.incrby("n"), other.hincrby("h", "f", 2)]));
      expect([await one.get("n"), await one.hget("h", "f")]).toEqual(["400", "400"]);
      await one.rpush("list", ...amounts.map(String));
      const popped = await Promise.all(amounts.map((index) => (index % 2 === 0 ? one : other).lpop("list")));
      expect(popped.map(Number).toSorted((a, b) => a - b)).toEqual(amounts);
    });

    it("13 does a group's writes together, in order", async () => {
      const keyValue = world.fresh();
      await keyValue.rpush("waiting", "a", "b");
      await keyValue.sadd("free", "tag");
      const result = await keyValue.atomic(async (group) => {
        const [next] = await group.lrange("waiting", -1, -1);
        group.rpoplpush("waiting", "inflight");
        group.zadd("stats", 7, next ?? "");
        group.smove("free", "used", "tag");
        group.set("note", "1");
        group.delete("note");
        group.set("note", "2", { ttlMs: 60_000 });
        group.hset("hash", { a: "1", b: "2" });
        group.hdel("hash", "a");
        group.pexpire("hash", 60_000);
        group.persist("hash");
        group.lpush("list", "x", "y");
        group.lrem("list", 0, "x");
        return next;
      });
      expect(result).toBe("b");
      expect(await keyValue.lrange("inflight", 0, -1)).toEqual(["b"]);
      expect(await keyValue.zscore("stats", "b")).toBe(7);
      expect(await keyValue.smembers("used")).toEqual(["tag"]);
      expect(await keyValue.get("note")).toBe("2");
      expect(await keyValue.hgetall("hash")).toEqual({ b: "2" });
      expect([await keyValue.pttl("hash"), await keyValue.lrange("list", 0, -1)]).toEqual([undefined, ["y"]]);
    });

    it("13 runs a group again when something it has read changes meanwhile", async () => {
      const keyValue = world.fresh();
      await keyValue.set("price", "1");
      let runs = 0;
      await keyValue.atomic(async (group) => {
        const price = await group.get("price");
        if (++runs === 1) await keyValue.set("price", "2");
        group.set("paid", price ?? "");
      });
      expect([runs, await keyValue.get("paid")]).toEqual([2, "2"]);
    });

    const changes: readonly (readonly [string, (keyValue: KeyValue) => Promise<unknown>])[] = [
      ["type", (keyValue) => keyValue.set("list", "text")],
      ["exists", (keyValue) => keyValue.set("absent", "1")],
      ["hgetall", (keyValue) => keyValue.hset("hash", { b: "2" })],
      ["zrange", (keyValue) => keyValue.zadd("zset", 0.5, "b")],
      ["llen", (keyValue) => keyValue.rpush("list", "b")],
      ["sismember", (keyValue) => keyValue.srem("set", "a")],
    ];
    it.each(changes)("13 notices a change to what %s answered", async (_read, change) => {
      const keyValue = world.fresh();
      await keyValue.hset("hash", { a: "1" });
      await keyValue.zadd("zset", 1.5, "a");
      await keyValue.rpush("list", "a");
      await keyValue.sadd("set", "a");
      let runs = 0;
      await keyValue.atomic(async (group) => {
        await group.type("list");
        await group.exists("absent");
        await group.hgetall("hash");
        await group.zrange("zset", 0, -1);
        await group.zscore("zset", "none");
        await group.zrangebyscore("zset", 0, 9);
        await group.llen("list").catch(() => undefined);
        await group.sismember("set", "a");
        if (++runs === 1) await change(keyValue);
        group.set("runs", String(runs));
      });
      expect(await keyValue.get("runs")).toBe("2");
    });

    it("13 gives the same tag to nobody twice, and no more than there are", async () => {
      const { one, other } = await twoHandles(world, sharesData);
      await one.rpush("free:list", "1", "2", "3", "4", "5");
      await one.sadd("free:set", "1", "2", "3", "4", "5");
      const acquired = await Promise.all(
        Array.from({ length: 8 }, (_, index) => acquire(index % 2 === 0 ? one : other)),
      );
      expect(acquired.filter((tag) => tag !== undefined).toSorted()).toEqual(["1", "2", "3", "4", "5"]);
      expect((await one.smembers("inuse:set")).toSorted()).toEqual(["1", "2", "3", "4", "5"]);
      expect([await one.llen("free:list"), await one.scard("free:set")]).toEqual([0, 0]);
    });

    it("13 does nothing of a group when one of its writes is on a wrong kind of key", async () => {
      const keyValue = world.fresh();
      await keyValue.set("text", "1");
      const group = keyValue.atomic(async (group) => {
        group.set("first", "1");
        group.sadd("set", "a");
        group.rpush("text", "a");
      });
      expect(await codeOf(group)).toBe("STORAGE_WRONG_TYPE");
      expect(await keyValue.keys()).toEqual(["text"]);
      await keyValue.atomic(async (group) => {
        group.delete("text");
        group.rpush("text", "a");
      });
      expect(await keyValue.lrange("text", 0, -1)).toEqual(["a"]);
    });

    it("13 does nothing when the group's work throws, and passes on what it threw", async () => {
      const keyValue = world.fresh();
      const work = keyValue.atomic(async (group) => {
        group.set("key", "1");
        throw new RangeError("changed my mind");
      });
      await expect(work).rejects.toThrow(RangeError);
      const bad = keyValue.atomic(async (group) => group.zadd("zset", Number.NaN, "a"));
      expect(await codeOf(bad)).toBe("STORAGE_ARGUMENT_INVALID");
      expect(await keyValue.keys()).toEqual([]);
    });

    it("13 gives up with STORAGE_CONFLICT when others are always quicker", async () => {
      const keyValue = world.fresh();
      let runs = 0;
      const work = keyValue.atomic(async (group) => {
        await group.get("busy");
        await keyValue.set("busy", String(++runs));
        group.set("never", "1");
      });
      expect([await codeOf(work), runs, await keyValue.exists("never")]).toEqual(["STORAGE_CONFLICT", 100, false]);
    });
  });
}

function acquire(keyValue: KeyValue): Promise<string | undefined> {
  return keyValue.atomic(async (group) => {
    const [tag] = await group.lrange("free:list", 0, 0);
    if (tag === undefined) return undefined;
    group.lrem("free:list", 1, tag);
    group.smove("free:set", "inuse:set", tag);
    return tag;
  });
}

async function twoHandles(world: CaseWorld, sharesData: boolean): Promise<{ one: KeyValue; other: KeyValue }> {
  if (!sharesData) {
    const one = world.fresh();
    return { one, other: one };
  }
  const keyPrefix = `two${Math.floor(Math.random() * 2 ** 40)}`;
  return { one: await world.open({ keyPrefix }), other: await world.open({ keyPrefix }) };
}
