import { openSql, type Sql } from "@switchboard/storage";
import { describeWithServer } from "@switchboard/testkit";
import { sql } from "kysely";
import { searchSuite } from "./search-suite.ts";
import { storeSuite } from "./store-suite.ts";

describeWithServer("postgresql", "on a real server", (server) => {
  const open = async (): Promise<Sql> => {
    const database = await openSql({ driver: "postgresql", url: server().url });
    await empty(database);
    return database;
  };
  storeSuite("PostgreSQL", open);
  searchSuite("PostgreSQL", open);
});

// Each test starts from nothing: cheaper than a database each.
async function empty(database: Sql): Promise<void> {
  await sql`DROP SCHEMA public CASCADE`.execute(database.db);
  await sql`CREATE SCHEMA public`.execute(database.db);
}
