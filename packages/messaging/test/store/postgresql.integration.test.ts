import { systemClock } from "@switchboard/core";
import { openSql, type Sql } from "@switchboard/storage";
import { describeWithServer } from "@switchboard/testkit";
import { CompiledQuery, type KyselyPlugin, type RootOperationNode, sql } from "kysely";
import { expect, it } from "vitest";
import { BlockBuilder } from "../../src/store/block-builder.ts";
import type { MessageFilter } from "../../src/store/message-filter.ts";
import { MessageReader } from "../../src/store/message-reader.ts";
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

  it("begins with what is known of where messages are, and never looks at all of them", async () => {
    const database = await open();
    const store = await openMessageStore({ sql: database, maintains: false });
    await sql`INSERT INTO messages (direction, message_id, ts_us, stored_us, remote_addr, provider, search_text, payload)
      SELECT 'inbound', 'm' || n, n, n, '+27' || n, CASE WHEN n % 4000 = 7 THEN 'mtn' END, 'hello ' || n, '{}'
      FROM generate_series(1, 20000) AS n`.execute(database.db);
    await sql`INSERT INTO message_facts (direction, message_id, ts_us) SELECT direction, message_id, ts_us FROM messages`.execute(
      database.db,
    );
    const builder = new BlockBuilder({ sql: database, clock: systemClock, messagesPerBlock: 1_000 });
    while (await builder.step());
    await sql`VACUUM ANALYZE`.execute(database.db);
    const plansOf = async (filter: MessageFilter): Promise<string> => {
      const asked: RootOperationNode[] = [];
      const listening: KyselyPlugin = {
        transformQuery: ({ node }) => {
          asked.push(node);
          return node;
        },
        transformResult: ({ result }) => Promise.resolve(result),
      };
      await new MessageReader({ ...database, db: database.db.withPlugin(listening) }).list(filter, 9);
      const plans: string[] = [];
      for (const node of asked) {
        const query = database.db.getExecutor().compileQuery(node, { queryId: "plan" });
        const explained = CompiledQuery.raw(`EXPLAIN ${query.sql}`, [...query.parameters]);
        const { rows } = await database.db.executeQuery<Record<string, string>>(explained);
        plans.push(...rows.map((row) => row["QUERY PLAN"] ?? ""));
      }
      return plans.join("\n");
    };
    const where = (field: "provider" | "person", value: string): MessageFilter => ({
      conditions: [{ field, values: [value] }],
    });
    const whole = /Seq Scan on message(?:s|_facts)\b/;
    const blocks = await plansOf(where("provider", "mtn"));
    expect(blocks).toContain("Index Scan using messages_by_time");
    expect(blocks).not.toMatch(whole);
    const people = await plansOf(where("person", "+27199*"));
    expect(people).toContain("messages_by_address");
    expect(people).not.toMatch(whole);
    expect(await plansOf({ text: [{ value: "199" }] })).toContain("messages_by_text");
    expect(await plansOf({ text: [{ value: "zq" }] })).not.toContain("messages_by_text");
    await store.close();
    await database.close();
  });

  storeSuite("PostgreSQL", open);
});

// Each test starts from nothing: cheaper than a database each.
async function empty(database: Sql): Promise<void> {
  await sql`DROP SCHEMA public CASCADE`.execute(database.db);
  await sql`CREATE SCHEMA public`.execute(database.db);
}
