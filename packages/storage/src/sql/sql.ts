// The SQL handle: one way to SQLite and PostgreSQL. Opened by `openSql`. It knows nothing of what is stored: each user brings its migrations.

import type { Compilable, Kysely, QueryResult, Transaction } from "kysely";

/** The engines. */
export type SqlDialect = "sqlite" | "postgresql";

/** One step from an older schema to a newer one. Never changed once it has been released; a correction is a new step. */
export interface Migration {
  /** Unique in its namespace, for example `0001-messages`. */
  readonly name: string;
  /** The statements, or, where data have to be rewritten or the engines differ, code that makes them. Runs in one transaction. */
  readonly up: readonly string[] | ((db: Transaction<unknown>, dialect: SqlDialect) => Promise<void>);
}

/** A statement as text with its parameters: `?` on SQLite; `$1`, `$2`, … on PostgreSQL. It gives no rows. */
export interface SqlStatement {
  readonly sql: string;
  readonly parameters: readonly (string | number | null)[];
}

/**
 * What a procedure's module exports as `procedure`: for one open database, makes what turns inputs into statements.
 *
 * That may remember things from one call to the next, but only such as it can do without: a thread that died begins anew.
 */
export type Procedure<Input> = (dialect: SqlDialect) => (input: Input) => readonly SqlStatement[];

/**
 * An open database.
 *
 * Statements are written so that both engines take them: no types or functions that only one has. Whole numbers beyond ±(2^53 − 1), booleans
 * and dates are not stored: use text or numbers. Text must not contain U+0000.
 *
 * SQLite works in threads of its own: one that writes, others that read. A statement, also a long one, never holds up the event loop or,
 * if it reads, a writer. Statements that change something and are called at the same time share one fsync. Each transaction waits until the
 * one before has ended; statements called meanwhile outside of it wait too, and never become part of it. PostgreSQL works with a
 * pool of connections, which come back by themselves.
 *
 * A write is safe when its promise has resolved: on the disk with SQLite, committed with PostgreSQL.
 */
export interface Sql {
  readonly dialect: SqlDialect;
  /**
   * Builds and runs statements. `db.withTables<MyTables>()` gives it the types of one's own tables (a `type`, not an `interface`).
   *
   * Errors are {@link StorageError}: STORAGE_CONSTRAINT with `details.constraint` ("unique", "foreign key", "not null", "check"),
   * STORAGE_CONNECTION_LOST, STORAGE_DISK_FULL, STORAGE_CONFLICT (retryable: transactions that met), STORAGE_OVERLOADED,
   * STORAGE_TRANSACTION_TIMEOUT, STORAGE_LOCKED, STORAGE_FAILED and others.
   */
  readonly db: Kysely<unknown>;
  /**
   * Runs the migrations of one namespace that the database has not seen, each in a transaction, in order. Safe when several processes start
   * at once: one runs them, the others wait.
   *
   * @throws {StorageError} STORAGE_SCHEMA_NEWER when the database has migrations that are not in the list; what a migration fails with, after
   *   which the database is as the last complete migration left it.
   */
  migrate(namespace: string, migrations: readonly Migration[]): Promise<void>;
  /**
   * Runs statements in one transaction and resolves with their results, in order.
   *
   * Where no decision has to be taken between the statements this is quicker than a transaction: with SQLite many batches share one fsync.
   */
  batch(statements: readonly (Compilable | SqlStatement)[]): Promise<QueryResult<unknown>[]>;
  /**
   * Loads a module that exports a {@link Procedure} and resolves with what calls it. A call runs the statements that it makes of its input in one
   * transaction, as `batch` does.
   *
   * With SQLite they are made in the thread that runs them, so that a call costs its caller no more than handing over the input, which has to be
   * plain data (structured clone). With PostgreSQL they are made here.
   *
   * @throws {StorageError} STORAGE_ARGUMENT_INVALID when the module has no such export; STORAGE_FAILED when it cannot be loaded.
   */
  procedure(module: URL): Promise<(input: unknown) => Promise<void>>;
  /** Waits for the statements called so far, then releases everything. Later ones reject with STORAGE_CLOSED. Idempotent. */
  close(): Promise<void>;
}
