// Searches of batches by regular expressions over HTTP: tokens, progress, pages, and patterns that take exponential time.

import { systemClock } from "@switchboard/core";
import { until } from "@switchboard/testkit";
import { afterEach, expect, it } from "vitest";
import { searchToken } from "../../src/store-http/pattern-search.ts";
import { PatternThread } from "../../src/store-http/pattern-thread.ts";
import { type ServedStore, serveStore } from "./kit.ts";

const running: ServedStore[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function serve(): Promise<ServedStore> {
  const served = await serveStore("vumi.components.message_store_api.MessageStoreAPIWorker");
  running.push(served);
  return served;
}

const hell = [{ key: "msg.content", pattern: "hell.+", flags: "i" }];

async function start({ url, batchId }: ServedStore, query: unknown, headers: Record<string, string> = {}) {
  const body = JSON.stringify(query);
  const response = await fetch(`${url}/batch/${batchId}/inbound/match/`, { method: "POST", body, headers });
  return {
    status: response.status,
    token: response.headers.get("x-vms-result-token") ?? "",
    text: await response.text(),
  };
}

async function results({ url, batchId }: ServedStore, token: string, query = "") {
  const response = await fetch(`${url}/batch/${batchId}/inbound/match/?token=${token}${query}`);
  return {
    rows: (await response.json()) as { content: string }[],
    count: response.headers.get("x-vms-result-count"),
    inProgress: response.headers.get("x-vms-match-in-progress"),
    type: response.headers.get("content-type"),
  };
}

it("S19 makes the tokens that Vumi made", () => {
  expect(searchToken("inbound", [{ key: "msg.content", pattern: ".*", flags: "i" }])).toBe(
    "inbound-d2165f7f151fca9afa6799e8508ab7f9",
  );
  expect(searchToken("inbound", [{ a: "b", c: "d" }])).toBe("inbound-7443e10f168d2015ff39f92ff907c6d0");
  expect(searchToken("outbound", hell)).toBe("outbound-3c0f60ba947bde010bb8f138b7075991");
  const two = [
    { key: "b", pattern: "é" },
    { key: "a", pattern: "x" },
  ];
  expect(searchToken("inbound", two)).toBe(searchToken("inbound", two.toReversed()));
});

it("S19 finds the messages that any condition fits, newest first, and nothing in what is empty", async () => {
  const served = await serve();
  await served.add(1, { content: "Hello there" });
  await served.add(2, { content: "good bye" });
  await served.add(3, { content: "a shell game", helper_metadata: { tag: { tag: "hello" } } });
  await served.add(4, { content: null, from_addr: "hello@example.com" });
  const contents = async (query: unknown): Promise<unknown[]> => {
    const { token } = await start(served, query, { "x-vms-match-wait": "1" });
    const { rows, count } = await results(served, token);
    expect(count).toBe(String(rows.length));
    return rows.map(({ content }) => content);
  };
  expect(await contents(hell)).toEqual(["a shell game", "Hello there"]);
  expect(await contents([{ ...hell[0], flags: "" }])).toEqual(["a shell game"]);
  expect(await contents([...hell, { key: "msg.from_addr", pattern: "^hello@", flags: "" }])).toEqual([
    null,
    "a shell game",
    "Hello there",
  ]);
  expect(await contents([{ key: "msg.helper_metadata.tag.tag", pattern: "^hello$", flags: "" }])).toEqual([
    "a shell game",
  ]);
  expect(await contents([{ key: "msg.content", pattern: "^$", flags: "" }])).toEqual([]);
});

it("S25 gives a token at once, tells that it is in progress, and pages through the result", async () => {
  const served = await serve();
  for (let second = 0; second < 30; second++) await served.add(second, { content: `hello ${second}` });
  const { status, token } = await start(served, hell);
  expect([status, token]).toEqual([200, searchToken("inbound", hell)]);
  await until(async () => (await results(served, token)).inProgress === "0");
  const first = await results(served, token);
  expect(first).toMatchObject({ count: "30", type: "application/json; charset=utf-8" });
  expect(first.rows.map(({ content }) => content)).toEqual(Array.from({ length: 20 }, (_, i) => `hello ${29 - i}`));
  const next = await results(served, token, "&start=20&stop=21");
  expect(next.rows.map(({ content }) => content)).toEqual(["hello 9", "hello 8"]);
  const [id] = (await results(served, token, "&keys=1&asc=1&stop=0")).rows as unknown as string[];
  expect(await served.store.read.message("inbound", id ?? "")).toMatchObject({ content: "hello 0" });
  // The same search again is not run again: what has come since is not in it.
  await served.add(40, { content: "hello again" });
  expect((await start(served, hell, { "x-vms-match-wait": "1" })).token).toBe(token);
  expect(await results(served, token)).toMatchObject({ count: "30" });
  const nothing = await start(served, [{ key: "msg.content", pattern: "nothing", flags: "" }], {
    "x-vms-match-wait": "1",
  });
  expect(await results(served, nothing.token)).toMatchObject({ rows: [], count: "0", inProgress: "0" });
});

it("S25 shows a search in progress while it waits for a slow pattern, which holds up nobody else", async () => {
  const served = await serve();
  await served.add(1, { content: `${"a".repeat(60)}!` });
  await served.add(2, { content: "aaa" });
  const { token } = await start(served, [{ key: "msg.content", pattern: "^(a+)+$", flags: "" }]);
  expect((await results(served, token)).inProgress).toBe("1");
  const ended = await until(async () => {
    const page = await results(served, token);
    return page.inProgress === "0" ? page : undefined;
  });
  // What took too long does not match; what came after it was looked at all the same.
  expect(ended.rows.map(({ content }) => content)).toEqual(["aaa"]);
});

it("ends the thread of a pattern that takes too long and goes on with another one", async () => {
  const thread = new PatternThread([{ key: "msg.content", pattern: "(a+)+$", flags: "g" }], systemClock);
  expect(await thread.matches(["aaa"])).toBe(true);
  expect(await thread.matches([`${"a".repeat(60)}!`])).toBe(false);
  expect(thread.tooSlow).toBe(1);
  expect([await thread.matches(["aaa"]), await thread.matches(["aaa"]), await thread.matches([null])]).toEqual([
    true,
    true,
    false,
  ]);
  await thread.close();
});

it("S26 answers a batch's path with its id, and the index with nothing", async () => {
  const { url, batchId } = await serve();
  const get = async (path: string) => {
    const response = await fetch(`${url}${path}`);
    return [response.status, await response.text()];
  };
  expect(await get("/batch/")).toEqual([200, ""]);
  expect(await get(`/batch/${batchId}/`)).toEqual([200, batchId]);
  expect(await get("/other/")).toEqual([404, "Not Found"]);
  expect(await get("/../health/")).toEqual([200, "ok"]);
  expect((await get(`/batch/${batchId}/sideways/match/`))[0]).toBe(404);
});

it("refuses what is no query, and ranks and tokens that are none", async () => {
  const served = await serve();
  for (const query of [{}, [], [{ key: "msg.content" }], [{ key: "msg.content", pattern: "(", flags: "" }]]) {
    expect((await start(served, query)).status).toBe(400);
  }
  expect((await start(served, hell, { "x-vms-match-ttl": "soon" })).status).toBe(400);
  const path = `${served.url}/batch/${served.batchId}/inbound/match/`;
  expect((await fetch(`${path}?token=x`)).status).toBe(400);
  expect((await fetch(`${path}?token=${searchToken("inbound", hell)}&start=-1`)).status).toBe(400);
});
