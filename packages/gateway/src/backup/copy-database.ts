// Copies a SQLite database that is in use, off the event loop.

import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { startWorker } from "@switchboard/storage/sqlite";

/** Copies `from`, as it is at one moment, to `to`, which must not exist. Rejects with what SQLite says. */
export async function copyDatabase(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  // Rejects with the error that ends the thread, if there is one.
  await once(startWorker(new URL("./copy-thread.ts", import.meta.url), { from, to }), "exit");
}
