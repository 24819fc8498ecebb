import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { systemClock } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { openSql, type Sql } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { formatTimestamp } from "../../src/message/timestamp.ts";
import { createUserMessage } from "../../src/message/user-message.ts";
import { BlockBuilder } from "../../src/store/block-builder.ts";
import { openMessageStore } from "../../src/store/message-store.ts";
import { storeMigrations, storeNamespace } from "../../src/store/schema.ts";
import { blocksPerPart } from "../../src/store/text-parts.ts";
import { storeSuite } from "./store-suite.ts";

const folder = tempFolder();
const open = (): Promise<Sql> => openSql({ driver: "sqlite", path: join(folder, `${randomUUID()}.db`) });

storeSuite("SQLite", open);

it("drops indexes of texts with the last of their messages, and finds what comes later", async () => {
  const database = await open();
  const clock = new TestClock();
  const store = await openMessageStore({ sql: database, clock, maintains: false });
  const fields = { from_addr: "+1", to_addr: "8", transport_name: "sms", transport_type: "sms" };
  const fill = async (from: number): Promise<void> => {
    const numbers = Array.from({ length: blocksPerPart + 2 }, (_, index) => from + index);
    await Promise.all(
      numbers.map((number) => {
        const timestamp = formatTimestamp(clock.now() - 3_600_000 + number);
        return store.addMessage(
          "inbound",
          createUserMessage({ ...fields, content: `number ${number}.`, timestamp }, { clock }),
        );
      }),
    );
    const builder = new BlockBuilder({ sql: database, clock, messagesPerBlock: 1 });
    while (await builder.step());
  };
  const parts = async (): Promise<readonly unknown[]> => {
    const { rows } = await sql<{
      name: string;
    }>`SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%' ORDER BY name`.execute(database.db);
    return rows.map(({ name }) => name);
  };
  await fill(0);
  expect(await parts()).toEqual(["message_letters_1", "message_letters_2", "message_texts_1", "message_texts_2"]);
  await store.prune({ maxMessages: 1 });
  expect(await parts()).toEqual(["message_letters_2", "message_texts_2"]);
  await fill(1_000);
  expect(await parts()).toEqual(["message_letters_2", "message_letters_3", "message_texts_2", "message_texts_3"]);
  expect(await store.read.count({ text: [{ value: "number 1007." }] })).toBe(1);
  expect(await store.read.count({ text: [{ value: "number 7." }] })).toBe(0);
  expect(await store.read.count({ text: [{ value: "7." }] })).toBe(51);
  await store.close();
  await database.close();
});

it("puts the texts that an earlier version has indexed in anew", async () => {
  const database = await open();
  await database.migrate(storeNamespace, storeMigrations.slice(0, 4));
  await database.batch(
    [
      sql`INSERT INTO messages (direction, message_id, ts_us, stored_us, remote_addr, search_text, payload)
      VALUES ('inbound', 'm', 1, 1, '+1', 'needle', '{"message_id":"m"}')`,
      sql`INSERT INTO message_blocks (from_us, to_us, is_counted, text_part) VALUES (1, 2, 1, 1)`,
      sql`CREATE VIRTUAL TABLE message_texts_1 USING fts5 (texts, content = '', columnsize = 0, detail = none, tokenize = 'trigram')`,
    ].map((raw) => ({ compile: () => raw.compile(database.db) })),
  );
  const store = await openMessageStore({ sql: database, maintains: false });
  const count = (value: string) => store.read.count({ text: [{ value }] });
  expect(await count("eed")).toBe(1);
  const builder = new BlockBuilder({ sql: database, clock: systemClock, messagesPerBlock: 1 });
  while (await builder.step());
  expect(await count("eed")).toBe(1);
  expect(await count("xyz")).toBe(0);
  await store.close();
  await database.close();
});

it("adds what it needs to a database of an earlier version, and finds its messages before and after they are indexed", async () => {
  const database = await open();
  await database.migrate(storeNamespace, storeMigrations.slice(0, 2));
  await sql`INSERT INTO messages (direction, message_id, ts_us, stored_us, remote_addr, search_text, payload)
    VALUES ('inbound', 'm', 1, 1, '+1', 'needle', '{"message_id":"m"}')`.execute(database.db);
  const store = await openMessageStore({ sql: database, maintains: false });
  const count = () =>
    store.read.count({ text: [{ value: "eedl" }], conditions: [{ field: "state", values: ["waiting"] }] });
  expect(await count()).toBe(1);
  const builder = new BlockBuilder({ sql: database, clock: systemClock, messagesPerBlock: 1 });
  while (await builder.step());
  expect(await count()).toBe(1);
  await store.close();
  await database.close();
});
