// The collections of one datastore: which there are, how they are declared, and their tables and indexes. A collection's declaration lives in
// a table of its own; making or changing a collection changes that and the tables in one transaction.

import { createHash } from "node:crypto";
import { type Kysely, type RawBuilder, sql, type Transaction } from "kysely";
import type { Migration, Sql } from "@switchboard/storage";
import { ServerError } from "../errors.ts";
import {
  checkDeclaration,
  type CollectionAttributes,
  type CollectionDeclaration,
  type IndexDeclaration,
  indexesOf,
  isIntegerKey,
  type KeyType,
} from "./declaration.ts";
import type { EngineSql } from "./sql/engine.ts";

/** A collection that exists. */
export interface Collection extends CollectionDeclaration {
  /** The table's quoted name. */
  readonly table: RawBuilder<unknown>;
}

interface Row {
  readonly name: string;
  readonly number: number;
  readonly key_type: KeyType;
  readonly attributes: string;
}

/** Knows the collections whose tables begin with `prefix`. */
export class Catalog {
  readonly #sql: Sql;
  readonly #engine: EngineSql;
  readonly #prefix: string;
  #collections = new Map<string, Collection & { readonly tableName: string }>();

  constructor(sql: Sql, engine: EngineSql, prefix: string) {
    this.#sql = sql;
    this.#engine = engine;
    this.#prefix = prefix;
  }

  /** Creates the catalogue's own table and reads it. */
  async open(): Promise<void> {
    const migrations: Migration[] = [
      {
        name: "0001-collections",
        up: [
          `CREATE TABLE ${this.#prefix}_collections (name text NOT NULL PRIMARY KEY, number integer NOT NULL UNIQUE, key_type text NOT NULL, attributes text NOT NULL)`,
        ],
      },
    ];
    await this.#sql.migrate(this.#prefix, migrations);
    await this.#load();
  }

  /** Names of all collections, in order. */
  async names(): Promise<string[]> {
    await this.#load();
    return [...this.#collections.keys()].toSorted();
  }

  /** The collection of that name, also one that another process has created; undefined when there is none. */
  async find(name: string): Promise<Collection | undefined> {
    if (!this.#collections.has(name)) await this.#load();
    return this.#collections.get(name);
  }

  /** Collections known to this process, without asking the database. */
  known(): Collection[] {
    return [...this.#collections.values()];
  }

  /**
   * Creates a collection.
   *
   * @throws {ServerError} DATASTORE_COLLECTION_EXISTS, DATASTORE_DECLARATION_INVALID.
   */
  async create(declaration: CollectionDeclaration): Promise<void> {
    const { name, keyType, attributes } = checkDeclaration(declaration);
    await this.#sql.db.transaction().execute(async (db) => {
      if ((await this.#rows(db)).some((row) => row.name === name)) {
        throw new ServerError("DATASTORE_COLLECTION_EXISTS", `the collection ${name} exists`);
      }
      const row = {
        name,
        number: await this.#nextNumber(db),
        key_type: keyType,
        attributes: JSON.stringify(attributes),
      };
      await sql`INSERT INTO ${this.#table} (name, number, key_type, attributes)
        VALUES (${row.name}, ${row.number}, ${row.key_type}, ${row.attributes})`.execute(db);
      const collection = this.#collectionOf(row);
      const key = isIntegerKey(keyType) ? this.#engine.keyColumn.integer : this.#engine.keyColumn.text;
      await sql`CREATE TABLE ${collection.table} (id ${key} NOT NULL PRIMARY KEY, data ${this.#engine.dataColumn} NOT NULL)`.execute(
        db,
      );
      for (const index of indexesOf(collection)) await this.#createIndex(db, collection, index);
    });
    await this.#load();
  }

  /** Gives a collection other attributes; indexes that are new are built, others dropped. */
  async setAttributes(name: string, attributes: CollectionAttributes): Promise<void> {
    const known = await this.#need(name);
    const before = known;
    const after = { ...known, ...checkDeclaration({ name, keyType: known.keyType, attributes }) };
    const had = new Set(indexesOf(before).map((index) => indexName(before.tableName, index)));
    const wanted = new Map(indexesOf(after).map((index) => [indexName(after.tableName, index), index]));
    await this.#sql.db.transaction().execute(async (db) => {
      await sql`UPDATE ${this.#table} SET attributes = ${JSON.stringify(attributes)} WHERE name = ${name}`.execute(db);
      for (const index of had) if (!wanted.has(index)) await sql`DROP INDEX ${sql.id(index)}`.execute(db);
      for (const [index, declaration] of wanted) if (!had.has(index)) await this.#createIndex(db, after, declaration);
    });
    await this.#load();
  }

  /** Deletes a collection with everything in it. False when there was none. */
  async delete(name: string): Promise<boolean> {
    const collection = await this.find(name);
    if (collection === undefined) return false;
    await this.#sql.db.transaction().execute(async (db) => {
      await sql`DELETE FROM ${this.#table} WHERE name = ${name}`.execute(db);
      await sql`DROP TABLE ${collection.table}`.execute(db);
    });
    await this.#load();
    return true;
  }

  async #need(name: string): Promise<Collection & { readonly tableName: string }> {
    await this.find(name);
    const collection = this.#collections.get(name);
    if (collection === undefined)
      throw new ServerError("DATASTORE_COLLECTION_UNKNOWN", `no collection ${JSON.stringify(name)}`);
    return collection;
  }

  async #createIndex(
    db: Transaction<unknown>,
    collection: Collection & { readonly tableName: string },
    index: IndexDeclaration,
  ): Promise<void> {
    const expressions = index.paths.flatMap((path) => {
      const field = this.#engine.field(path);
      if (field === undefined) {
        throw new ServerError(
          "DATASTORE_DECLARATION_INVALID",
          `collection ${collection.name}: too many array indexes in ${path.join(".")}`,
        );
      }
      const parts = index.isUnique ? [field.unique()] : field.orderBy();
      return parts.map((part) => (index.isUnique ? sql`(${part})` : sql`(${part}) ${this.#engine.direction(false)}`));
    });
    // With the key at the end, an index also serves for sorting with the key as the last word.
    const columns = index.isUnique ? expressions : [...expressions, sql`id`];
    const unique = index.isUnique ? sql`UNIQUE ` : sql``;
    const name = sql.id(indexName(collection.tableName, index));
    await sql`CREATE ${unique}INDEX ${name} ON ${collection.table} (${sql.join(columns)})`.execute(db);
  }

  async #load(): Promise<void> {
    const rows = await this.#rows(this.#sql.db);
    this.#collections = new Map(rows.map((row) => [row.name, this.#collectionOf(row)]));
  }

  #collectionOf(row: Row): Collection & { readonly tableName: string } {
    // PostgreSQL cuts names at 63 bytes; the number alone would do, the rest is for people.
    const tableName = `${this.#prefix}_${row.number}_${row.name.toLowerCase().replaceAll(/\W/g, "_").slice(0, 24)}`;
    const attributes = JSON.parse(row.attributes) as CollectionAttributes;
    return { name: row.name, keyType: row.key_type, attributes, tableName, table: sql.table(tableName) };
  }

  async #rows(db: Kysely<unknown>): Promise<Row[]> {
    const { rows } =
      await sql<Row>`SELECT name, number, key_type, attributes FROM ${this.#table} ORDER BY number`.execute(db);
    return rows;
  }

  async #nextNumber(db: Kysely<unknown>): Promise<number> {
    const numbers = (await this.#rows(db)).map(({ number }) => number);
    return Math.max(0, ...numbers) + 1;
  }

  get #table(): RawBuilder<unknown> {
    return sql.table(`${this.#prefix}_collections`);
  }
}

/** The same for the same fields, so that a declaration can be compared with what is there. */
function indexName(tableName: string, { paths, isUnique }: IndexDeclaration): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([isUnique, paths]))
    .digest("hex");
  return `${tableName.slice(0, 40)}_${isUnique ? "u" : "i"}${hash.slice(0, 16)}`;
}
