// Answers queries from an SQL database. What SQL can decide alone, it decides; for the rest it gives candidates, a page at a time, and the
// query in memory has the last word.

import { setImmediate as nextTurn } from "node:timers/promises";
import type { QueryFilter, QueryParams } from "@switchboard/protocol";
import type { Sql } from "@switchboard/storage";
import { type RawBuilder, sql } from "kysely";
import type { Collection } from "./catalog.ts";
import { decodeDocument, type StoredObject } from "./document.ts";
import type { Key } from "./keys.ts";
import { type Joined, parseFilter } from "./query/filter.ts";
import { compileFilter, type Match } from "./query/match.ts";
import { parseParams, type ResolvedQueryParams } from "./query/params.ts";
import { cut, project, type QueryHooks, sortObjects } from "./query/query-list.ts";
import { sqlField, type SqlFilter, toSqlFilter } from "./sql/condition.ts";
import type { EngineSql } from "./sql/engine.ts";

const pageSize = 500;
/** How long candidates are looked at before others get their turn. */
const maxTurnMs = 20;

interface Row {
  readonly id: Key;
  readonly data: string;
}

/** A query that has been read and checked. */
interface Plan {
  readonly collection: Collection;
  readonly filter: SqlFilter;
  readonly matches: Match;
  readonly params: ResolvedQueryParams;
  /** `ORDER BY`, undefined when SQL cannot reach a field. */
  readonly order: RawBuilder<unknown> | undefined;
}

/** Reads collections. */
export class Reader {
  readonly #sql: Sql;
  readonly #engine: EngineSql;

  constructor(sql: Sql, engine: EngineSql) {
    this.#sql = sql;
    this.#engine = engine;
  }

  /** See `Datastore.query`. */
  async query(
    collection: Collection,
    filter: QueryFilter,
    params: (QueryParams & QueryHooks) | null,
  ): Promise<unknown> {
    const plan = this.#plan(collection, filter, params);
    const { callback } = params ?? {};
    const isExact = plan.filter.isExact && plan.order !== undefined;
    if (plan.params.count) return isExact ? this.#count(plan) : (await this.#scan(plan, Infinity)).length;
    if (isExact) return project(await this.#select(plan), plan.params, callback);
    const { sort, offset, limit } = plan.params;
    const found = await this.#scan(plan, sort.length === 0 ? offset + limit : Infinity);
    return project(cut(sortObjects(found, sort), plan.params), plan.params, callback);
  }

  /** See `Datastore.queryStream`. */
  async *stream(
    collection: Collection,
    filter: QueryFilter,
    params: (QueryParams & QueryHooks) | null,
  ): AsyncGenerator {
    const plan = this.#plan(collection, filter, { ...params, count: false, single: false });
    const { sort, reverse, offset, limit } = plan.params;
    const one = (object: StoredObject): readonly unknown[] =>
      project([object], { ...plan.params, reverse: false }, params?.callback) as readonly unknown[];
    if (sort.length > 0 || reverse) {
      // Only the keys are kept in memory, not the objects.
      const ids = (await this.query(collection, filter, { ...queryOrder(params), select: "id" })) as readonly Key[];
      for (let start = 0; start < ids.length; start += pageSize) {
        for (const object of await this.byKeys(collection, ids.slice(start, start + pageSize))) yield* one(object);
      }
      return;
    }
    let index = 0;
    for await (const object of this.#candidates(plan)) {
      if (!plan.matches(object)) continue;
      if (index >= offset) yield* one(object);
      if (++index >= offset + limit) return;
    }
  }

  /** The objects with these keys, in this order; missing ones are left out. */
  async byKeys({ table }: Collection, keys: readonly Key[]): Promise<StoredObject[]> {
    if (keys.length === 0) return [];
    const rows = await this.#rows(sql`${this.#columns} FROM ${table} WHERE ${this.#engine.isIn(sql`id`, keys)}`);
    const objects = new Map(rows.map(({ id, data }) => [id, data]));
    return keys.flatMap((key) => {
      const data = objects.get(key);
      return data === undefined ? [] : [decodeDocument(key, data)];
    });
  }

  /** Up to `limit` keys of objects that match. */
  async keys(collection: Collection, filter: QueryFilter, limit: number): Promise<Key[]> {
    return (await this.query(collection, filter, { select: "id", limit })) as Key[];
  }

  #plan(collection: Collection, filter: unknown, params: unknown): Plan {
    const parsed: Joined = parseFilter(filter);
    const resolved = parseParams(params);
    const context = { engine: this.#engine, keyType: collection.keyType };
    const fields = resolved.sort.map(({ path, descending }) => {
      const expressions = sqlField(path, context)?.orderBy();
      return expressions?.map((expression) => sql`${expression} ${this.#engine.direction(descending)}`);
    });
    const isReachable = fields.every((field) => field !== undefined);
    return {
      collection,
      filter: toSqlFilter(parsed, context),
      matches: compileFilter(parsed),
      params: resolved,
      order: isReachable ? sql`ORDER BY ${sql.join([...fields.flatMap((field) => field ?? []), sql`id`])}` : undefined,
    };
  }

  async #count({ collection, filter }: Plan): Promise<number> {
    const { rows } = await sql<{
      n: number | string;
    }>`SELECT count(*) AS n FROM ${collection.table} WHERE ${filter.condition}`.execute(this.#sql.db);
    return Number(rows[0]?.n);
  }

  async #select({ collection, filter, params, order }: Plan): Promise<StoredObject[]> {
    // One is enough, unless what comes first may still be dropped or is at the other end.
    const isFirst = params.single && !params.reverse && params.select === undefined;
    const limit = isFirst ? 1 : params.limit;
    // SQLite takes no OFFSET without LIMIT.
    const range =
      limit === Infinity && params.offset === 0
        ? sql``
        : sql`LIMIT ${Math.min(limit, Number.MAX_SAFE_INTEGER)} OFFSET ${params.offset}`;
    const rows = await this.#rows(
      sql`${this.#columns} FROM ${collection.table} WHERE ${filter.condition} ${order ?? sql``} ${range}`,
    );
    return rows.map(({ id, data }) => decodeDocument(id, data));
  }

  /** Everything that matches, in the order of keys, up to `limit`. */
  async #scan(plan: Plan, limit: number): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    for await (const object of this.#candidates(plan)) {
      if (plan.matches(object)) found.push(object);
      if (found.length >= limit) break;
    }
    return found;
  }

  /** What SQL lets through, in the order of keys. */
  async *#candidates({ collection, filter }: Plan): AsyncGenerator<StoredObject> {
    let after: Key | undefined;
    for (;;) {
      const behind = after === undefined ? sql`` : sql`AND id > ${after}`;
      const rows = await this.#rows(
        sql`${this.#columns} FROM ${collection.table} WHERE ${filter.condition} ${behind} ORDER BY id LIMIT ${pageSize}`,
      );
      let started = performance.now();
      for (const { id, data } of rows) {
        if (performance.now() - started > maxTurnMs) {
          await nextTurn();
          started = performance.now();
        }
        yield decodeDocument(id, data);
        after = id;
      }
      if (rows.length < pageSize) return;
    }
  }

  get #columns(): RawBuilder<unknown> {
    return sql`SELECT id, ${this.#engine.dataText} AS data`;
  }

  async #rows(query: RawBuilder<unknown>): Promise<readonly Row[]> {
    const { rows } = await (query as RawBuilder<Row>).execute(this.#sql.db);
    return rows;
  }
}

/** The parameters that decide which objects there are, and in which order. */
function queryOrder(params: QueryParams | null): QueryParams {
  const { sort, dir, offset, limit, reverse } = params ?? {};
  return Object.fromEntries(
    Object.entries({ sort, dir, offset, limit, reverse }).filter(([, value]) => value !== undefined),
  );
}
