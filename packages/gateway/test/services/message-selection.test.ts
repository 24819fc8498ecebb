// Messages chosen by a query and acted upon on the server: counted, sent again, written to a file that is downloaded.

import { text } from "node:stream/consumers";
import { TaskFile } from "@switchboard/server/tasks";
import { until } from "@switchboard/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "./kit.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  for (const content of ["alpha 1", "alpha 2", "alpha 3", "beta"]) await gateway.say(content);
});

afterAll(() => gateway.stop());

type Row = Record<string, unknown>;
const select = (choice: object) => gateway.call<Row>("messages.select", [choice]);
const contents = async (query: string): Promise<unknown[]> =>
  (await gateway.call<{ rows: Row[] }>("messages.search", [query, {}])).rows.map(({ content }) => content).toReversed();

it("counts what a query, a range or ids mean", async () => {
  expect(await select({ query: "alpha type:in" })).toMatchObject({ count: 3, is_capped: false, skipped_filters: [] });
  expect(await select({ query: "alpha nonsense:1" })).toMatchObject({ skipped_filters: ["nonsense:1"] });
  expect(await select({ query: "type:in", to: new Date(0) })).toMatchObject({ count: 0, newest: null });
  const { rows } = await gateway.call<{ rows: Row[] }>("messages.search", ["beta type:in", {}]);
  expect(await select({ ids: [rows[0]?.["id"]] })).toMatchObject({ count: 1, newest: expect.any(Date) });
});

it("sends all that a query means again, the oldest first, and not what it has just sent", async () => {
  const result = await gateway.run("messages.resend", { query: "alpha type:in", expected: 3 });
  expect(result).toEqual({ done: 3, of: 3, skipped: [], first_id: expect.any(String) });
  await until(async () => (await contents("alpha type:out")).length === 6);
  expect(await contents("alpha type:in")).toEqual(["alpha 1", "alpha 2", "alpha 3", "alpha 1", "alpha 2", "alpha 3"]);
});

it("sends nothing when there are others than were expected", async () => {
  await expect(gateway.run("messages.resend", { query: "beta typ:in" })).rejects.toMatchObject({
    message: expect.stringContaining("not understood: typ:in"),
  });
  await expect(gateway.run("messages.resend", { query: "beta type:in", expected: 3 })).rejects.toMatchObject({
    errno: 70,
    extra: { code: "SELECTION_CHANGED", count: 1 },
  });
  expect(await contents("beta type:in")).toEqual(["beta"]);
});

it("writes a file that is downloaded meanwhile", async () => {
  const file = new TaskFile("messages.jsonl", "download");
  const downloaded = text(file.stream);
  const result = await gateway.server.tasks.run("messages.export", [{ query: "beta", format: "json" }, file]);
  expect(result).toEqual({ done: 2, of: 2 });
  const rows = (await downloaded)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
  expect(rows.map(({ content, direction }) => `${String(content)} ${String(direction)}`).toSorted()).toEqual([
    "beta inbound",
    "beta outbound",
  ]);
});
