// The SQLite engine: one file, one thread that works on it. Several processes may open the same file.

import { type Clock, systemClock } from "@switchboard/core";
import { makeFolderOf } from "../../sqlite/make-folder.ts";
import { EngineThread } from "../../thread/engine-thread.ts";
import { startWorker } from "../../thread/start-worker.ts";
import { type Backend, fieldsDecoder } from "../backend.ts";
import { ttlOf } from "../commands.ts";
import { Sweeper } from "../sweeper.ts";
import type { ScanPage } from "./sqlite-store.ts";
import type { Request, WorkerData } from "./protocol.ts";

/** Where the file is and what may wait. */
export interface SqliteBackendOptions {
  readonly path: string;
  readonly maxPending: number;
  readonly lockTimeoutMs: number;
  readonly clock?: Clock;
}

/**
 * Opens (or makes, with its folder) a key-value file.
 *
 * @throws {StorageError} STORAGE_SCHEMA_NEWER; what opening a database file throws.
 */
export async function openSqliteBackend(options: SqliteBackendOptions): Promise<Backend> {
  const { path, maxPending, lockTimeoutMs, clock = systemClock } = options;
  makeFolderOf(path);
  const data: WorkerData = { path, lockTimeoutMs };
  const thread = new EngineThread<Request>({
    name: path,
    maxPending,
    start: () => startWorker(new URL("./worker.ts", import.meta.url), data),
  });
  await thread.open();

  const sweeper = new Sweeper(clock, async () => (await thread.call(["sweep", clock.now()])) as number | undefined);
  const expects = (now: number, ttlMs: number | undefined): void => {
    if (ttlMs !== undefined) sweeper.expects(now + ttlMs);
  };
  // Finds out when something that was stored earlier expires.
  expects(clock.now(), 0);

  return {
    run: (command) => {
      const now = clock.now();
      expects(now, ttlOf(command));
      return thread.call(["run", now, command]);
    },
    decoder: fieldsDecoder,
    commit: async (group) => {
      const now = clock.now();
      for (const command of group.writes) expects(now, ttlOf(command));
      return (await thread.call(["commit", now, group])) === true;
    },
    async *scan(pattern) {
      let after: string | undefined;
      do {
        const page = (await thread.call(["scan", clock.now(), pattern, after])) as ScanPage;
        yield* page.keys;
        after = page.next;
      } while (after !== undefined);
    },
    close: () => {
      sweeper.stop();
      return thread.close();
    },
  };
}
