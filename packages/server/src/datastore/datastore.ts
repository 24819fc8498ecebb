// Collections of JSON objects on an SQL database, with the universal query. Which collections there are is the catalogue's business, how they
// are read and written the reader's and the writer's. `@switchboard/server/testing` exports the suite that checks each numbered line on each engine.
//
// 1.  Collections MUST be created, listed and deleted by name; one that does not exist is DATASTORE_COLLECTION_UNKNOWN for every call.
// 2.  Indexes, unique ones included, MUST follow the declaration, also when it changes, and MUST NOT change any answer.
// 3.  What was stored MUST be there when the datastore is opened again. Datastores of other prefixes in the same database are apart.
// 4.  Keys MUST be of the collection's key type; generated ones as `KeyType` says, also when many are inserted at once.
// 5.  `insert` MUST set `created_at` and `updated_at`, prefer the object's `id` to the key given, and refuse a key that is taken.
// 6.  `update` MUST replace and keep `created_at`; with another `id` it MUST rename and merge. `upsert` MUST do one of both, also under concurrency.
// 7.  Objects MUST come back as they were stored: texts, numbers, booleans, null, times, bytes, regular expressions, arrays, objects.
// 8.  What not every engine can hold MUST be refused with DATASTORE_VALUE_INVALID, and secrets MUST be stored as their mask.
// 9.  Every query MUST give what `queryList` gives over the same objects in the order of their keys.
// 10. Nothing in names, paths, keys or values MUST ever be taken for SQL.
// 11. Streams MUST give what the query gives, without keeping objects in memory.
// 12. Filters up to the documented limits MUST be answered.
// 13. Listeners MUST be told of each change, after it is safe. The datastore emits no events by itself: its listeners decide.
// 14. A capped collection MUST keep its newest objects and stay near its cap.
// 15. Objects past the time in the `ttl_index` field MUST go within a minute or so.
// 16. `lock` MUST make writes wait and resolve when those under way have ended; reads go on.
// 17. The config store MUST keep values by dotted keys, in which dots count literally.
// 18. `close` MUST be idempotent and end timers; later calls reject with DATASTORE_CLOSED.

import { type Clock, type Logger, silentLogger, systemClock } from "@switchboard/core";
import type { QueryFilter, QueryParams } from "@switchboard/protocol";
import type { Sql } from "@switchboard/storage";
import { ServerError } from "../errors.ts";
import { Access } from "./access.ts";
import { Catalog, type Collection } from "./catalog.ts";
import { type ChangeListener, ChangeListeners } from "./changes.ts";
import type { CollectionAttributes, KeyType } from "./declaration.ts";
import { encodeDocument, type StoredObject, toFields } from "./document.ts";
import { checkKey, type Key, lookupKey, newKey } from "./keys.ts";
import { isEqual } from "./query/compare.ts";
import type { QueryHooks, QueryResult } from "./query/query-list.ts";
import { Reader } from "./reader.ts";
import { Retention } from "./retention.ts";
import { postgresqlEngine } from "./sql/postgresql.ts";
import { sqliteEngine } from "./sql/sqlite.ts";
import { duplicates, Writer } from "./writer.ts";

/** How a datastore is opened. */
export interface DatastoreOptions {
  /** Begins the names of its tables; two datastores in one database need two. Lower-case letters and `_`, default `datastore`. */
  readonly prefix?: string;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/**
 * Named collections of JSON objects, each with a key.
 *
 * Objects come back with their key as `id`, with `created_at` and `updated_at` (Date), and may hold `Date` and `Uint8Array`. Secrets (`Password`) are
 * stored as their mask. Without `sort`, and among what sorts equal, objects come in the order of their keys.
 *
 * A write is safe when its promise has resolved. Calls are tried again for ten seconds when the connection to the database is lost.
 */
export class Datastore {
  readonly #catalog: Catalog;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #clock: Clock;
  readonly #access: Access;
  readonly #retention: Retention;
  readonly #listeners: ChangeListeners;

  private constructor(
    sql: Sql,
    { prefix = "datastore", clock = systemClock, logger = silentLogger }: DatastoreOptions,
  ) {
    if (!/^[a-z][a-z_]{0,19}$/.test(prefix)) {
      throw new ServerError(
        "DATASTORE_DECLARATION_INVALID",
        `prefix: expected up to 20 lower-case letters and "_", got ${JSON.stringify(prefix)}`,
      );
    }
    const engine = sql.dialect === "sqlite" ? sqliteEngine : postgresqlEngine;
    this.#catalog = new Catalog(sql, engine, prefix);
    this.#reader = new Reader(sql, engine);
    this.#writer = new Writer(sql, engine);
    this.#clock = clock;
    this.#access = new Access(clock, logger);
    this.#listeners = new ChangeListeners(logger);
    this.#retention = new Retention({ datastore: this, sql, clock, logger });
  }

  /**
   * Opens the datastore in a database, which stays its owner's to close.
   *
   * @throws {StorageError} what the database refuses; {ServerError} DATASTORE_DECLARATION_INVALID for a bad prefix.
   */
  static async open(sql: Sql, options: DatastoreOptions = {}): Promise<Datastore> {
    const datastore = new Datastore(sql, options);
    await datastore.#catalog.open();
    datastore.#retention.start(() => datastore.#catalog.known());
    return datastore;
  }

  /** Tells `listener` of every change made through this object, after it is safe. Returns how to stop. */
  onChange(listener: ChangeListener): () => void {
    return this.#listeners.add(listener);
  }

  /** Names of all collections, in order. */
  collections(): Promise<string[]> {
    return this.#access.run(() => this.#catalog.names());
  }

  /** True when there is a collection of that name. */
  async hasCollection(name: string): Promise<boolean> {
    return (await this.#access.run(() => this.#catalog.find(name))) !== undefined;
  }

  /**
   * Creates a collection. Key type `uuid` by default.
   *
   * @throws {ServerError} DATASTORE_COLLECTION_EXISTS, DATASTORE_DECLARATION_INVALID.
   */
  async createCollection(
    name: string,
    keyType: KeyType = "uuid",
    attributes: CollectionAttributes = {},
  ): Promise<void> {
    await this.#access.write(() => this.#catalog.create({ name, keyType, attributes }));
  }

  /**
   * Makes sure that a collection exists, and that its attributes, indexes included, are these.
   *
   * @throws {ServerError} DATASTORE_DECLARATION_INVALID, also when it exists with another key type.
   */
  async requireCollection(
    name: string,
    keyType: KeyType = "uuid",
    attributes: CollectionAttributes = {},
  ): Promise<void> {
    const existing = await this.#access.run(() => this.#catalog.find(name));
    if (existing === undefined) {
      try {
        await this.createCollection(name, keyType, attributes);
        return;
      } catch (error) {
        // Somebody else was quicker.
        if (!(error instanceof ServerError) || error.code !== "DATASTORE_COLLECTION_EXISTS") throw error;
      }
    }
    const found = await this.#collection(name);
    if (found.keyType !== keyType) {
      throw new ServerError(
        "DATASTORE_DECLARATION_INVALID",
        `collection ${name}: expected key type ${keyType}, it has ${found.keyType}`,
      );
    }
    if (JSON.stringify(found.attributes) !== JSON.stringify(attributes)) await this.setAttributes(name, attributes);
  }

  /** Deletes a collection with everything in it; no error when there is none. */
  async deleteCollection(name: string): Promise<void> {
    await this.#access.write(() => this.#catalog.delete(name));
    this.#retention.forget(name);
  }

  /** A collection's attributes. @throws {ServerError} DATASTORE_COLLECTION_UNKNOWN. */
  async attributes(name: string): Promise<CollectionAttributes> {
    return (await this.#collection(name)).attributes;
  }

  /** Replaces a collection's attributes; indexes are built and dropped accordingly. @throws {ServerError} DATASTORE_COLLECTION_UNKNOWN, DATASTORE_DECLARATION_INVALID, DATASTORE_DUPLICATE_KEY. */
  async setAttributes(name: string, attributes: CollectionAttributes): Promise<void> {
    const collection = await this.#collection(name);
    await this.#access.write(() => duplicates(collection, () => this.#catalog.setAttributes(name, attributes)));
    this.#retention.forget(name);
  }

  /** A collection's key type. @throws {ServerError} DATASTORE_COLLECTION_UNKNOWN. */
  async keyType(name: string): Promise<KeyType> {
    return (await this.#collection(name)).keyType;
  }

  /** `prefix` and the smallest number from 0 with which it is not a key yet. @throws {ServerError} DATASTORE_COLLECTION_UNKNOWN. */
  async nextKey(name: string, prefix: string): Promise<string> {
    const below: QueryFilter = [
      ["id", ">=", prefix],
      ["id", "<", `${prefix}\u{10ffff}`],
    ];
    const taken = new Set((await this.query(name, below, { select: "id" })) as Key[]);
    let number = 0;
    while (taken.has(`${prefix}${number}`)) number++;
    return `${prefix}${number}`;
  }

  /**
   * Answers a query: an array; one object (or value) or null with `single`; a number with `count`.
   *
   * @throws {ServerError} DATASTORE_COLLECTION_UNKNOWN, DATASTORE_QUERY_INVALID, REGEX_INVALID, REGEX_COSTLY.
   */
  async query<const Params extends (QueryParams & QueryHooks) | null | undefined = undefined>(
    name: string,
    filter?: QueryFilter,
    params?: Params,
  ): Promise<QueryResult<Params, StoredObject>> {
    const collection = await this.#collection(name);
    const result = await this.#access.run(() => this.#reader.query(collection, filter ?? null, params ?? null));
    return result as QueryResult<Params, StoredObject>;
  }

  /**
   * The results of a query one by one, without keeping them in memory. `single` and `count` are ignored. What is written meanwhile may or may not
   * be seen.
   *
   * @throws {ServerError} as {@link query}, at the first step.
   */
  async *queryStream(name: string, filter?: QueryFilter, params?: (QueryParams & QueryHooks) | null): AsyncGenerator {
    yield* this.#reader.stream(await this.#collection(name), filter ?? null, params ?? null);
  }

  /** The first object that matches, or null. @throws {ServerError} as {@link query}. */
  getOne(name: string, filter?: QueryFilter): Promise<StoredObject | null> {
    return this.query(name, filter, { single: true });
  }

  /** The object with that key, or null. @throws {ServerError} DATASTORE_COLLECTION_UNKNOWN. */
  async getById(name: string, key: unknown): Promise<StoredObject | null> {
    const collection = await this.#collection(name);
    const known = lookupKey(collection, key);
    if (known === undefined) return null;
    const [object] = await this.#access.run(() => this.#reader.byKeys(collection, [known]));
    return object ?? null;
  }

  /** True when an object matches. @throws {ServerError} as {@link query}. */
  async exists(name: string, filter?: QueryFilter): Promise<boolean> {
    const collection = await this.#collection(name);
    return (await this.#access.run(() => this.#reader.keys(collection, filter ?? null, 1))).length > 0;
  }

  /**
   * Adds an object and resolves with its key: `id` in the object, else `key`, else a generated one. A value that is no object is stored as
   * `{value: …}`. Sets `created_at` and `updated_at`.
   *
   * @throws {ServerError} DATASTORE_COLLECTION_UNKNOWN, DATASTORE_DUPLICATE_KEY, DATASTORE_KEY_INVALID, DATASTORE_VALUE_INVALID.
   */
  async insert(name: string, object: unknown, key?: Key): Promise<Key> {
    const collection = await this.#collection(name);
    const fields = toFields(object);
    const wanted = newKey(collection, fields["id"] ?? key);
    const now = new Date(this.#clock.now());
    const text = encodeDocument({ ...fields, created_at: now, updated_at: now }, collection);
    const inserted = await this.#access.whenUnlocked(() => this.#insert(collection, wanted, { text, now }));
    this.#listeners.tell(name, { operation: "create", ids: [inserted] });
    await this.#retention.grown(collection, text.length);
    return inserted;
  }

  /**
   * Replaces the object with that key: fields that the new one lacks are gone, except `created_at`. Sets `updated_at`. A different `id` in the
   * new object renames, and then the new one is merged over the old one. Resolves with the key.
   *
   * @throws {ServerError} DATASTORE_NOT_FOUND, DATASTORE_DUPLICATE_KEY, DATASTORE_KEY_INVALID, DATASTORE_VALUE_INVALID, DATASTORE_COLLECTION_UNKNOWN.
   */
  async update(name: string, key: Key, object: unknown): Promise<Key> {
    const collection = await this.#collection(name);
    const from = checkKey(collection, key);
    const fields = toFields(object);
    const to = fields["id"] === undefined || fields["id"] === null ? from : checkKey(collection, fields["id"]);
    const isThere =
      to === from
        ? await this.#replace(collection, from, fields)
        : await this.#rename(collection, { from, to }, fields);
    if (isThere) return to;
    throw new ServerError("DATASTORE_NOT_FOUND", `collection ${name}: no object ${JSON.stringify(from)}`);
  }

  /** {@link update}, or {@link insert} under that key when there is none. Resolves with the key. @throws {ServerError} as these two. */
  async upsert(name: string, key: Key, object: unknown): Promise<Key> {
    const fields = toFields(object);
    for (;;) {
      try {
        return await this.update(name, key, fields);
      } catch (error) {
        if (!isCode(error, "DATASTORE_NOT_FOUND")) throw error;
      }
      try {
        return await this.insert(name, { ...fields, id: fields["id"] ?? key });
      } catch (error) {
        // Inserted by somebody else in between, or taken in a unique index, which the update above tells.
        const isThere = isCode(error, "DATASTORE_DUPLICATE_KEY") && (await this.getById(name, key)) !== null;
        if (!isThere) throw error;
      }
    }
  }

  /** Removes the object with that key; false, and no error, when there is none. @throws {ServerError} DATASTORE_COLLECTION_UNKNOWN. */
  async delete(name: string, key: Key): Promise<boolean> {
    const collection = await this.#collection(name);
    const known = lookupKey(collection, key);
    return known !== undefined && (await this.#deleteKeys(collection, [known])) > 0;
  }

  /** Removes all objects that match, and resolves with their number. @throws {ServerError} as {@link query}. */
  async deleteWhere(name: string, filter: QueryFilter): Promise<number> {
    const collection = await this.#collection(name);
    let deleted = 0;
    for (;;) {
      const keys = await this.#access.run(() => this.#reader.keys(collection, filter, 1_000));
      if (keys.length === 0) return deleted;
      deleted += await this.#deleteKeys(collection, keys);
    }
  }

  /** Makes all writes wait until {@link unlock}, and resolves when those under way are done: for backups. */
  lock(): Promise<void> {
    return this.#access.lock();
  }

  /** Lets writes go on. */
  unlock(): void {
    this.#access.unlock();
  }

  /** Stops what runs by itself. Later calls reject with DATASTORE_CLOSED. Idempotent. */
  close(): void {
    this.#access.close();
    this.#retention.stop();
    this.#listeners.clear();
  }

  async #insert(collection: Collection, key: Key | undefined, { text, now }: NewObject): Promise<Key> {
    // Not tried again when the connection is lost: what may have been stored cannot be told from what others have.
    if (key === undefined) return this.#access.once(() => this.#writer.insert(collection, key, text));
    let attempts = 0;
    return this.#access.run(async () => {
      attempts++;
      try {
        return await this.#writer.insert(collection, key, text);
      } catch (error) {
        if (attempts === 1 || !isCode(error, "DATASTORE_DUPLICATE_KEY")) throw error;
        const [stored] = await this.#reader.byKeys(collection, [key]);
        // The attempt before has stored it and could not say so.
        if (stored !== undefined && isEqual(stored["created_at"], now)) return key;
        throw error;
      }
    });
  }

  async #replace(collection: Collection, key: Key, fields: Readonly<Record<string, unknown>>): Promise<boolean> {
    const text = encodeDocument({ ...fields, updated_at: new Date(this.#clock.now()) }, collection);
    const replacement = { text, keepsCreation: fields["created_at"] === undefined };
    if (!(await this.#access.write(() => this.#writer.replace(collection, key, replacement)))) return false;
    this.#listeners.tell(collection.name, { operation: "update", ids: [key] });
    await this.#retention.grown(collection, text.length);
    return true;
  }

  async #rename(
    collection: Collection,
    keys: { readonly from: Key; readonly to: Key },
    fields: Readonly<Record<string, unknown>>,
  ): Promise<boolean> {
    const updated_at = new Date(this.#clock.now());
    const change = (object: StoredObject): string => encodeDocument({ ...object, ...fields, updated_at }, collection);
    // Not tried again when the connection is lost: the second attempt would not find what the first one has renamed.
    const isRenamed = await this.#access.whenUnlocked(() =>
      this.#access.once(() => this.#writer.rename(collection, keys, change)),
    );
    if (!isRenamed) return false;
    this.#listeners.tell(collection.name, { operation: "rename", ids: [[keys.from, keys.to]] });
    return true;
  }

  async #deleteKeys(collection: Collection, keys: readonly Key[]): Promise<number> {
    const ids = await this.#access.write(() => this.#writer.delete(collection, keys));
    if (ids.length > 0) this.#listeners.tell(collection.name, { operation: "delete", ids });
    return ids.length;
  }

  async #collection(name: string): Promise<Collection> {
    const collection = await this.#access.run(() => this.#catalog.find(name));
    if (collection !== undefined) return collection;
    throw new ServerError("DATASTORE_COLLECTION_UNKNOWN", `no collection ${JSON.stringify(name.slice(0, 100))}`);
  }
}

interface NewObject {
  readonly text: string;
  readonly now: Date;
}

function isCode(error: unknown, code: ServerError["code"]): boolean {
  return error instanceof ServerError && error.code === code;
}
