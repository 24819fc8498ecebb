// What the SQLite engine's thread does: carries out each batch of requests in one transaction, so that they share one fsync.

import { StorageError } from "../../errors.ts";
import { type SqliteDatabase, sqliteError } from "../../sqlite/index.ts";
import { Failed } from "../../thread/protocol.ts";
import type { Server } from "../../thread/serve.ts";
import { commands } from "../commands.ts";
import { Engine } from "../engine/engine.ts";
import type { Request, WorkerData } from "./protocol.ts";
import { openKeyValueFile } from "./schema.ts";
import { SqliteStore } from "./sqlite-store.ts";

/** Carries out requests on one key-value file. */
export class KeyValueServer implements Server<Request> {
  readonly #path: string;
  readonly #database: SqliteDatabase;
  readonly #store: SqliteStore;
  readonly #engine: Engine;

  constructor({ path, lockTimeoutMs }: WorkerData) {
    this.#path = path;
    this.#database = openKeyValueFile(path, lockTimeoutMs);
    this.#store = new SqliteStore(this.#database);
    this.#engine = new Engine(this.#store);
  }

  close(): void {
    this.#database.close();
  }

  answer(requests: readonly Request[]): unknown[] {
    try {
      return this.#inTransaction(requests.some(isWrite), requests);
    } catch (error) {
      // Reads go on whatever is wrong with writing. Of the writes only those fail that fail alone, except that nobody waits for a lock a
      // second time.
      const told = sqliteError(error, this.#path);
      const failed = told.code === "STORAGE_LOCKED" ? new Failed(told) : undefined;
      return requests.map((request) => (failed !== undefined && isWrite(request) ? failed : this.#attempt(request)));
    }
  }

  #attempt(request: Request): unknown {
    try {
      return this.#inTransaction(isWrite(request), [request])[0];
    } catch (error) {
      return new Failed(sqliteError(error, this.#path));
    }
  }

  #inTransaction(writes: boolean, requests: readonly Request[]): unknown[] {
    this.#database.exec(writes ? "BEGIN IMMEDIATE" : "BEGIN");
    try {
      const answers = requests.map((request) => this.#answerOne(request));
      this.#database.exec("COMMIT");
      return answers;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  #answerOne(request: Request): unknown {
    try {
      return this.#carryOut(request);
    } catch (error) {
      // What the engine refuses has changed nothing; what SQLite throws ends the transaction.
      if (error instanceof StorageError) return new Failed(error);
      throw error;
    }
  }

  #carryOut(request: Request): unknown {
    const [kind, now] = request;
    if (kind === "run") return this.#engine.run(request[2], now);
    if (kind === "commit") return this.#engine.commit(request[2], now);
    if (kind === "scan") return this.#store.scan(request[2], request[3], now);
    return this.#engine.sweep(now);
  }

  #rollBack(): void {
    try {
      this.#database.exec("ROLLBACK");
    } catch {
      // After some errors SQLite has rolled back by itself.
    }
  }
}

function isWrite(request: Request): boolean {
  const [kind] = request;
  if (kind === "run") return commands[request[2][0]].writes;
  return kind === "sweep" || (kind === "commit" && request[2].writes.length > 0);
}
