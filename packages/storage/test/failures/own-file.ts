// A process that owns a database file until it is killed. Argument: the path.

import { openSqlite } from "@switchboard/storage/sqlite";

const mine = openSqlite(process.argv[2] ?? "", { exclusive: true });
console.log("mine");
// Also keeps it from being collected, which would close it.
setInterval(() => mine.exec("SELECT 1"), 60_000);
