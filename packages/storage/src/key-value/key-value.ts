// The key-value contract: what every engine promises. Engines: `./memory`, `./sqlite` and `./redis`, opened by `openKeyValue`.
// `@switchboard/storage/testing` exports the suite that checks each numbered line on each engine.
//
// 1.  Keys, fields, members and values are text. Any Unicode text MUST come back as it was given, U+0000 included; a lone surrogate comes
//     back as U+FFFD.
// 2.  Calls of one store MUST take effect in the order they were made, awaited or not, and each MUST see all that were made before it.
//     (`scan`, `keys` and `atomic` are several calls.)
// 3.  Each call MUST be atomic: whoever else works on the same data, no increment is lost and no element popped twice.
// 4.  A call on a key that holds another kind of value MUST reject with STORAGE_WRONG_TYPE and change nothing. `set` replaces any kind;
//     `delete`, `rename`, `pexpire`, `persist`, `pttl`, `exists` and `type` work on any kind.
// 5.  An absent key MUST act as an empty hash, set, sorted set or list, or as 0 for counters. A container that loses its last element is gone.
// 6.  Counters MUST reject with STORAGE_NOT_INTEGER, and change nothing, where the text is not a whole number or the result would leave
//     ±(2^53 − 1). (On Redis the second is found out after the change.)
// 7.  A key whose time to live has passed MUST act as absent from that moment. `set` without `ttlMs` ends an expiry, `rename` takes it along,
//     all else leaves it.
// 8.  Expired keys MUST be removed without being asked for, and without walking over the others.
// 9.  Positions count from 0, negative ones from the end; ranges include both ends; what lies outside is cut off, never an error.
// 10. Sorted sets MUST be ordered by score, then by the bytes of the member's UTF-8. Score bounds are inclusive; infinities are allowed.
// 11. `scan` MUST yield every matching key that existed from its start to its end, at least once; others may or may not come. Patterns: `*`
//     any text, `?` one character (on Redis one byte), `[a-c]`, `[^a-c]`, and `\` before a special character.
// 12. Every key MUST be stored under `<prefix><separator><key>`, as Vumi does, and come back without it. `sub(name)` adds `name` to the
//     prefix; below it the separator is always ":". Without a prefix there is no separator either.
// 13. `atomic` MUST do all writes of its group or none, and only if everything the group has read is still so; otherwise it MUST run the
//     group again, and after 100 times reject with STORAGE_CONFLICT.
// 14. A write MUST have reached what the engine calls safe when its promise resolves. Memory: nothing, it ends with the process. SQLite: the
//     disk (fsync). Redis: the server, which decides by its `appendfsync`.
// 15. When the disk or server fails, calls MUST reject with a retryable code, and succeed again by themselves when the cause has gone. A call
//     that was on its way to Redis may or may not have been done; on SQLite a rejected call was not done.
// 16. What waits MUST be bounded: above `maxPending` calls without an answer, further ones MUST reject with STORAGE_OVERLOADED.
// 17. `close` MUST let calls made before it finish, reject those made after it with STORAGE_CLOSED, and be idempotent.
// 18. Arguments out of range, and more than 50,000 of them, MUST reject with STORAGE_ARGUMENT_INVALID before anything is done. Errors never
//     contain values or passwords.

/** The kinds of value a key can hold, named as Redis names them. */
export type KeyKind = "string" | "hash" | "set" | "zset" | "list";

/** One member of a sorted set. */
export interface ScoredMember {
  readonly member: string;
  readonly score: number;
}

/** How `set` and `setnx` store. */
export interface SetOptions {
  /** Time to live in milliseconds, a whole number from 1 to 3_153_600_000_000 (100 years). Default: for ever. */
  readonly ttlMs?: number;
}

/** Which part of a sorted set comes back, and from which end. */
export interface RankOptions {
  /** True: highest score first, positions counted from there. Default false. */
  readonly reverse?: boolean;
}

/** Which part of the members within the bounds comes back. */
export interface PageOptions {
  /** How many to pass over, default 0. */
  readonly offset?: number;
  /** How many to return, default all. */
  readonly limit?: number;
}

/** The calls that change nothing. Names and meanings are those of Redis unless said otherwise. */
export interface KeyValueReads {
  exists(key: string): Promise<boolean>;
  /** What the key holds, or undefined. */
  type(key: string): Promise<KeyKind | undefined>;

  get(key: string): Promise<string | undefined>;

  hget(key: string, field: string): Promise<string | undefined>;
  hexists(key: string, field: string): Promise<boolean>;
  /** All fields and their values, in no order, in an object without prototype; empty when the key is absent. */
  hgetall(key: string): Promise<Record<string, string>>;
  hlen(key: string): Promise<number>;
  hvals(key: string): Promise<string[]>;

  sismember(key: string, member: string): Promise<boolean>;
  /** In no order. */
  smembers(key: string): Promise<string[]>;
  scard(key: string): Promise<number>;
  /** Everything that is in one of the sets, each once, in no order. */
  sunion(...keys: string[]): Promise<string[]>;

  zscore(key: string, member: string): Promise<number | undefined>;
  zcard(key: string): Promise<number>;
  /** How many members have a score from `min` to `max`. */
  zcount(key: string, min: number, max: number): Promise<number>;
  /** Members by position. */
  zrange(key: string, start: number, stop: number, options?: RankOptions): Promise<ScoredMember[]>;
  /** Members with a score from `min` to `max`, lowest first. */
  zrangebyscore(key: string, min: number, max: number, options?: PageOptions): Promise<ScoredMember[]>;

  llen(key: string): Promise<number>;
  lrange(key: string, start: number, stop: number): Promise<string[]>;
}

/** The calls that a group of {@link KeyValue.atomic} may make: those whose outcome follows from what the group has read. */
export interface KeyValueWrites {
  /** Returns how many of the keys existed. */
  delete(...keys: string[]): Promise<number>;
  /** Sets the time to live: milliseconds, a whole number from 1 to 3_153_600_000_000. Returns false when the key is absent. */
  pexpire(key: string, ttlMs: number): Promise<boolean>;
  /** Ends an expiry. Returns whether there was one. */
  persist(key: string): Promise<boolean>;

  /** Stores a text whatever the key held before. With `ttlMs` this is SETEX, without it an earlier expiry ends. */
  set(key: string, value: string, options?: SetOptions): Promise<void>;

  /** Stores all the fields given (HMSET). Returns how many of them are new. */
  hset(key: string, fields: Readonly<Record<string, string>>): Promise<number>;
  /** Returns how many of the fields existed. */
  hdel(key: string, ...fields: string[]): Promise<number>;

  /** Returns how many of the members are new. */
  sadd(key: string, ...members: string[]): Promise<number>;
  /** Returns how many of the members were there. */
  srem(key: string, ...members: string[]): Promise<number>;
  /** Moves a member from one set to another. Returns false, and does nothing, when it was not in the first. */
  smove(source: string, destination: string, member: string): Promise<boolean>;

  /** Adds a member or changes its score. Returns whether it is new. */
  zadd(key: string, score: number, member: string): Promise<boolean>;
  /** Returns how many of the members were there. */
  zrem(key: string, ...members: string[]): Promise<number>;
  /** Removes the members at these positions, lowest score first. Returns how many. */
  zremrangebyrank(key: string, start: number, stop: number): Promise<number>;

  /** Adds at the head, one after the other, so that the last one given comes first. Returns the new length. */
  lpush(key: string, ...values: string[]): Promise<number>;
  /** Adds at the tail. Returns the new length. */
  rpush(key: string, ...values: string[]): Promise<number>;
  /** Removes up to `count` occurrences of `value` from the head, from the tail if negative, all if 0. Returns how many. */
  lrem(key: string, count: number, value: string): Promise<number>;
  /** Keeps only the elements at these positions. */
  ltrim(key: string, start: number, stop: number): Promise<void>;
  /** Takes the tail of one list and puts it at the head of another, or of the same. Returns it, or undefined when there was none. */
  rpoplpush(source: string, destination: string): Promise<string | undefined>;
}

/** The writes of a group: like those of {@link KeyValue}, but noted down only, and done together in this order at the group's end. */
export type AtomicWrites = {
  [Name in keyof KeyValueWrites]: (...args: Parameters<KeyValueWrites[Name]>) => void;
};

/** The reads of a group: those whose answer has an order, so that it can be compared later. */
export type AtomicReads = Omit<KeyValueReads, "smembers" | "sunion" | "hvals">;

/** What a group of {@link KeyValue.atomic} works with. Reads answer at once, and do not see the group's own writes. */
export type AtomicGroup = AtomicReads & AtomicWrites;

/** Text under names, with expiry, counters and containers. See the numbered list at the top of this file. */
export interface KeyValue extends KeyValueReads, KeyValueWrites {
  /** What is left of the time to live in milliseconds; undefined for a key without expiry and for no key. */
  pttl(key: string): Promise<number | undefined>;
  /**
   * Gives a key another name, with its expiry; what was there is replaced.
   *
   * @throws {StorageError} STORAGE_ARGUMENT_INVALID when there is no such key.
   */
  rename(key: string, newKey: string): Promise<void>;
  /** The keys that match, sorted, all at once. For more than a few thousand use {@link scan}. */
  keys(pattern?: string): Promise<string[]>;
  /** The keys that match, page by page, in no order; a key may come twice. */
  scan(pattern?: string): AsyncIterableIterator<string>;

  /** Stores a text unless the key exists. Returns whether it did. */
  setnx(key: string, value: string, options?: SetOptions): Promise<boolean>;
  /** Adds `amount`, a whole number, default 1, negative to count down. Returns the new value. */
  incrby(key: string, amount?: number): Promise<number>;

  /** Stores a field unless it exists. Returns whether it did. */
  hsetnx(key: string, field: string, value: string): Promise<boolean>;
  /** Adds `amount`, a whole number, default 1, negative to count down. Returns the new value. */
  hincrby(key: string, field: string, amount?: number): Promise<number>;

  /** Takes any member out. Returns it, or undefined when there is none. */
  spop(key: string): Promise<string | undefined>;
  /** Takes the head. Returns it, or undefined when there is none. */
  lpop(key: string): Promise<string | undefined>;
  /** Takes the tail. Returns it, or undefined when there is none. */
  rpop(key: string): Promise<string | undefined>;

  /**
   * Runs `work`, does the writes it noted down, all or none, and returns what it returned.
   *
   * If something that `work` read has changed meanwhile it runs again, so it should do nothing but read, decide and write. Keys that are
   * only written are not watched.
   *
   * ```ts
   * // Takes the next waiting key off the ground, unless the sky is full.
   * const key = await keyValue.atomic(async (group) => {
   *   if ((await group.llen("inflight")) >= windowSize) return undefined;
   *   const [next] = await group.lrange("waiting", -1, -1);
   *   if (next === undefined) return undefined;
   *   group.rpoplpush("waiting", "inflight");
   *   group.zadd("flightstats", Date.now() / 1000, next);
   *   return next;
   * });
   * ```
   *
   * @throws {StorageError} STORAGE_CONFLICT (retryable) after 100 runs; what `work` throws, with nothing done.
   */
  atomic<Result>(work: (group: AtomicGroup) => Promise<Result>): Promise<Result>;

  /** The same store with `name` added to the prefix. */
  sub(name: string): KeyValue;
}

/** A store and the connection or file under it. */
export interface KeyValueStore extends KeyValue {
  /** Waits for the calls made so far, then releases everything, for all sub-managers too. Idempotent. */
  close(): Promise<void>;
}
