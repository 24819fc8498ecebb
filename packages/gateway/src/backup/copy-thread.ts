// A thread that copies one SQLite database while others write to it, and ends. Started by `copyDatabase`; never imported.

import { workerData } from "node:worker_threads";
import { openSqlite, sqliteError } from "@switchboard/storage/sqlite";

const { from, to } = workerData as { readonly from: string; readonly to: string };
const database = openSqlite(from, { readOnly: true });
try {
  // Written by this statement alone; the database itself is only read.
  database.exec("PRAGMA query_only = OFF");
  database.prepare("VACUUM INTO ?").run(to);
} catch (error) {
  throw sqliteError(error, to);
} finally {
  database.close();
}
