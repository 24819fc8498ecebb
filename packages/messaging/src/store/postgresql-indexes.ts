// PostgreSQL's indexes that take minutes to make with millions of messages, and are therefore made while messages are stored: of texts, by every three
// letters in a row, and of addresses, in the order of their letters. SQLite's is in text-parts.ts.

import type { Logger } from "@switchboard/core";
import type { Sql } from "@switchboard/storage";
import { sql } from "kysely";

/**
 * Makes the indexes that are missing, without a lock. Where the server has no `pg_trgm`, or does not let us use it, there is none of texts, and every
 * text of the time that is asked for is looked at.
 */
export async function makeIndexes(store: Sql, logger: Logger): Promise<void> {
  // Equal addresses are found by it as well as by the index of the schema.
  await makeIndex(store, "messages_by_address", "btree (remote_addr text_pattern_ops, ts_us)");
  await sql`DROP INDEX CONCURRENTLY IF EXISTS messages_by_remote_time`.execute(store.db);
  try {
    await sql`CREATE EXTENSION IF NOT EXISTS pg_trgm`.execute(store.db);
  } catch (error) {
    logger.warn({ err: error }, "PostgreSQL's extension pg_trgm cannot be used: searching for texts takes longer");
    return;
  }
  await makeIndex(store, "messages_by_text", "gin (search_text gin_trgm_ops)");
}

async function makeIndex({ db }: Sql, name: string, how: string): Promise<void> {
  const { rows } = await sql<{
    indisvalid: boolean;
  }>`SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(${name})`.execute(db);
  const [known] = rows;
  if (known?.indisvalid === true) return;
  // One that was being made when the server or this process ended.
  if (known !== undefined) await sql`DROP INDEX CONCURRENTLY ${sql.table(name)}`.execute(db);
  await sql`CREATE INDEX CONCURRENTLY ${sql.table(name)} ON messages USING ${sql.raw(how)}`.execute(db);
}
