// A process that owns a database file until it is killed. Argument: the path.

import { openSqlite } from "@switchboard/storage/sqlite";

openSqlite(process.argv[2] ?? "", { exclusive: true });
console.log("mine");
setInterval(() => undefined, 60_000);
