// The same calls get the same answers from all engines, the real Redis being the one that decides.

import { type KeyValue, type KeyValueStore, openKeyValue } from "@switchboard/storage";
import { describeWithServer, tempFolder } from "@switchboard/testkit";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";

type Call = readonly [name: string, ...args: unknown[]];

const key = fc.constantFrom("a", "b", "c");
const text = fc.constantFrom("", "1", "-7", "x", "y", "é🙂", "a\0b", "9007199254740991");
const small = fc.integer({ min: -4, max: 4 });
const score = fc.constantFrom(-1, 0, 0.5, 1, 2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
const texts = fc.array(text, { maxLength: 3 });
const keys = fc.array(key, { maxLength: 3 });
const call = (name: string, ...args: fc.Arbitrary<unknown>[]): fc.Arbitrary<Call> =>
  fc.tuple(fc.constant(name), ...args);
const callWithRest = (
  name: string,
  first: fc.Arbitrary<unknown>[],
  rest: fc.Arbitrary<unknown[]>,
): fc.Arbitrary<Call> =>
  fc.tuple(fc.tuple(...first), rest).map(([values, more]): Call => [name, values, more].flat() as unknown as Call);

const anyCall = fc.oneof(
  ...["exists", "type", "persist", "get", "hgetall", "hlen", "hvals", "smembers", "scard", "zcard", "llen"].map(
    (name) => call(name, key),
  ),
  ...["lpop", "rpop"].map((name) => call(name, key)),
  ...["hget", "hexists", "sismember", "zscore"].map((name) => call(name, key, text)),
  ...["lpush", "rpush", "sadd", "srem", "hdel", "zrem"].map((name) => callWithRest(name, [key], texts)),
  ...["lrange", "ltrim", "zremrangebyrank"].map((name) => call(name, key, small, small)),
  ...["rename", "rpoplpush"].map((name) => call(name, key, key)),
  call("set", key, text),
  call("setnx", key, text),
  call("incrby", key, small),
  call("hincrby", key, text, small),
  call("hset", key, fc.dictionary(text, text, { maxKeys: 3 })),
  call("hsetnx", key, text, text),
  call("pexpire", key, fc.constant(1_000_000)),
  call("smove", key, key, text),
  call("lrem", key, small, text),
  call("zadd", key, score, text),
  call("zcount", key, score, score),
  call("zrange", key, small, small, fc.record({ reverse: fc.boolean() })),
  call("zrangebyscore", key, score, score, fc.record({ offset: fc.nat(2), limit: fc.nat(3) })),
  callWithRest("delete", [], keys),
  callWithRest("sunion", [], keys),
);

const unordered = new Set(["hvals", "smembers", "sunion"]);

async function answer(keyValue: KeyValue, [name, ...args]: Call): Promise<unknown> {
  try {
    const value: unknown = await (keyValue as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[
      name
    ]?.(...args);
    return unordered.has(name) ? (value as string[]).toSorted() : value;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

describeWithServer("redis", "memory, SQLite and Redis", (server) => {
  const stores: KeyValueStore[] = [];
  let runs = 0;
  beforeAll(async () => {
    stores.push(
      await openKeyValue({ driver: "redis", url: server().url }),
      await openKeyValue({ driver: "memory" }),
      await openKeyValue({ driver: "sqlite", path: `${tempFolder()}/key-value.db` }),
    );
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
  });

  it("answer the same calls alike", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyCall, { maxLength: 60 }), async (calls) => {
        const name = `run${++runs}`;
        const [redis = [], memory, sqlite] = await Promise.all(
          stores.map((store) => {
            const keyValue = store.sub(name);
            // All at once: they take effect in this order all the same.
            return Promise.all(calls.map((call) => answer(keyValue, call)));
          }),
        );
        const told = (answers: readonly unknown[] = []): unknown[] =>
          answers.map((value, index) => [calls[index], value]);
        expect(told(memory)).toEqual(told(redis));
        expect(told(sqlite)).toEqual(told(redis));
        const [keys, ...others] = await Promise.all(stores.map((store) => store.sub(name).keys()));
        expect(others).toEqual([keys, keys]);
      }),
      { numRuns: 300 },
    );
  });
});
