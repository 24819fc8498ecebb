// How SQLite answers what people and the console ask most often: by an index, in its order, so that a million stored messages make no difference.

import { join } from "node:path";
import { openSql, type Sql } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";
import { CompiledQuery, type KyselyPlugin, type RootOperationNode } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MessageReader } from "../../src/store/message-reader.ts";
import { storeMigrations, storeNamespace } from "../../src/store/schema.ts";

let sql: Sql;
let reader: MessageReader;
let asked: RootOperationNode[] = [];

beforeAll(async () => {
  sql = await openSql({ driver: "sqlite", path: join(tempFolder(), "plans.db") });
  await sql.migrate(storeNamespace, storeMigrations);
  const listening: KyselyPlugin = {
    transformQuery: ({ node }) => {
      asked.push(node);
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  };
  reader = new MessageReader({ ...sql, db: sql.db.withPlugin(listening) });
});

afterAll(() => sql.close());

/** What SQLite does for what `ask` asks, step by step. */
async function planOf(ask: () => Promise<unknown>): Promise<string[]> {
  asked = [];
  await ask();
  const executor = sql.db.getExecutor();
  const plans: string[] = [];
  for (const node of asked) {
    const query = executor.compileQuery(node, { queryId: "plan" });
    const { rows } = await sql.db.executeQuery<{ detail: string }>(
      CompiledQuery.raw(`EXPLAIN QUERY PLAN ${query.sql}`, [...query.parameters]),
    );
    plans.push(...rows.map(({ detail }) => detail));
  }
  return plans;
}

const where = (field: "id" | "person" | "channel" | "reply" | "application" | "error", value: string) => ({
  conditions: [{ field, values: [value] }],
});
const place = { tsUs: 1, messageId: "m" };

describe("SQLite finds", () => {
  it.each([
    ["a message by its id", () => reader.message("inbound", "m"), "direction=? AND message_id=?"],
    ["messages by ids", () => reader.withIds(["m", "n"]), "direction=? AND message_id=?"],
    ["an id that is searched for", () => reader.list(where("id", "m"), 9), "direction=? AND message_id=?"],
    ["a person's messages", () => reader.list(where("person", "+1"), 9), "messages_by_remote_time (remote_addr=?)"],
    ["a channel's messages", () => reader.list(where("channel", "sms"), 9), "messages_by_transport_time"],
    ["answers", () => reader.answersTo("m"), "messages_by_reply (in_reply_to=?)"],
    ["events", () => reader.eventsOf("m"), "events_by_message (user_message_id=?)"],
    ["a trail", () => reader.trail(["m", "n"]), "message_trail_by_message (message_id=?)"],
  ])("%s by an index", async (_what, ask, index) => {
    const plan = await planOf(ask);
    expect(plan.join("\n")).toContain(index);
    expect(plan.filter((step) => step.startsWith("SCAN"))).toEqual([]);
  });

  it.each([
    ["the newest", () => reader.list({}, 9)],
    ["those behind a place", () => reader.list({}, 9, place)],
    ["those of an application", () => reader.list(where("application", "echo"), 9)],
    ["those with an error", () => reader.list(where("error", "no"), 9)],
    ["those with a text", () => reader.list({ text: [{ value: "hello" }] }, 9)],
  ])("%s newest first without sorting, so that it can stop when there are enough", async (_what, ask) => {
    const plan = await planOf(ask);
    expect(plan[0]).toContain("m USING INDEX messages_by_time");
    expect(plan.filter((step) => step.includes("TEMP B-TREE"))).toEqual([]);
  });
});
