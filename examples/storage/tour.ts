// A session in a key-value store, a note in a table, and what a second note under the same name is told.

import { StorageError, openKeyValue, openSql } from "@switchboard/storage";

const folder = process.argv[2] ?? "var";

const keyValue = await openKeyValue({ driver: "sqlite", path: `${folder}/key-value.db`, keyPrefix: "vumi" });
const sessions = keyValue.sub("session");
await sessions.hset("+27831234567", { state: "menu", created_at: "1766226240.5" });
await sessions.pexpire("+27831234567", 600_000);
const { state } = await sessions.hgetall("+27831234567");
console.log(`${state} in ${(await keyValue.keys("session:*")).join()}`);

const sql = await openSql({ driver: "sqlite", path: `${folder}/switchboard.db` });
await sql.migrate("example", [
  { name: "0001-notes", up: ["CREATE TABLE notes (id TEXT PRIMARY KEY, text TEXT NOT NULL)"] },
]);
const notes = sql.db.withTables<{ notes: { id: string; text: string } }>();
await notes
  .insertInto("notes")
  .values({ id: "1", text: "call back" })
  .onConflict((conflict) => conflict.doNothing())
  .execute();
for (const { id, text } of await notes.selectFrom("notes").selectAll().execute()) console.log(`note ${id}: ${text}`);

const twice = notes.insertInto("notes").values({ id: "1", text: "again" }).execute();
await twice.catch((error: unknown) => console.log(error instanceof StorageError && error.code));

await Promise.all([keyValue.close(), sql.close()]);
