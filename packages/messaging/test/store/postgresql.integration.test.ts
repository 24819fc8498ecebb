import { openSql, type Sql } from "@switchboard/storage";
import { describeWithServer } from "@switchboard/testkit";
import { sql } from "kysely";
import { storeSuite } from "./store-suite.ts";

describeWithServer("postgresql", "on a real server", (server) => {
  storeSuite("PostgreSQL", async () => {
    const database = await openSql({ driver: "postgresql", url: server().url });
    await empty(database);
    return database;
  });
});

// Each test starts from nothing: cheaper than a database each.
async function empty(database: Sql): Promise<void> {
  await sql`DROP SCHEMA public CASCADE`.execute(database.db);
  await sql`CREATE SCHEMA public`.execute(database.db);
}
