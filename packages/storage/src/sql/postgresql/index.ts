// Opens a PostgreSQL database for the SQL handle.

import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "@switchboard/core";
import { type Compilable, CompiledQuery, Kysely, PostgresDialect, type QueryResult, sql } from "kysely";
import Cursor from "pg-cursor";
import { StorageError } from "../../errors.ts";
import { migrate } from "../migrate.ts";
import { moduleToRun } from "../../thread/start-worker.ts";
import { loadProcedure } from "../procedure.ts";
import type { Sql, SqlStatement } from "../sql.ts";
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
  const batch = async (statements: readonly (Compilable | SqlStatement)[]): Promise<QueryResult<unknown>[]> => {
    check();
    const queries = statements.map((one) =>
      "compile" in one ? one.compile() : CompiledQuery.raw(one.sql, [...one.parameters]),
    );
    return await db.transaction().execute(async (transaction) => {
      const results: QueryResult<unknown>[] = [];
      for (const query of queries) results.push(await transaction.executeQuery(query));
      return results;
    });
  };
  return {
    dialect: "postgresql",
    db,
    migrate: (namespace, migrations) => migrate({ db, dialect: "postgresql", now: Date.now }, namespace, migrations),
    batch,
    procedure: async (module) => {
      const make = await loadProcedure(moduleToRun(module).href);
      return async (input: unknown) => {
        await batch(make(input));
      };
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
