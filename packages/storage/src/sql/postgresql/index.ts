// Opens a PostgreSQL database for the SQL handle.

import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "@switchboard/core";
import { Kysely, PostgresDialect, type QueryResult, sql } from "kysely";
import Cursor from "pg-cursor";
import { StorageError } from "../../errors.ts";
import { migrate } from "../migrate.ts";
import type { Sql } from "../sql.ts";
import { createPool } from "./pool.ts";

/** Which server, and limits. */
export interface PostgresqlSettings {
  readonly url: string;
  readonly maxConnections: number;
  readonly maxPending: number;
  readonly connectTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  readonly answerTimeoutMs: number;
  readonly logger?: Logger;
}

const retryMs = 100;

/**
 * Connects to a PostgreSQL server.
 *
 * @throws {StorageError} STORAGE_CONNECTION_LOST when that takes longer than `connectTimeoutMs`; what the server refuses with.
 */
export async function openPostgresqlSql(settings: PostgresqlSettings): Promise<Sql> {
  const pool = createPool({ ...settings, server: describeUrl(settings.url) });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool, cursor: Cursor }) });
  await connect(db, settings.connectTimeoutMs);

  let closing: Promise<void> | undefined;
  const check = (): void => {
    if (closing !== undefined) throw new StorageError("STORAGE_CLOSED", "the database is closed");
  };
  return {
    dialect: "postgresql",
    db,
    migrate: (namespace, migrations) => migrate({ db, dialect: "postgresql", now: Date.now }, namespace, migrations),
    batch: async (statements) => {
      check();
      const queries = statements.map((statement) => statement.compile());
      return await db.transaction().execute(async (transaction) => {
        const results: QueryResult<unknown>[] = [];
        for (const query of queries) results.push(await transaction.executeQuery(query));
        return results;
      });
    },
    close: () => (closing ??= pool.end()),
  };
}

/** Tries until the server answers or time is up. What will not mend itself is told at once. */
async function connect(db: Kysely<unknown>, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      await sql`SELECT 1`.execute(db);
      return;
    } catch (error) {
      const isLost = error instanceof StorageError && error.code === "STORAGE_CONNECTION_LOST";
      if (!isLost || Date.now() > deadline) {
        await db.destroy();
        throw error;
      }
      await sleep(retryMs);
    }
  }
}

function describeUrl(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `postgresql://${host}${pathname}`;
  } catch {
    throw new StorageError(
      "STORAGE_ARGUMENT_INVALID",
      "expected a URL such as postgresql://user@127.0.0.1:5432/database",
    );
  }
}
