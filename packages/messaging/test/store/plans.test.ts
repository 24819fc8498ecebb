// How SQLite answers what people and the console ask most often: by an index, in its order, so that a million stored messages make no difference.

import { join } from "node:path";
import { TestClock } from "@switchboard/core/testing";
import { openSql, type Sql } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";
import { CompiledQuery, type KyselyPlugin, type RootOperationNode } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatTimestamp } from "../../src/message/timestamp.ts";
import { createUserMessage } from "../../src/message/user-message.ts";
import { BlockBuilder } from "../../src/store/block-builder.ts";
import type { FilterField, MessageFilter } from "../../src/store/message-filter.ts";
import { MessageReader } from "../../src/store/message-reader.ts";
import { openMessageStore } from "../../src/store/message-store.ts";

let sql: Sql;
let reader: MessageReader;
let asked: RootOperationNode[] = [];

beforeAll(async () => {
  sql = await openSql({ driver: "sqlite", path: join(tempFolder(), "plans.db") });
  const clock = new TestClock();
  const store = await openMessageStore({ sql, clock, maintains: false });
  const fields = { from_addr: "+1", to_addr: "8", transport_name: "sms", transport_type: "sms", content: "needle" };
  // More than are looked at together at first.
  for (let number = 0; number < 18; number++) {
    // Every second block has the provider.
    const provider = number % 2 === 0 ? "mtn" : null;
    const timestamp = formatTimestamp(clock.now() - 60_000 + number * 1_000);
    await store.addMessage("inbound", createUserMessage({ ...fields, provider, timestamp }, { clock }));
  }
  const builder = new BlockBuilder({ sql, clock, messagesPerBlock: 1 });
  while (await builder.step());
  await store.close();
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

/** What SQLite does for what `ask` asks: the steps of each statement. */
async function plansOf(ask: () => Promise<unknown>): Promise<string[][]> {
  asked = [];
  await ask();
  const executor = sql.db.getExecutor();
  const plans: string[][] = [];
  for (const node of asked) {
    const query = executor.compileQuery(node, { queryId: "plan" });
    const { rows } = await sql.db.executeQuery<{ detail: string }>(
      CompiledQuery.raw(`EXPLAIN QUERY PLAN ${query.sql}`, [...query.parameters]),
    );
    plans.push(rows.map(({ detail }) => detail));
  }
  return plans;
}

const where = (field: FilterField, value: string): MessageFilter => ({ conditions: [{ field, values: [value] }] });
const not = (field: FilterField, value: string): MessageFilter => ({
  conditions: [{ field, values: [value], not: true }],
});
const text = (value: string): MessageFilter => ({ text: [{ value }] });
const place = { tsUs: 1, messageId: "m" };
// The last block is the end of its index.
const isScan = (step: string): boolean => /^SCAN (?:m|f|b|c)\b|^SCAN message_blocks$/.test(step);

describe("SQLite finds", () => {
  it.each([
    ["a message by its id", () => reader.message("inbound", "m"), "direction=? AND message_id=?"],
    ["messages by ids", () => reader.withIds(["m", "n"]), "direction=? AND message_id=?"],
    ["an id that is searched for", () => reader.list(where("id", "m"), 9), "direction=? AND message_id=?"],
    ["a person's messages", () => reader.list(where("person", "+1"), 9), "messages_by_remote_time (remote_addr=?)"],
    ["what is from somebody", () => reader.list(where("from", "+1"), 9), "messages_by_remote_time (remote_addr=?)"],
    [
      "people",
      () => reader.list(where("person", "+2*"), 9),
      "messages_by_remote_time (remote_addr>? AND remote_addr<?)",
    ],
    ["how many people", () => reader.count(where("person", "+2*")), "messages_by_remote_time (remote_addr>?"],
    ["ids", () => reader.list(where("id", "n*"), 9), "direction=? AND message_id>? AND message_id<?"],
    ["what answers ids", () => reader.list(where("reply", "n*"), 9), "messages_by_reply (in_reply_to>?"],
    ["a channel's messages", () => reader.list(where("channel", "sms"), 9), "messages_by_transport_time"],
    ["answers", () => reader.answersTo("m"), "messages_by_reply (in_reply_to=?)"],
    ["events", () => reader.eventsOf("m"), "events_by_message (user_message_id=?)"],
    ["a trail", () => reader.trail(["m", "n"]), "message_trail_by_message (message_id=?)"],
    ["blocks that have a state", () => reader.list(where("state", "parked"), 9), "(from_us=? AND field=? AND value=?)"],
    ["blocks that have errors", () => reader.list(where("error", "*"), 9), "(from_us=? AND field=?)"],
    ["blocks without a state", () => reader.list(not("state", "waiting"), 9), "(from_us=? AND field=? AND value=?)"],
    ["texts", () => reader.list(text("need"), 9), "message_texts_1 VIRTUAL TABLE"],
    ["two letters that few have", () => reader.list(text("no"), 9), "message_letters_1 VIRTUAL TABLE"],
    ["what blocks have counted", () => reader.histogram({ fromUs: 0, toUs: 9_000 }, 9), "(from_us>? AND from_us<?)"],
    ["what is counted of a state", () => reader.count(where("state", "parked")), "(from_us=? AND field=? AND value=?)"],
  ])("%s by an index", async (_what, ask, index) => {
    const plan = (await plansOf(ask)).flat();
    expect(plan.join("\n")).toContain(index);
    expect(plan.filter(isScan)).toEqual([]);
  });

  it.each([
    ["the newest", () => reader.list({}, 9)],
    ["those behind a place", () => reader.list({}, 9, place)],
    ["those with two letters that many have", () => reader.list(text("ne"), 9)],
  ])("%s newest first without sorting, so that it can stop when there are enough", async (_what, ask) => {
    const plan = (await plansOf(ask)).at(-1) ?? [];
    expect(plan[0]).toContain("m USING INDEX messages_by_time");
    expect(plan.filter((step) => step.includes("TEMP B-TREE"))).toEqual([]);
  });

  it("a message whose id begins like something at its time", async () => {
    const [newest] = await reader.list({}, 1);
    const id = newest?.message.message_id ?? "";
    const [, own = []] = await plansOf(() => reader.list(where("id", `${id.slice(0, 8)}*`), 9));
    expect(own.join("\n")).toContain("m USING INDEX messages_by_time (ts_us>? AND ts_us<?)");
  });

  it("messages in the blocks that may have some, beginning with these", async () => {
    const [, found = []] = await plansOf(() => reader.list(where("provider", "mtn"), 9));
    expect(found.join("\n")).toMatch(/SCAN r\n.*m USING INDEX messages_by_time \(ts_us>\? AND ts_us<\?\)/);
  });
});
