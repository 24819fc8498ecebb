// Our commands in Redis's words, and its answers in ours.

import { StorageError } from "../../errors.ts";
import { toRecord } from "../backend.ts";
import type { Command, CommandName, Fields } from "../commands.ts";
import type { ScoredMember } from "../key-value.ts";

/** What Redis answers; numbers come as text, since the client library is not exact near 2^53. */
export type RedisAnswer = null | string | readonly RedisAnswer[];

/** What is sent to Redis. */
export type RedisArgs = readonly [name: string, ...args: string[]];

type Encode = (...args: unknown[]) => readonly unknown[] | undefined;
type Decode = (answer: RedisAnswer, name: string) => unknown;

const encodeSet = (key: unknown, value: unknown, ttlMs: unknown): unknown[] =>
  ttlMs === undefined ? ["SET", key, value] : ["SET", key, value, "PX", ttlMs];

/** Nothing when all that was to be added or removed is missing: Redis refuses that. */
const withSome =
  (name: string, minArgs: number): Encode =>
  (...args) =>
    args.length > minArgs ? [name, ...args] : undefined;

// Commands that do not go out as they are.
const encoders: Partial<Record<CommandName, Encode>> = {
  delete: withSome("DEL", 0),
  set: encodeSet,
  setnx: (key, value, ttlMs) => [...encodeSet(key, value, ttlMs), "NX"],
  hset: (key, fields) => withSome("HSET", 1)(key, ...(fields as Fields).flat()),
  hdel: withSome("HDEL", 1),
  sadd: withSome("SADD", 1),
  srem: withSome("SREM", 1),
  sunion: withSome("SUNION", 0),
  zadd: (key, score, member) => ["ZADD", key, formatScore(score), member],
  zrem: withSome("ZREM", 1),
  zcount: (key, min, max) => ["ZCOUNT", key, formatScore(min), formatScore(max)],
  zrange: (key, start, stop, reverse) => [reverse === true ? "ZREVRANGE" : "ZRANGE", key, start, stop, "WITHSCORES"],
  zrangebyscore: (key, min, max, offset, limit) => {
    const count = limit === Number.MAX_SAFE_INTEGER ? -1 : limit;
    return ["ZRANGEBYSCORE", key, formatScore(min), formatScore(max), "WITHSCORES", "LIMIT", offset, count];
  },
  lpush: (key, ...values) => withSome("LPUSH", 1)(key, ...values) ?? ["LLEN", key],
  rpush: (key, ...values) => withSome("RPUSH", 1)(key, ...values) ?? ["LLEN", key],
};

const isOne: Decode = (answer) => answer === "1";
const nothing: Decode = () => undefined;
const orUndefined: Decode = (answer) => answer ?? undefined;
const orEmpty: Decode = (answer) => answer ?? [];
const exactInteger: Decode = (answer, name) => {
  if (Number.isSafeInteger(Number(answer))) return Number(answer);
  throw new StorageError("STORAGE_NOT_INTEGER", `${name}: the result is beyond ±9007199254740991`);
};
const scoredMembers: Decode = (answer) =>
  pairs(answer).map(([member, score]): ScoredMember => ({ member: String(member), score: parseScore(score) }));

// Answers that are not a count.
const decoders: Partial<Record<CommandName, Decode>> = {
  exists: isOne,
  type: (answer) => (answer === "none" ? undefined : answer),
  pttl: (answer) => (Number(answer) >= 0 ? Number(answer) : undefined),
  rename: nothing,
  pexpire: isOne,
  persist: isOne,
  get: orUndefined,
  set: nothing,
  setnx: (answer) => answer === "OK",
  incrby: exactInteger,
  hget: orUndefined,
  hexists: isOne,
  hgetall: (answer) => toRecord(pairs(answer) as Fields),
  hvals: orEmpty,
  hsetnx: isOne,
  hincrby: exactInteger,
  sismember: isOne,
  smembers: orEmpty,
  sunion: orEmpty,
  spop: orUndefined,
  smove: isOne,
  zscore: (answer) => (answer === null ? undefined : parseScore(answer)),
  zrange: scoredMembers,
  zrangebyscore: scoredMembers,
  zadd: isOne,
  lrange: orEmpty,
  lpop: orUndefined,
  rpop: orUndefined,
  ltrim: nothing,
  rpoplpush: orUndefined,
};

/** Returns what to send, or undefined when there is nothing to do and {@link fromRedis} makes the answer of null. */
export function toRedis([name, ...args]: Command): RedisArgs | undefined {
  const encode = encoders[name];
  // In capitals, because the client library makes its own objects of answers to commands in small letters.
  const words = encode === undefined ? [name.toUpperCase(), ...args] : encode(...args);
  return words?.map(String) as unknown as RedisArgs | undefined;
}

/** Turns an answer into the caller's form; null is also what stands for a call that needed no sending. */
export function fromRedis(name: CommandName): (answer: unknown) => unknown {
  const decode = decoders[name] ?? ((answer) => Number(answer ?? 0));
  return (answer) => decode(answer as RedisAnswer, name);
}

function pairs(answer: RedisAnswer): [RedisAnswer, RedisAnswer][] {
  const flat = Array.isArray(answer) ? answer : [];
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index], flat[2 * index + 1]]);
}

function formatScore(score: unknown): string {
  if (score === Number.POSITIVE_INFINITY) return "+inf";
  return score === Number.NEGATIVE_INFINITY ? "-inf" : String(score);
}

function parseScore(answer: RedisAnswer): number {
  if (answer === "inf") return Number.POSITIVE_INFINITY;
  return answer === "-inf" ? Number.NEGATIVE_INFINITY : Number(answer);
}
