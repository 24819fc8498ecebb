// Removes what a collection need not keep: objects past the time in its `ttl_index` field, and the oldest ones above its `cap`.

import type { Clock, Logger, Timer } from "@switchboard/core";
import type { Sql } from "@switchboard/storage";
import { sql } from "kysely";
import type { Collection } from "./catalog.ts";
import type { Datastore } from "./datastore.ts";

const sweepEveryMs = 60_000;

/** Keeps collections within their limits. */
export class Retention {
  readonly #datastore: Datastore;
  readonly #sql: Sql;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Bytes in capped collections, as far as known. */
  readonly #sizes = new Map<string, number>();
  #timer: Timer | undefined;

  constructor(options: {
    readonly datastore: Datastore;
    readonly sql: Sql;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#datastore = options.datastore;
    this.#sql = options.sql;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /** Looks once a minute for objects whose time is over. */
  start(collections: () => readonly Collection[]): void {
    this.#timer = this.#clock.setTimer(() => {
      void this.#sweep(collections()).finally(() => {
        if (this.#timer !== undefined) this.start(collections);
      });
    }, sweepEveryMs);
  }

  /** Stops looking. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Forgets what is known of a collection that was deleted or declared anew. */
  forget(name: string): void {
    this.#sizes.delete(name);
  }

  /** To be called when a collection has grown; removes the oldest objects of a capped one when it is too large. */
  async grown(collection: Collection, bytes: number): Promise<void> {
    const { cap } = collection.attributes;
    if (cap === undefined) return;
    const size = (this.#sizes.get(collection.name) ?? (await this.#measure(collection))) + bytes;
    this.#sizes.set(collection.name, size);
    if (size > cap) await this.#trim(collection, cap);
  }

  async #measure({ table }: Collection): Promise<number> {
    const { rows } = await sql<{
      n: number | string | null;
    }>`SELECT sum(length(CAST(data AS text))) AS n FROM ${table}`.execute(this.#sql.db);
    return Number(rows[0]?.n ?? 0);
  }

  // A tenth more than necessary, so that not every insert has to.
  async #trim({ name, table }: Collection, cap: number): Promise<void> {
    const { rows } = await sql<{ id: number | string }>`SELECT id FROM (
        SELECT id, sum(length(CAST(data AS text))) OVER (ORDER BY id DESC) AS total FROM ${table}
      ) AS sizes WHERE total > ${Math.floor(cap * 0.9)} ORDER BY id DESC LIMIT 1`.execute(this.#sql.db);
    const [oldest] = rows;
    this.#sizes.delete(name);
    if (oldest !== undefined) await this.#datastore.deleteWhere(name, [["id", "<=", Number(oldest.id)]]);
  }

  async #sweep(collections: readonly Collection[]): Promise<void> {
    for (const { name, attributes } of collections) {
      if (attributes.ttl_index === undefined) continue;
      try {
        await this.#datastore.deleteWhere(name, [[attributes.ttl_index, "<=", new Date(this.#clock.now())]]);
      } catch (error) {
        this.#logger.warn({ collection: name, error }, "objects whose time is over could not be removed");
      }
    }
  }
}
