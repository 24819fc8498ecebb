// Opens a SQLite database for the SQL handle.

import type { Worker } from "node:worker_threads";
import { type Clock, systemClock } from "@switchboard/core";
import { Kysely } from "kysely";
import { StorageError } from "../../errors.ts";
import { makeFolderOf } from "../../sqlite/make-folder.ts";
import { EngineThread } from "../../thread/engine-thread.ts";
import { moduleToRun, startWorker } from "../../thread/start-worker.ts";
import { migrate } from "../migrate.ts";
import type { Sql } from "../sql.ts";
import { sqliteDialect } from "./driver.ts";
import type { Request, WorkerData } from "./protocol.ts";
import { toResults, toStatements } from "./statement.ts";
import { Writer } from "./writer.ts";

/** Where the file is, and limits. */
export interface SqliteSqlSettings {
  readonly path: string;
  readonly lockTimeoutMs: number;
  readonly maxPending: number;
  readonly transactionTimeoutMs: number;
  readonly clock?: Clock;
}

// So that one long query does not hold up all others.
const readers = 2;

/** Opens (or makes, with its folder) a database file. @throws {StorageError} what opening a database file throws. */
export async function openSqliteSql(settings: SqliteSqlSettings): Promise<Sql> {
  const { path, lockTimeoutMs, maxPending, transactionTimeoutMs, clock = systemClock } = settings;
  if (path === ":memory:" || path === "") {
    throw new StorageError("STORAGE_ARGUMENT_INVALID", `path: expected a file, got ${JSON.stringify(path)}`);
  }
  makeFolderOf(path);
  const threadFor = (role: WorkerData["role"], limit: number): EngineThread<Request> => {
    const data: WorkerData = { path, role, lockTimeoutMs };
    const start = (): Worker => startWorker(new URL("./worker.ts", import.meta.url), data);
    return new EngineThread<Request>({ name: path, maxPending: limit, start });
  };
  // It has no limit of its own: the steps of a transaction must go on, and the others are counted before their turn.
  const writing = threadFor("writer", Number.POSITIVE_INFINITY);
  // It makes the file and finds out whether it can be used. The others start when there is something to read for them.
  await writing.open();
  const reading = Array.from({ length: readers }, () => threadFor("reader", maxPending));
  const writer = new Writer({ thread: writing, clock, maxPending, transactionTimeoutMs });
  const reader = (): EngineThread<Request> =>
    reading.reduce((least, other) => (other.pending < least.pending ? other : least));

  let closing: Promise<void> | undefined;
  const isClosed = (): boolean => closing !== undefined;
  const db = new Kysely<unknown>({ dialect: sqliteDialect({ writer, reader, isClosed }) });
  const close = async (): Promise<void> => {
    await writer.idle();
    await Promise.all([writing, ...reading].map((thread) => thread.close()));
  };
  return {
    dialect: "sqlite",
    db,
    migrate: (namespace, migrations) =>
      migrate({ db, dialect: "sqlite", now: () => clock.now() }, namespace, migrations),
    batch: async (statements) => {
      if (isClosed()) throw new StorageError("STORAGE_CLOSED", `${path} is closed`);
      return toResults(await writer.unit(toStatements(statements)));
    },
    procedure: async (module) => {
      const call = await writer.procedure(moduleToRun(module));
      return async (input: unknown) => {
        if (isClosed()) throw new StorageError("STORAGE_CLOSED", `${path} is closed`);
        await call(input);
      };
    },
    close: () => (closing ??= close()),
  };
}
