// Contract cases: text, order, types, counters, prefixes, scanning.

import { describe, expect, it } from "vitest";
import type { KeyValue } from "../key-value/key-value.ts";
import { type CaseWorld, codeOf } from "./case-world.ts";

const awkward = [
  "",
  "plain",
  "a\0b\u0001c\u0001\u0002",
  "łódź Ωmega 🙂",
  "__proto__",
  "*?[a]\\",
  "\n\r\"'",
  "x".repeat(100_000),
];

/** Declares the cases. */
export function keyCases(world: CaseWorld): void {
  describe("texts and keys", () => {
    it.each(awkward.map((text) => [text.length > 40 ? "100 kB of text" : JSON.stringify(text), text]))(
      "1 returns %s as it was given, as key, value, field, member and element",
      async (_, text) => {
        const keyValue = world.fresh();
        await keyValue.set(text, text);
        await keyValue.hset("hash", { [text]: text });
        await keyValue.sadd("set", text);
        await keyValue.zadd("zset", 1, text);
        await keyValue.rpush("list", text);
        expect(await keyValue.get(text)).toBe(text);
        expect(Object.entries(await keyValue.hgetall("hash"))).toEqual([[text, text]]);
        expect(await keyValue.hget("hash", text)).toBe(text);
        expect(await keyValue.smembers("set")).toEqual([text]);
        expect(await keyValue.sismember("set", text)).toBe(true);
        expect(await keyValue.zrange("zset", 0, -1)).toEqual([{ member: text, score: 1 }]);
        expect(await keyValue.lrange("list", 0, -1)).toEqual([text]);
        expect(await keyValue.keys()).toEqual([text, "hash", "list", "set", "zset"].toSorted());
      },
    );

    it("1 returns a lone surrogate as the replacement character", async () => {
      const keyValue = world.fresh();
      await keyValue.set("key", "a\ud83db");
      expect(await keyValue.get("key")).toBe("a\ufffdb");
    });

    it("2 lets each call see all that were made before it, awaited or not", async () => {
      const keyValue = world.fresh();
      const answers = await Promise.all([
        keyValue.set("key", "1"),
        keyValue.get("key"),
        keyValue.incrby("key"),
        keyValue.delete("key"),
        keyValue.get("key"),
        keyValue.rpush("key", "a", "b"),
        keyValue.lrange("key", 0, -1),
      ]);
      expect(answers).toEqual([undefined, "1", 2, 1, undefined, 2, ["a", "b"]]);
    });

    it("knows whether keys exist, what they hold, and how to delete them", async () => {
      const keyValue = await oneOfEach(world);
      expect(
        await Promise.all(["string", "hash", "set", "zset", "list", "none"].map((key) => keyValue.type(key))),
      ).toEqual(["string", "hash", "set", "zset", "list", undefined]);
      expect(await keyValue.delete("string", "hash", "none")).toBe(2);
      expect(await keyValue.delete()).toBe(0);
      expect(await keyValue.exists("hash")).toBe(false);
      expect(await keyValue.hgetall("hash")).toEqual({});
      expect(await keyValue.keys()).toEqual(["list", "set", "zset"]);
    });

    it("renames a key of any kind over whatever is there, and refuses when there is none", async () => {
      const keyValue = await oneOfEach(world);
      await keyValue.rename("hash", "list");
      expect(await keyValue.hgetall("list")).toEqual({ field: "value" });
      expect(await keyValue.type("hash")).toBeUndefined();
      await keyValue.rename("set", "set");
      expect(await keyValue.smembers("set")).toEqual(["member"]);
      expect(await codeOf(keyValue.rename("none", "string"))).toBe("STORAGE_ARGUMENT_INVALID");
      expect(await keyValue.get("string")).toBe("value");
    });

    it("stores what is absent only with setnx and hsetnx", async () => {
      const keyValue = world.fresh();
      expect([await keyValue.setnx("key", "a"), await keyValue.setnx("key", "b")]).toEqual([true, false]);
      expect(await keyValue.get("key")).toBe("a");
      expect([await keyValue.hsetnx("hash", "f", "a"), await keyValue.hsetnx("hash", "f", "b")]).toEqual([true, false]);
      expect(await keyValue.hget("hash", "f")).toBe("a");
    });
  });

  describe("types and counters", () => {
    const wrongCalls: readonly (readonly [string, string, (keyValue: KeyValue) => Promise<unknown>])[] = [
      ["get", "hash", (keyValue) => keyValue.get("hash")],
      ["incrby", "list", (keyValue) => keyValue.incrby("list")],
      ["hget", "string", (keyValue) => keyValue.hget("string", "f")],
      ["hset", "set", (keyValue) => keyValue.hset("set", { f: "v" })],
      ["hincrby", "zset", (keyValue) => keyValue.hincrby("zset", "f")],
      ["sadd", "hash", (keyValue) => keyValue.sadd("hash", "m")],
      ["smembers", "zset", (keyValue) => keyValue.smembers("zset")],
      ["sunion", "list", (keyValue) => keyValue.sunion("set", "list")],
      ["smove", "list", (keyValue) => keyValue.smove("set", "list", "member")],
      ["zadd", "set", (keyValue) => keyValue.zadd("set", 1, "m")],
      ["zrange", "hash", (keyValue) => keyValue.zrange("hash", 0, -1)],
      ["lpush", "string", (keyValue) => keyValue.lpush("string", "v")],
      ["lrange", "set", (keyValue) => keyValue.lrange("set", 0, -1)],
      ["rpoplpush", "hash", (keyValue) => keyValue.rpoplpush("list", "hash")],
    ];
    it.each(wrongCalls)("4 rejects %s on a %s and changes nothing", async (_command, _kind, call) => {
      const keyValue = await oneOfEach(world);
      expect(await codeOf(call(keyValue))).toBe("STORAGE_WRONG_TYPE");
      expect(await contents(keyValue)).toEqual(await contents(await oneOfEach(world)));
    });

    it("4 replaces any kind with set", async () => {
      const keyValue = await oneOfEach(world);
      for (const key of ["hash", "set", "zset", "list"]) await keyValue.set(key, "text");
      expect(await keyValue.type("list")).toBe("string");
      // Nothing of the old content may shine through a new container under the same name.
      await keyValue.delete("hash");
      await keyValue.hset("hash", { other: "1" });
      expect(await keyValue.hgetall("hash")).toEqual({ other: "1" });
    });

    it("5 counts from 0 where there is nothing, up and down", async () => {
      const keyValue = world.fresh();
      expect([await keyValue.incrby("n"), await keyValue.incrby("n", 41), await keyValue.incrby("n", -50)]).toEqual([
        1, 42, -8,
      ]);
      expect(await keyValue.get("n")).toBe("-8");
      expect([await keyValue.hincrby("h", "n"), await keyValue.hincrby("h", "n", -3)]).toEqual([1, -2]);
      expect(await keyValue.hgetall("h")).toEqual({ n: "-2" });
    });

    it.each(["", "abc", "1.5", " 1", "01", "+1", "1e3", "-0", "--1", "1\0"])("6 does not count in %j", async (text) => {
      const keyValue = world.fresh();
      await keyValue.set("key", text);
      await keyValue.hset("hash", { field: text });
      expect(await codeOf(keyValue.incrby("key"))).toBe("STORAGE_NOT_INTEGER");
      expect(await codeOf(keyValue.hincrby("hash", "field"))).toBe("STORAGE_NOT_INTEGER");
      expect([await keyValue.get("key"), await keyValue.hget("hash", "field")]).toEqual([text, text]);
    });

    it("6 counts exactly up to 2^53 − 1 and rejects beyond", async () => {
      const keyValue = world.fresh();
      await keyValue.set("key", "9007199254740990");
      expect(await keyValue.incrby("key")).toBe(9_007_199_254_740_991);
      expect(await codeOf(keyValue.incrby("key"))).toBe("STORAGE_NOT_INTEGER");
      expect(await codeOf(keyValue.hincrby("hash", "field", -9_007_199_254_740_991))).toBe("resolved");
      expect(await codeOf(keyValue.hincrby("hash", "field", -1))).toBe("STORAGE_NOT_INTEGER");
    });

    it("18 rejects arguments out of range before doing anything", async () => {
      const keyValue = world.fresh();
      await keyValue.set("key", "1");
      const calls = [
        keyValue.set("key", "2", { ttlMs: 0 }),
        keyValue.set("key", "2", { ttlMs: 1.5 }),
        keyValue.setnx("other", "2", { ttlMs: Number.NaN }),
        keyValue.pexpire("key", -1),
        keyValue.pexpire("key", 3_153_600_000_001),
        keyValue.incrby("key", 0.5),
        keyValue.hincrby("hash", "field", Number.POSITIVE_INFINITY),
        keyValue.zadd("zset", Number.NaN, "member"),
        keyValue.lrange("list", 0.5, 1),
        keyValue.zrangebyscore("zset", 0, 1, { limit: -1 }),
        keyValue.set("key", 5 as unknown as string),
        keyValue.sadd("set", ...Array.from({ length: 50_000 }, () => "member")),
        keyValue.get(undefined as unknown as string),
        keyValue.hset("hash", undefined as unknown as Record<string, string>),
      ];
      for (const call of calls) expect(await codeOf(call)).toBe("STORAGE_ARGUMENT_INVALID");
      expect(await keyValue.keys()).toEqual(["key"]);
      expect([await keyValue.get("key"), await keyValue.pttl("key")]).toEqual(["1", undefined]);
    });
  });

  describe("prefixes", () => {
    it("12 puts the prefix and the separator in front of every key and takes them off again", async () => {
      const plain = await world.open();
      const dotted = await world.open({ keyPrefix: "twelve", keySeparator: "." });
      const colon = await world.open({ keyPrefix: "twelve" });
      await dotted.set("a", "1");
      await dotted.sub("inner").sub("most").set("b", "2");
      await colon.sub("x").set("c", "3");
      await plain.sub("twelve").sub("direct").set("d", "4");
      expect(await dotted.keys()).toEqual(["a", "inner:most:b"]);
      expect(await dotted.sub("inner").keys()).toEqual(["most:b"]);
      expect(await colon.sub("x").keys("*")).toEqual(["c"]);
      expect(await plain.sub("twelve").sub("direct").keys()).toEqual(["d"]);
      expect(await plain.sub("twelve").keys("direct*")).toEqual(["direct:d"]);
      expect(await dotted.keys("inner:*:b")).toEqual(["inner:most:b"]);
      await dotted.sub("inner").sub("most").rename("b", "e");
      expect(await dotted.get("inner:most:e")).toBe("2");
      await plain.delete("twelve:direct:d", "twelve.a", "twelve.inner:most:e", "twelve:x:c");
    });

    it("12 takes a prefix with special characters literally", async () => {
      const odd = await world.open({ keyPrefix: "t*[a]?\\" });
      await odd.set("key", "1");
      expect(await odd.keys("k*")).toEqual(["key"]);
      await odd.delete("key");
    });
  });

  describe("scanning", () => {
    it("11 yields every key that exists throughout while others come and go", async () => {
      const keyValue = world.fresh();
      const stable = Array.from({ length: 2_500 }, (_, index) => `stable${index}`);
      const passing = Array.from({ length: 500 }, (_, index) => `passing${index}`);
      await Promise.all([...stable, ...passing].map((key) => keyValue.set(key, "1")));
      const found = new Set<string>();
      for await (const key of keyValue.scan("*")) {
        found.add(key);
        if (found.size % 5 === 0) {
          await keyValue.delete(passing.pop() ?? "none");
          await keyValue.set(`new${found.size}`, "1");
        }
      }
      expect(stable.filter((key) => !found.has(key))).toEqual([]);
    });

    it.each([
      ["user:*", ["user:", "user:1", "user:22"]],
      ["user:?", ["user:1"]],
      ["*2", ["b2", "user:22"]],
      ["[ab]*", ["a", "b2"]],
      ["[^a-u]*", ["[x"]],
      ["[a-c]?", ["b2"]],
      ["us*:*2", ["user:22"]],
      ["\\[x", ["[x"]],
      ["*", ["[x", "a", "b2", "user:", "user:1", "user:22"]],
      ["none*", []],
    ])("11 matches %s", async (pattern, expected) => {
      const keyValue = world.fresh();
      await Promise.all(["user:1", "user:22", "user:", "a", "b2", "[x"].map((key) => keyValue.set(key, "1")));
      expect(await keyValue.keys(pattern)).toEqual(expected);
    });
  });
}

async function oneOfEach(world: CaseWorld): Promise<KeyValue> {
  const keyValue = world.fresh();
  await keyValue.set("string", "value");
  await keyValue.hset("hash", { field: "value" });
  await keyValue.sadd("set", "member");
  await keyValue.zadd("zset", 1, "member");
  await keyValue.rpush("list", "element");
  return keyValue;
}

async function contents(keyValue: KeyValue): Promise<unknown> {
  return [
    await keyValue.keys(),
    await keyValue.get("string"),
    await keyValue.hgetall("hash"),
    await keyValue.smembers("set"),
    await keyValue.zrange("zset", 0, -1),
    await keyValue.lrange("list", 0, -1),
  ];
}
