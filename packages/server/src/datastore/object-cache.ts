// Objects that a service keeps in memory, by key: it answers queries from them and announces each change, in the form of `<service>.changed`.

import { type Clock, systemClock, type Timer } from "@switchboard/core";
import { errno, type QueryFilter, type QueryParams, RpcError } from "@switchboard/protocol";
import type { Change } from "./changes.ts";
import type { Key } from "./keys.ts";
import { compareSortKeys, isEqual } from "./query/compare.ts";
import { queryList, type QueryHooks, type QueryResult } from "./query/query-list.ts";

/** How a cache is made. */
export interface ObjectCacheOptions {
  /** Told of each change once the cache is ready; before that it fills silently. */
  readonly emit: (change: Change) => void;
  readonly clock?: Clock;
}

interface Waiting<Item> {
  readonly resolve: (item: Item) => void;
  readonly timer: Timer | undefined;
}

/** Objects by key, in the order of their keys. Objects are replaced, never changed in place. */
export class ObjectCache<Item extends object> {
  readonly #emit: (change: Change) => void;
  readonly #clock: Clock;
  readonly #items = new Map<Key, Item>();
  readonly #waiting = new Map<Key, Set<Waiting<Item>>>();
  /** The items in the order of their keys; undefined when it has to be made anew. */
  #sorted: Item[] | undefined;
  #isReady = false;

  constructor({ emit, clock = systemClock }: ObjectCacheOptions) {
    this.#emit = emit;
    this.#clock = clock;
  }

  /** How many objects there are. */
  get size(): number {
    return this.#items.size;
  }

  /** Says that the cache is filled; from now on changes are announced. */
  markReady(): void {
    this.#isReady = true;
  }

  /** The object under a key, or undefined. */
  get(key: Key): Item | undefined {
    return this.#items.get(key);
  }

  /** Adds or replaces one object. Nothing is announced when it is equal to the one there was. */
  put(key: Key, item: Item): void {
    this.update([[key, item]]);
  }

  /** Adds or replaces several objects, announced together. */
  update(entries: Iterable<readonly [key: Key, item: Item]>): void {
    const created: Key[] = [];
    const updated: Key[] = [];
    for (const [key, item] of entries) {
      const existing = this.#items.get(key);
      if (existing !== undefined && isEqual(existing, item)) continue;
      (existing === undefined ? created : updated).push(key);
      this.#set(key, item);
    }
    this.#tell("create", created);
    this.#tell("update", updated);
  }

  /** Replaces some fields of one object; false when there is none. */
  updateOne(key: Key, fields: Partial<Item>): boolean {
    const existing = this.#items.get(key);
    if (existing === undefined) return false;
    this.update([[key, { ...existing, ...fields }]]);
    return true;
  }

  /** Replaces some fields of all objects that match, and returns how many these are. */
  updateMany(filter: QueryFilter, fields: Partial<Item>): number {
    const matching = new Set<object>(queryList(this.#items.values(), filter));
    const entries = [...this.#items].filter(([, item]) => matching.has(item));
    this.update(entries.map(([key, item]) => [key, { ...item, ...fields }] as const));
    return entries.length;
  }

  /** Removes one object; false when there is none. */
  remove(key: Key): boolean {
    return this.removeMany([key]) === 1;
  }

  /** Removes objects, and returns how many there were. */
  removeMany(keys: Iterable<Key>): number {
    const removed = [...keys].filter((key) => this.#items.delete(key));
    this.#sorted = undefined;
    this.#tell("delete", removed);
    return removed.length;
  }

  /** Removes all objects. */
  clear(): void {
    this.removeMany([...this.#items.keys()]);
  }

  /** Gives an object another key, and if it has an `id`, that too. False when there is none, or the new key is taken. */
  rename(from: Key, to: Key): boolean {
    const item = this.#items.get(from);
    if (item === undefined || from === to || this.#items.has(to)) return false;
    this.#items.delete(from);
    this.#set(to, "id" in item ? { ...item, id: to } : item);
    if (this.#isReady) this.#emit({ operation: "rename", ids: [[from, to]] });
    return true;
  }

  /** Answers a query over the objects in the order of their keys. @throws {ServerError} as {@link queryList}. */
  query<const Params extends (QueryParams & QueryHooks) | null | undefined = undefined>(
    filter?: QueryFilter,
    params?: Params,
  ): QueryResult<Params, Item> {
    this.#sorted ??= [...this.#items].toSorted(([a], [b]) => compareSortKeys(a, b)).map(([, item]) => item);
    return queryList(this.#sorted, filter, params);
  }

  /**
   * The object under a key, as soon as there is one.
   *
   * Units: `timeoutMs` milliseconds, default none.
   *
   * @throws {RpcError} ETIMEDOUT.
   */
  waitFor(key: Key, { timeoutMs }: { readonly timeoutMs?: number } = {}): Promise<Item> {
    const existing = this.#items.get(key);
    if (existing !== undefined) return Promise.resolve(existing);
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        waiting.delete(entry);
        if (waiting.size === 0) this.#waiting.delete(key);
        reject(new RpcError(errno.ETIMEDOUT, `no object ${JSON.stringify(key)} within ${timeoutMs} ms`));
      };
      const entry = { resolve, timer: timeoutMs === undefined ? undefined : this.#clock.setTimer(giveUp, timeoutMs) };
      const waiting = this.#waiting.get(key) ?? new Set();
      waiting.add(entry);
      this.#waiting.set(key, waiting);
    });
  }

  #set(key: Key, item: Item): void {
    this.#items.set(key, item);
    this.#sorted = undefined;
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    for (const { resolve, timer } of waiting) {
      timer?.cancel();
      resolve(item);
    }
  }

  #tell(operation: "create" | "update" | "delete", ids: readonly Key[]): void {
    if (this.#isReady && ids.length > 0) this.#emit({ operation, ids });
  }
}
