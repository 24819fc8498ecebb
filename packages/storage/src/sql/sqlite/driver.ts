// Kysely's driver for SQLite: one writing thread, several that read. A connection is only a name for who asks; what matters is whether it has
// a transaction open.

import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { StorageError } from "../../errors.ts";
import type { EngineThread } from "../../thread/engine-thread.ts";
import type { Request, StatementResult } from "./protocol.ts";
import { routeOf, toResult, toStatement } from "./statement.ts";
import type { WriterTransaction } from "./writer-transaction.ts";
import type { Writer } from "./writer.ts";

/** The threads of one database. */
export interface SqliteThreads {
  readonly writer: Writer;
  /** The one of the reading threads that has least to do. */
  reader(): EngineThread<Request>;
  /** True from the moment that closing begins. */
  isClosed(): boolean;
}

/** Kysely's dialect on the threads of one database. */
export function sqliteDialect(threads: SqliteThreads): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new SqliteDriver(threads),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

class SqliteDriver implements Driver {
  readonly #threads: SqliteThreads;

  constructor(threads: SqliteThreads) {
    this.#threads = threads;
  }

  async init(): Promise<void> {
    // The threads are started by who made the driver, and ended by him.
  }

  async destroy(): Promise<void> {
    // See init.
  }

  async acquireConnection(): Promise<SqliteConnection> {
    if (this.#threads.isClosed()) throw new StorageError("STORAGE_CLOSED", "the database is closed");
    return new SqliteConnection(this.#threads);
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    await (connection as SqliteConnection).transaction?.rollback();
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    (connection as SqliteConnection).transaction = await this.#threads.writer.begin();
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as SqliteConnection).transaction?.commit();
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as SqliteConnection).transaction?.rollback();
  }

  async savepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`SAVEPOINT ${quote(name)}`));
  }

  async rollbackToSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`ROLLBACK TO ${quote(name)}`));
  }

  async releaseSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`RELEASE ${quote(name)}`));
  }
}

let streams = 0;

class SqliteConnection implements DatabaseConnection {
  transaction: WriterTransaction | undefined;
  readonly #threads: SqliteThreads;

  constructor(threads: SqliteThreads) {
    this.#threads = threads;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return toResult(await this.#run(query));
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize = 100): AsyncIterableIterator<QueryResult<R>> {
    const statement = toStatement(query);
    if (this.transaction === undefined && routeOf(query) !== "read") {
      throw new StorageError("STORAGE_ARGUMENT_INVALID", "expected a SELECT to stream");
    }
    const reader = this.#threads.reader();
    const { transaction } = this;
    const ask = (request: Request): Promise<unknown> => transaction?.step(request) ?? reader.call(request);
    const stream = ++streams;
    await ask({ kind: "open", stream, statement });
    try {
      for (;;) {
        const rows = (await ask({ kind: "next", stream, count: chunkSize })) as R[];
        if (rows.length > 0) yield { rows };
        if (rows.length < chunkSize) return;
      }
    } finally {
      await ask({ kind: "end", stream });
    }
  }

  async #run(query: CompiledQuery): Promise<StatementResult> {
    const statement = toStatement(query);
    if (this.transaction !== undefined) {
      return (await this.transaction.step({ kind: "statement", statement })) as StatementResult;
    }
    const route = routeOf(query);
    if (route === "read") return (await this.#threads.reader().call({ kind: "read", statement })) as StatementResult;
    if (route === "alone") return await this.#threads.writer.alone(statement);
    const [result] = await this.#threads.writer.unit([statement]);
    return result as StatementResult;
  }
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
