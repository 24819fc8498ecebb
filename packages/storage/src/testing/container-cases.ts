// Contract cases: hashes, sets, sorted sets, lists.

import { describe, expect, it } from "vitest";
import type { KeyValue } from "../key-value/key-value.ts";
import type { CaseWorld } from "./case-world.ts";

/** Declares the cases. */
export function containerCases(world: CaseWorld): void {
  describe("hashes and sets", () => {
    hashAndSetCases(world);
  });
  describe("sorted sets", () => {
    sortedSetCases(world);
  });
  describe("lists", () => {
    listCases(world);
  });
}

function hashAndSetCases(world: CaseWorld): void {
  it("S43 store, count and remove fields", async () => {
    const keyValue = world.fresh();
    expect(await keyValue.hset("hash", { a: "1", b: "2" })).toBe(2);
    expect(await keyValue.hset("hash", { b: "3", c: "4" })).toBe(1);
    expect(await keyValue.hset("hash", {})).toBe(0);
    expect(await keyValue.hlen("hash")).toBe(3);
    expect(await keyValue.hgetall("hash")).toEqual({ a: "1", b: "3", c: "4" });
    expect((await keyValue.hvals("hash")).toSorted()).toEqual(["1", "3", "4"]);
    expect([await keyValue.hexists("hash", "a"), await keyValue.hexists("hash", "z")]).toEqual([true, false]);
    expect(await keyValue.hget("hash", "z")).toBeUndefined();
    expect(await keyValue.hdel("hash", "a", "z", "b")).toBe(2);
    expect(await keyValue.hgetall("hash")).toEqual({ c: "4" });
  });

  it("take tens of thousands of members at once", async () => {
    const keyValue = world.fresh();
    const members = Array.from({ length: 49_999 }, (_, index) => `member${index}`);
    expect(await keyValue.sadd("set", ...members)).toBe(49_999);
    expect((await keyValue.smembers("set")).length).toBe(49_999);
    expect(await keyValue.srem("set", ...members)).toBe(49_999);
  });

  it("S43 return a copy of a hash", async () => {
    const keyValue = world.fresh();
    await keyValue.hset("hash", { a: "1" });
    const copy = await keyValue.hgetall("hash");
    copy["a"] = "changed";
    expect(await keyValue.hgetall("hash")).toEqual({ a: "1" });
  });

  it("store, count, move, unite and remove members", async () => {
    const keyValue = world.fresh();
    expect([await keyValue.sadd("one", "a", "b", "a"), await keyValue.sadd("one", "b", "c")]).toEqual([2, 1]);
    expect([await keyValue.sadd("one"), await keyValue.srem("one")]).toEqual([0, 0]);
    expect(await keyValue.scard("one")).toBe(3);
    expect([await keyValue.smove("one", "two", "a"), await keyValue.smove("one", "two", "z")]).toEqual([true, false]);
    expect(await keyValue.smove("none", "two", "a")).toBe(false);
    expect((await keyValue.sunion("one", "two", "none")).toSorted()).toEqual(["a", "b", "c"]);
    expect(await keyValue.sunion()).toEqual([]);
    expect(await keyValue.srem("one", "b", "z")).toBe(1);
    expect([await keyValue.smembers("one"), await keyValue.smembers("two")]).toEqual([["c"], ["a"]]);
    expect(await keyValue.spop("one")).toBe("c");
    expect(await keyValue.spop("one")).toBeUndefined();
  });

  const emptyings: readonly (readonly [string, (keyValue: KeyValue) => Promise<unknown>])[] = [
    ["hdel", async (keyValue) => [await keyValue.hset("key", { a: "1" }), await keyValue.hdel("key", "a")]],
    ["srem", async (keyValue) => [await keyValue.sadd("key", "a"), await keyValue.srem("key", "a")]],
    ["spop", async (keyValue) => [await keyValue.sadd("key", "a"), await keyValue.spop("key")]],
    ["smove", async (keyValue) => [await keyValue.sadd("key", "a"), await keyValue.smove("key", "other", "a")]],
    ["zrem", async (keyValue) => [await keyValue.zadd("key", 1, "a"), await keyValue.zrem("key", "a")]],
    [
      "zremrangebyrank",
      async (keyValue) => [await keyValue.zadd("key", 1, "a"), await keyValue.zremrangebyrank("key", 0, -1)],
    ],
    ["lpop", async (keyValue) => [await keyValue.rpush("key", "a"), await keyValue.lpop("key")]],
    ["rpop", async (keyValue) => [await keyValue.rpush("key", "a"), await keyValue.rpop("key")]],
    ["lrem", async (keyValue) => [await keyValue.rpush("key", "a"), await keyValue.lrem("key", 0, "a")]],
    ["ltrim", async (keyValue) => [await keyValue.rpush("key", "a"), await keyValue.ltrim("key", 5, 9)]],
    ["rpoplpush", async (keyValue) => [await keyValue.rpush("key", "a"), await keyValue.rpoplpush("key", "other")]],
  ];
  it.each(emptyings)("5 are gone when %s takes the last element", async (_name, empty) => {
    const keyValue = world.fresh();
    await empty(keyValue);
    expect([await keyValue.exists("key"), await keyValue.type("key"), await keyValue.keys("k*")]).toEqual([
      false,
      undefined,
      [],
    ]);
    await keyValue.set("key", "of another kind");
    expect(await keyValue.pttl("key")).toBeUndefined();
  });

  it("5 are empty when absent", async () => {
    const keyValue = world.fresh();
    expect([
      await keyValue.hgetall("key"),
      await keyValue.hlen("key"),
      await keyValue.hvals("key"),
      await keyValue.smembers("key"),
      await keyValue.scard("key"),
      await keyValue.zrange("key", 0, -1),
      await keyValue.zcard("key"),
      await keyValue.zcount("key", 0, 1),
      await keyValue.zscore("key", "a"),
      await keyValue.zrangebyscore("key", 0, 1),
      await keyValue.zremrangebyrank("key", 0, -1),
      await keyValue.llen("key"),
      await keyValue.lrange("key", 0, -1),
      await keyValue.lpop("key"),
      await keyValue.lrem("key", 0, "a"),
      await keyValue.rpoplpush("key", "other"),
    ]).toEqual([{}, 0, [], [], 0, [], 0, 0, undefined, [], 0, 0, [], undefined, 0, undefined]);
  });
}

function sortedSetCases(world: CaseWorld): void {
  it("10 are ordered by score, then by the bytes of the member", async () => {
    const keyValue = world.fresh();
    const members = ["b", "a", "B", "é", "\u{10000}", "\uffff", "ab"];
    for (const member of members) await keyValue.zadd("zset", 5, member);
    await keyValue.zadd("zset", Number.NEGATIVE_INFINITY, "first");
    await keyValue.zadd("zset", Number.POSITIVE_INFINITY, "last");
    await keyValue.zadd("zset", 4.5, "z");
    expect((await keyValue.zrange("zset", 0, -1)).map(({ member }) => member)).toEqual([
      "first",
      "z",
      "B",
      "a",
      "ab",
      "b",
      "é",
      "\uffff",
      "\u{10000}",
      "last",
    ]);
  });

  it("S43 return ranges by position from either end", async () => {
    const keyValue = await letters(world.fresh());
    expect(await names(keyValue.zrange("zset", 0, -1))).toBe("abcdef");
    expect(await names(keyValue.zrange("zset", 1, 2))).toBe("bc");
    expect(await names(keyValue.zrange("zset", -2, -1))).toBe("ef");
    expect(await names(keyValue.zrange("zset", 0, 1, { reverse: true }))).toBe("fe");
    expect(await names(keyValue.zrange("zset", -2, 99, { reverse: true }))).toBe("ba");
    expect(await names(keyValue.zrange("zset", 4, 2))).toBe("");
    expect(await names(keyValue.zrange("zset", 99, 100))).toBe("");
    expect(await keyValue.zrange("zset", 0, 0)).toEqual([{ member: "a", score: 1 }]);
  });

  it("10 return ranges by score, both ends included, a page at a time", async () => {
    const keyValue = await letters(world.fresh());
    expect(await keyValue.zrangebyscore("zset", 2, 3)).toEqual([
      { member: "b", score: 2 },
      { member: "c", score: 3 },
    ]);
    expect(await names(keyValue.zrangebyscore("zset", Number.NEGATIVE_INFINITY, 4.5))).toBe("abcd");
    expect(await names(keyValue.zrangebyscore("zset", 2, Number.POSITIVE_INFINITY, { offset: 1, limit: 2 }))).toBe(
      "cd",
    );
    expect(await names(keyValue.zrangebyscore("zset", 2, 6, { offset: 3 }))).toBe("ef");
    expect(await names(keyValue.zrangebyscore("zset", 2, 6, { limit: 0 }))).toBe("");
    expect(await names(keyValue.zrangebyscore("zset", 5, 1))).toBe("");
    expect([await keyValue.zcount("zset", 2, 4), await keyValue.zcount("zset", 4, 2)]).toEqual([3, 0]);
  });

  it("change scores, keep them exactly, and remove members", async () => {
    const keyValue = await letters(world.fresh());
    expect([await keyValue.zadd("zset", 10.1, "a"), await keyValue.zadd("zset", 0.1, "g")]).toEqual([false, true]);
    expect([await keyValue.zscore("zset", "a"), await keyValue.zscore("zset", "z")]).toEqual([10.1, undefined]);
    expect(await names(keyValue.zrange("zset", 0, -1))).toBe("gbcdefa");
    await keyValue.zadd("zset", 1_766_226_240.123_456_7, "g");
    expect(await keyValue.zscore("zset", "g")).toBe(1_766_226_240.123_456_7);
    expect(await keyValue.zrem("zset", "b", "z")).toBe(1);
    expect(await keyValue.zcard("zset")).toBe(6);
  });

  it("9 remove by position, negative ones from the end", async () => {
    const keyValue = await letters(world.fresh());
    expect(await keyValue.zremrangebyrank("zset", 0, -5)).toBe(2);
    expect(await names(keyValue.zrange("zset", 0, -1))).toBe("cdef");
    expect(await keyValue.zremrangebyrank("zset", -1, -1)).toBe(1);
    expect(await keyValue.zremrangebyrank("zset", 7, 9)).toBe(0);
    expect(await names(keyValue.zrange("zset", 0, -1))).toBe("cde");
  });
}

function listCases(world: CaseWorld): void {
  it("S43 grow and shrink at both ends", async () => {
    const keyValue = world.fresh();
    expect([await keyValue.rpush("list", "c", "d"), await keyValue.lpush("list", "b", "a")]).toEqual([2, 4]);
    expect([await keyValue.rpush("list"), await keyValue.lpush("none")]).toEqual([4, 0]);
    expect(await keyValue.lrange("list", 0, -1)).toEqual(["a", "b", "c", "d"]);
    expect([await keyValue.lpop("list"), await keyValue.rpop("list"), await keyValue.llen("list")]).toEqual([
      "a",
      "d",
      2,
    ]);
  });

  it("9 return ranges, cut off at the ends", async () => {
    const keyValue = world.fresh();
    await keyValue.rpush("list", "a", "b", "c", "d", "e");
    const ranges = [
      [0, 0],
      [1, 2],
      [-2, -1],
      [-99, 1],
      [3, 99],
      [4, 1],
      [9, 12],
    ] as const;
    const found = await Promise.all(ranges.map(([start, stop]) => keyValue.lrange("list", start, stop)));
    expect(found.map((range) => range.join(""))).toEqual(["a", "bc", "de", "ab", "de", "", ""]);
  });

  it.each([
    [2, "bcbda", 2],
    [-2, "abcbd", 2],
    [0, "bcbd", 3],
    [9, "bcbd", 3],
  ])("remove %i occurrences from the end that the sign says", async (count, left, removed) => {
    const keyValue = world.fresh();
    await keyValue.rpush("list", "a", "b", "c", "a", "b", "d", "a");
    expect(await keyValue.lrem("list", count, "a")).toBe(removed);
    expect((await keyValue.lrange("list", 0, -1)).join("")).toBe(left);
    expect(await keyValue.llen("list")).toBe(left.length);
    // Holes must not disturb positions.
    expect(await keyValue.lrange("list", 1, 1)).toEqual([left.charAt(1)]);
  });

  it.each([
    [1, 3, "bcd"],
    [-2, -1, "de"],
    [0, 99, "abcde"],
    [3, 1, ""],
  ])("are trimmed to positions %i to %i", async (start, stop, left) => {
    const keyValue = world.fresh();
    await keyValue.rpush("list", "a", "b", "c", "d", "e");
    await keyValue.ltrim("list", start, stop);
    expect((await keyValue.lrange("list", 0, -1)).join("")).toBe(left);
    expect(await keyValue.llen("list")).toBe(left.length);
  });

  it("hand the tail of one to the head of another, and rotate", async () => {
    const keyValue = world.fresh();
    await keyValue.rpush("from", "a", "b");
    expect([await keyValue.rpoplpush("from", "to"), await keyValue.rpoplpush("from", "to")]).toEqual(["b", "a"]);
    expect(await keyValue.lrange("to", 0, -1)).toEqual(["a", "b"]);
    expect(await keyValue.rpoplpush("from", "to")).toBeUndefined();
    expect(await keyValue.rpoplpush("to", "to")).toBe("b");
    expect(await keyValue.lrange("to", 0, -1)).toEqual(["b", "a"]);
    await keyValue.rpush("single", "x");
    expect(await keyValue.rpoplpush("single", "single")).toBe("x");
    expect(await keyValue.lrange("single", 0, -1)).toEqual(["x"]);
  });
}

async function names(answer: Promise<readonly { member: string }[]>): Promise<string> {
  return (await answer).map(({ member }) => member).join("");
}

async function letters(keyValue: KeyValue): Promise<KeyValue> {
  await Promise.all(["a", "b", "c", "d", "e", "f"].map((member, index) => keyValue.zadd("zset", index + 1, member)));
  return keyValue;
}
