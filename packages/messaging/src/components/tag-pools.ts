// Tag pools: addresses or codes that are lent out one at a time (a short code for each running campaign). Keys are Vumi's, so that its tools
// and ours can share pools. The data only; whoever serves it to others is elsewhere.

import { type Clock, systemClock } from "@switchboard/core";
import type { AtomicGroup, KeyValue } from "@switchboard/storage";
import { isJsonObject, type JsonObject, type JsonValue } from "../message/json.ts";
import { ComponentError } from "./errors.ts";
import { pythonJsonPair } from "./python-json.ts";
import { parseStored } from "./stored-json.ts";

/** A tag: its pool, and its name there. */
export type Tag = readonly [pool: string, name: string];

/** For whom and why a tag is taken. */
export interface Acquisition {
  /** Default nobody in particular. */
  readonly owner?: string | null;
  /** Kept with the tag, together with `timestamp` and `owner`. */
  readonly reason?: JsonObject;
}

/** Who had a tag last; nulls for one that was never taken. */
export interface Holder {
  readonly owner: string | null;
  /** What was given, `timestamp` (seconds since 1970, with fraction) and `owner`. */
  readonly reason: JsonObject | null;
}

const poolsKey = "tagpools:list";
// Declaring reads each tag twice; groups of this size keep a conflict cheap.
const declareChunk = 200;

/** Pools of tags in a key-value store. Names are any text. Errors are those of the store where not said otherwise. */
export class TagPools {
  readonly #keyValue: KeyValue;
  readonly #clock: Clock;

  constructor(keyValue: KeyValue, clock: Clock = systemClock) {
    this.#keyValue = keyValue;
    this.#clock = clock;
  }

  /** Adds tags that are not known yet, in alphabetical order, behind those that are free. Known ones stay as they are. */
  async declare(tags: readonly Tag[]): Promise<void> {
    const byPool = new Map<string, Set<string>>();
    for (const [pool, name] of tags) byPool.set(pool, (byPool.get(pool) ?? new Set()).add(name));
    for (const [pool, names] of byPool) {
      const sorted = [...names].toSorted();
      for (let start = 0; start < sorted.length; start += declareChunk) {
        await this.#keyValue.atomic((group) => declareIn(group, pool, sorted.slice(start, start + declareChunk)));
      }
    }
  }

  /** Takes the tag that has been free for longest; null when the pool has none, or does not exist. */
  async acquire(pool: string, acquisition: Acquisition = {}): Promise<Tag | null> {
    return await this.#keyValue.atomic(async (group) => {
      const [name] = await group.lrange(freeListKey(pool), 0, 0);
      if (name === undefined) return null;
      this.#take(group, [pool, name], acquisition);
      return [pool, name];
    });
  }

  /** Takes this very tag; null when it is not free. */
  async acquireSpecific(tag: Tag, acquisition: Acquisition = {}): Promise<Tag | null> {
    const [pool, name] = tag;
    return await this.#keyValue.atomic(async (group) => {
      if (!(await group.sismember(freeSetKey(pool), name))) return null;
      this.#take(group, tag, acquisition);
      return tag;
    });
  }

  /** Puts a tag behind the free ones. Does nothing for one that is not in use. Who had it last is still known afterwards. */
  async release(tag: Tag): Promise<void> {
    const [pool, name] = tag;
    await this.#keyValue.atomic(async (group) => {
      if (!(await group.sismember(inUseKey(pool), name))) return;
      const stored = await group.hget(reasonKey(pool), name);
      const { owner } = stored === undefined ? nobody : holder(stored, pool);
      group.srem(ownerKey(owner), pythonJsonPair(tag));
      group.smove(inUseKey(pool), freeSetKey(pool), name);
      group.rpush(freeListKey(pool), name);
    });
  }

  /** The pools, sorted by name. */
  async pools(): Promise<string[]> {
    return (await this.#keyValue.smembers(poolsKey)).toSorted();
  }

  /** The free tags, in the order in which they will be taken. */
  async freeTags(pool: string): Promise<Tag[]> {
    return (await this.#keyValue.lrange(freeListKey(pool), 0, -1)).map((name) => [pool, name]);
  }

  /** The tags in use, sorted by name. */
  async inUseTags(pool: string): Promise<Tag[]> {
    return (await this.#keyValue.smembers(inUseKey(pool))).toSorted().map((name) => [pool, name]);
  }

  /**
   * Who has a tag, or had it last.
   *
   * @throws {ComponentError} COMPONENT_STORED_VALUE_INVALID.
   */
  async acquiredBy([pool, name]: Tag): Promise<Holder> {
    const stored = await this.#keyValue.hget(reasonKey(pool), name);
    return stored === undefined ? nobody : holder(stored, pool);
  }

  /**
   * The tags that an owner has; null for those taken for nobody in particular. Sorted by pool and name.
   *
   * @throws {ComponentError} COMPONENT_STORED_VALUE_INVALID.
   */
  async ownedTags(owner: string | null): Promise<Tag[]> {
    const key = ownerKey(owner);
    const tags = (await this.#keyValue.smembers(key)).map((stored) => readTag(stored, key));
    return tags.toSorted(([pool, name], [otherPool, otherName]) => {
      return pool === otherPool ? compare(name, otherName) : compare(pool, otherPool);
    });
  }

  /**
   * What is known about a pool; empty for one that does not exist.
   *
   * @throws {ComponentError} COMPONENT_STORED_VALUE_INVALID.
   */
  async metadata(pool: string): Promise<JsonObject> {
    const key = metadataKey(pool);
    const fields = Object.entries(await this.#keyValue.hgetall(key));
    return Object.fromEntries(fields.map(([name, value]): [string, JsonValue] => [name, parseStored(value, key)]));
  }

  /** Replaces all that is known about a pool, which is created when it is absent. */
  async setMetadata(pool: string, metadata: JsonObject): Promise<void> {
    const fields = Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, JSON.stringify(value)]));
    await this.#keyValue.atomic(async (group) => {
      group.sadd(poolsKey, pool);
      group.delete(metadataKey(pool));
      if (Object.keys(fields).length > 0) group.hset(metadataKey(pool), fields);
    });
  }

  /**
   * Removes a pool with all that is known about it.
   *
   * @throws {ComponentError} TAGPOOL_IN_USE, with nothing changed.
   */
  async purge(pool: string): Promise<void> {
    await this.#keyValue.atomic(async (group) => {
      const inUse = await group.scard(inUseKey(pool));
      if (inUse > 0) {
        throw new ComponentError("TAGPOOL_IN_USE", `${inUse} tags of pool ${pool} still in use.`, {
          details: { pool, inUse },
        });
      }
      group.srem(poolsKey, pool);
      group.delete(freeListKey(pool), freeSetKey(pool), inUseKey(pool), metadataKey(pool), reasonKey(pool));
    });
  }

  #take(group: AtomicGroup, tag: Tag, { owner = null, reason = {} }: Acquisition): void {
    const [pool, name] = tag;
    group.lrem(freeListKey(pool), 1, name);
    group.smove(freeSetKey(pool), inUseKey(pool), name);
    const stored = { ...reason, timestamp: this.#clock.now() / 1_000, owner };
    group.hset(reasonKey(pool), { [name]: JSON.stringify(stored) });
    group.sadd(ownerKey(owner), pythonJsonPair(tag));
  }
}

const nobody: Holder = { owner: null, reason: null };

async function declareIn(group: AtomicGroup, pool: string, names: readonly string[]): Promise<void> {
  group.sadd(poolsKey, pool);
  for (const name of names) {
    if ((await group.sismember(freeSetKey(pool), name)) || (await group.sismember(inUseKey(pool), name))) continue;
    group.sadd(freeSetKey(pool), name);
    group.rpush(freeListKey(pool), name);
  }
}

function holder(stored: string, pool: string): Holder {
  const reason = parseStored(stored, reasonKey(pool));
  if (!isJsonObject(reason)) return nobody;
  const { owner } = reason;
  return { owner: typeof owner === "string" ? owner : null, reason };
}

function readTag(stored: string, key: string): Tag {
  const tag = parseStored(stored, key);
  if (Array.isArray(tag) && typeof tag[0] === "string" && typeof tag[1] === "string") return [tag[0], tag[1]];
  throw new ComponentError("COMPONENT_STORED_VALUE_INVALID", `${key}: expected pairs of pool and tag`, {
    details: { key },
  });
}

function compare(first: string, second: string): number {
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

function freeListKey(pool: string): string {
  return `tagpools:${pool}:free:list`;
}

function freeSetKey(pool: string): string {
  return `tagpools:${pool}:free:set`;
}

function inUseKey(pool: string): string {
  return `tagpools:${pool}:inuse:set`;
}

function metadataKey(pool: string): string {
  return `tagpools:${pool}:metadata`;
}

function reasonKey(pool: string): string {
  return `tagpools:${pool}:reason:hash`;
}

function ownerKey(owner: string | null): string {
  return owner === null ? "tagpools:unowned:tags" : `tagpools:owners:${owner}:tags`;
}
