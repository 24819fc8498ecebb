import { openSql, type Sql } from "@switchboard/storage";
import { describeWithServer } from "@switchboard/testkit";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { openMessageStore } from "../../src/store/message-store.ts";
import { storeSuite } from "./store-suite.ts";

describeWithServer("postgresql", "on a real server", (server) => {
  const open = async (): Promise<Sql> => {
    const database = await openSql({ driver: "postgresql", url: server().url });
    await empty(database);
    return database;
  };
  it("finds texts by an index that is made afterwards, also where making it was interrupted", async () => {
    const database = await open();
    const store = await openMessageStore({ sql: database, maintains: false });
    await store.index();
    await sql`UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass('messages_by_text')`.execute(
      database.db,
    );
    await store.close();
    const again = await openMessageStore({ sql: database, maintains: false });
    await again.index();
    const plan = await database.db.transaction().execute(async (transaction) => {
      // So few messages are found sooner without any index.
      await sql`SET LOCAL enable_seqscan = off`.execute(transaction);
      const { rows } = await sql<Record<string, string>>`
        EXPLAIN SELECT message_id FROM messages WHERE search_text LIKE '%needle%'`.execute(transaction);
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    });
    expect(plan).toContain("Bitmap Index Scan on messages_by_text");
    await again.close();
    await database.close();
  });

  storeSuite("PostgreSQL", open);
});

// Each test starts from nothing: cheaper than a database each.
async function empty(database: Sql): Promise<void> {
  await sql`DROP SCHEMA public CASCADE`.execute(database.db);
  await sql`CREATE SCHEMA public`.execute(database.db);
}
