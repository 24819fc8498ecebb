// The statements that change collections.

import { type Sql, StorageError } from "@switchboard/storage";
import { sql } from "kysely";
import { ServerError } from "../errors.ts";
import type { Collection } from "./catalog.ts";
import { isIntegerKey } from "./declaration.ts";
import { decodeDocument, type StoredObject } from "./document.ts";
import type { Key } from "./keys.ts";
import type { EngineSql } from "./sql/engine.ts";

const maxNumberingAttempts = 100;

/** Writes objects, given as JSON text. All throw DATASTORE_DUPLICATE_KEY where a key or a unique value is taken. */
export class Writer {
  readonly #sql: Sql;
  readonly #engine: EngineSql;
  /** The insert before, per collection whose keys PostgreSQL has to count up. */
  readonly #numbering = new Map<string, Promise<unknown>>();

  constructor(sql: Sql, engine: EngineSql) {
    this.#sql = sql;
    this.#engine = engine;
  }

  /** Adds an object under `key`, or under the next number. Resolves with its key. */
  async insert(collection: Collection, key: Key | undefined, text: string): Promise<Key> {
    const { table } = collection;
    const data = this.#engine.data(text);
    return duplicates(collection, async () => {
      if (key === undefined) {
        return this.#numbered(collection, async () => {
          const { rows } = await sql<{ id: number | string }>`INSERT INTO ${table} (id, data)
            SELECT coalesce(max(id), 0) + 1, ${data} FROM ${table} RETURNING id`.execute(this.#sql.db);
          return Number(rows[0]?.id);
        });
      }
      await sql`INSERT INTO ${table} (id, data) VALUES (${key}, ${data})`.execute(this.#sql.db);
      return key;
    });
  }

  /** Replaces an object; false when there is none under that key. With `keepsCreation`, `created_at` stays as it is. */
  async replace(collection: Collection, key: Key, { text, keepsCreation }: Replacement): Promise<boolean> {
    const data = keepsCreation ? this.#engine.dataKeepingCreation(text) : this.#engine.data(text);
    const { numAffectedRows } = await duplicates(collection, () =>
      sql`UPDATE ${collection.table} SET data = ${data} WHERE id = ${key}`.execute(this.#sql.db),
    );
    return numAffectedRows === 1n;
  }

  /** Gives an object another key, and what `change` makes of it. False when there is none. */
  async rename(
    collection: Collection,
    { from, to }: { readonly from: Key; readonly to: Key },
    change: (object: StoredObject) => string,
  ): Promise<boolean> {
    const { table } = collection;
    return duplicates(collection, () =>
      this.#sql.db.transaction().execute(async (db) => {
        const { rows } = await sql<{
          data: string;
        }>`DELETE FROM ${table} WHERE id = ${from} RETURNING ${this.#engine.dataText} AS data`.execute(db);
        const [row] = rows;
        if (row === undefined) return false;
        const data = this.#engine.data(change(decodeDocument(from, row.data)));
        await sql`INSERT INTO ${table} (id, data) VALUES (${to}, ${data})`.execute(db);
        return true;
      }),
    );
  }

  /** Removes objects, and resolves with the keys of those that were there. */
  async delete({ table, keyType }: Collection, keys: readonly Key[]): Promise<Key[]> {
    const condition = this.#engine.isIn(sql`id`, keys);
    const { rows } = await sql<{ id: Key }>`DELETE FROM ${table} WHERE ${condition} RETURNING id`.execute(this.#sql.db);
    return rows.map(({ id }) => (isIntegerKey(keyType) ? Number(id) : id));
  }

  /** SQLite writes one after another. PostgreSQL does not, so two inserts could find the same highest key. */
  async #numbered(collection: Collection, work: () => Promise<number>): Promise<number> {
    if (this.#sql.dialect === "sqlite") return work();
    const before = this.#numbering.get(collection.name) ?? Promise.resolve();
    const turn = before.then(() => retryTaken(work));
    const settled = turn.catch(() => undefined);
    this.#numbering.set(collection.name, settled);
    try {
      return await turn;
    } finally {
      if (this.#numbering.get(collection.name) === settled) this.#numbering.delete(collection.name);
    }
  }
}

/** What an object is replaced with. */
export interface Replacement {
  readonly text: string;
  readonly keepsCreation: boolean;
}

/** For a number taken by another process in between. */
async function retryTaken<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isTaken(error) || attempt >= maxNumberingAttempts) throw error;
    }
  }
}

/** Says in the datastore's words that a key or a unique value is taken. */
export async function duplicates<Result>(
  { name }: { readonly name: string },
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isTaken(error)) throw error;
    const message = `collection ${name}: the key, or a value that must be unique, is taken`;
    throw new ServerError("DATASTORE_DUPLICATE_KEY", message, { cause: error });
  }
}

function isTaken(error: unknown): boolean {
  return (
    error instanceof StorageError && error.code === "STORAGE_CONSTRAINT" && error.details["constraint"] === "unique"
  );
}
