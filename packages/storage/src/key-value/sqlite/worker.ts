// The SQLite engine's thread: carries out each batch of requests in one transaction, so that they share one fsync.

import { StorageError } from "../../errors.ts";
import { sqliteError } from "../../sqlite/index.ts";
import { type Answer, toFailure } from "../../thread/protocol.ts";
import { type Server, serve } from "../../thread/serve.ts";
import { type Command, commands } from "../commands.ts";
import { Engine } from "../engine/engine.ts";
import type { Group } from "../group.ts";
import { openKeyValueFile } from "./schema.ts";
import { SqliteStore } from "./sqlite-store.ts";

/** What the thread is started with. */
export interface WorkerData {
  readonly path: string;
  readonly lockTimeoutMs: number;
}

/** What the thread is asked to do. `now` is milliseconds since 1970, by the owner's clock. */
export type Request =
  | { readonly kind: "run"; readonly now: number; readonly command: Command }
  | { readonly kind: "commit"; readonly now: number; readonly group: Group }
  | { readonly kind: "scan"; readonly now: number; readonly pattern: string; readonly after: string | undefined }
  | { readonly kind: "sweep"; readonly now: number };

serve((data): Server<Request> => {
  const { path, lockTimeoutMs } = data as WorkerData;
  const database = openKeyValueFile(path, lockTimeoutMs);
  const store = new SqliteStore(database);
  const engine = new Engine(store);

  const answerOne = (request: Request): Answer => {
    try {
      return { value: carryOut(engine, store, request) };
    } catch (error) {
      // What the engine refuses has changed nothing; what SQLite throws ends the transaction.
      if (error instanceof StorageError) return { failure: toFailure(error) };
      throw error;
    }
  };
  const inTransaction = (begin: string, requests: readonly Request[]): Answer[] => {
    database.exec(begin);
    try {
      const answers = requests.map(answerOne);
      database.exec("COMMIT");
      return answers;
    } catch (error) {
      rollBack(database);
      throw error;
    }
  };
  const failure = (error: unknown): Answer => ({ failure: toFailure(sqliteError(error, path)) });
  const attempt = (request: Request): Answer => {
    try {
      return inTransaction(isWrite(request) ? "BEGIN IMMEDIATE" : "BEGIN", [request])[0] ?? failure("no answer");
    } catch (error) {
      return failure(error);
    }
  };

  return {
    answer: (requests) => {
      try {
        return inTransaction(requests.some(isWrite) ? "BEGIN IMMEDIATE" : "BEGIN", requests);
      } catch (error) {
        // Reads go on whatever is wrong with writing. Of the writes only those fail that fail alone, except that nobody waits for
        // a lock a second time.
        const isLocked = sqliteError(error, path).code === "STORAGE_LOCKED";
        return requests.map((request) => (isLocked && isWrite(request) ? failure(error) : attempt(request)));
      }
    },
    close: () => database.close(),
  };
});

function carryOut(engine: Engine, store: SqliteStore, request: Request): unknown {
  const { now } = request;
  if (request.kind === "run") return engine.run(request.command, now);
  if (request.kind === "commit") return engine.commit(request.group, now);
  if (request.kind === "scan") return store.scan(request.pattern, request.after, now);
  return engine.sweep(now);
}

function isWrite(request: Request): boolean {
  if (request.kind === "run") return commands[request.command[0]].writes;
  return request.kind === "sweep" || (request.kind === "commit" && request.group.writes.length > 0);
}

function rollBack(database: { exec(sql: string): void }): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // After some errors SQLite has rolled back by itself.
  }
}
