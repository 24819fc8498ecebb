// Opens the SQL handle by the name of its driver. Drivers are loaded when they are asked for.

import type { Clock, Logger } from "@switchboard/core";
import { StorageError } from "../errors.ts";
import type { Sql } from "./sql.ts";

/** What both drivers take. */
export interface SqlCommonOptions {
  /** How many statements may wait, default 10_000; further ones reject with STORAGE_OVERLOADED. */
  readonly maxPending?: number;
  /** How long a transaction may do nothing before it is rolled back, milliseconds, default 30_000. */
  readonly transactionTimeoutMs?: number;
}

/** A database in a file. */
export interface SqliteSqlOptions extends SqlCommonOptions {
  readonly driver: "sqlite";
  /** The file; it and its folder are made when absent. */
  readonly path: string;
  /** How long to wait for another process that writes to the file, milliseconds, default 5_000. */
  readonly lockTimeoutMs?: number;
  /** Decides when a transaction has done nothing for too long. */
  readonly clock?: Clock;
}

/** A database on a PostgreSQL server. */
export interface PostgresqlSqlOptions extends SqlCommonOptions {
  readonly driver: "postgresql";
  /** `postgresql://user[:password]@host[:port]/database`. Best created with encoding UTF8 and collation C, which sorts as SQLite does. */
  readonly url: string;
  /** Size of the pool, default 10. */
  readonly maxConnections?: number;
  /** How long to try to connect, or to wait for a free connection, milliseconds, default 10_000. */
  readonly connectTimeoutMs?: number;
  /**
   * How long the server may be silent before it counts as lost: half of it to all statements, the other half to a new connection. Then statements
   * under way reject, and others at once until it answers. Milliseconds, default 10_000.
   */
  readonly answerTimeoutMs?: number;
  /** Told when a connection is lost. */
  readonly logger?: Logger;
}

/** How to open a database. */
export type SqlOptions = SqliteSqlOptions | PostgresqlSqlOptions;

/**
 * Opens a database.
 *
 * @throws {StorageError} SQLite: STORAGE_LOCKED, STORAGE_CORRUPT, STORAGE_PERMISSION, STORAGE_PATH_INVALID, STORAGE_DISK_FULL. PostgreSQL:
 *   STORAGE_CONNECTION_LOST, STORAGE_PERMISSION. STORAGE_ARGUMENT_INVALID for options.
 */
export async function openSql(options: SqlOptions): Promise<Sql> {
  const { driver, maxPending = 10_000, transactionTimeoutMs = 30_000 } = options;
  switch (driver) {
    case "sqlite": {
      const { lockTimeoutMs = 5_000 } = options;
      const { openSqliteSql } = await import("./sqlite/index.ts");
      return openSqliteSql({ ...options, lockTimeoutMs, maxPending, transactionTimeoutMs });
    }
    case "postgresql": {
      const { maxConnections = 10, connectTimeoutMs = 10_000, answerTimeoutMs = 10_000 } = options;
      const { openPostgresqlSql } = await import("./postgresql/index.ts");
      const limits = { maxConnections, maxPending, connectTimeoutMs, transactionTimeoutMs, answerTimeoutMs };
      return openPostgresqlSql({ ...options, ...limits });
    }
    default:
      throw new StorageError(
        "STORAGE_ARGUMENT_INVALID",
        `driver: expected "sqlite" or "postgresql", got ${JSON.stringify(driver)}`,
      );
  }
}
