// PostgreSQL's index of texts, by every three letters in a row: made while messages are stored, and kept by the server. SQLite's is in text-parts.ts.

import type { Logger } from "@switchboard/core";
import type { Sql } from "@switchboard/storage";
import { sql } from "kysely";

/**
 * Makes the index where it is missing, which takes minutes with millions of messages, and no lock. Where the server has no `pg_trgm`, or does not let us
 * use it, there is none, and every text of the time that is asked for is looked at.
 */
export async function makeTrigramIndex({ db }: Sql, logger: Logger): Promise<void> {
  try {
    await sql`CREATE EXTENSION IF NOT EXISTS pg_trgm`.execute(db);
  } catch (error) {
    logger.warn({ err: error }, "PostgreSQL's extension pg_trgm cannot be used: searching for texts takes longer");
    return;
  }
  const { rows } = await sql<{ indisvalid: boolean }>`
    SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('messages_by_text')`.execute(db);
  const [known] = rows;
  if (known?.indisvalid === true) return;
  // One that was being made when the server or this process ended.
  if (known !== undefined) await sql`DROP INDEX CONCURRENTLY messages_by_text`.execute(db);
  await sql`CREATE INDEX CONCURRENTLY messages_by_text ON messages USING gin (search_text gin_trgm_ops)`.execute(db);
}
