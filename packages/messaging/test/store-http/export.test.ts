// Batches as files over HTTP: formats, ranges, pages, who may ask, and readers that go away. Numbers are those of the store's checks.

import { once } from "node:events";
import { connect } from "node:net";
import { until } from "@switchboard/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { createEvent } from "../../src/index.ts";
import { exportLines } from "../../src/store-http/batch-export.ts";
import { type ServedStore, serveStore } from "./kit.ts";

const running: ServedStore[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function serve(config: object = {}): Promise<ServedStore> {
  const served = await serveStore("vumi.components.message_store_resource.MessageStoreResourceWorker", config);
  running.push(served);
  return served;
}

async function get(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers });
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
}

describe("exports", () => {
  it("S27 gives JSON, one message per line, also across several pages of the store", async () => {
    const { url, batchId, add } = await serve();
    const messages = [];
    for (let second = 0; second < 20; second++) messages.push(await add(second));
    const { status, type, text } = await get(`${url}/${batchId}/inbound.json`);
    expect([status, type]).toEqual([200, "application/json; charset=utf-8"]);
    expect(text.endsWith("}\n")).toBe(true);
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    const byId = messages.toSorted((one, other) => (one.message_id < other.message_id ? -1 : 1));
    expect(lines).toEqual(byId.map((message) => JSON.parse(JSON.stringify(message)) as unknown));
    expect((await get(`${url}/${batchId}/inbound.json?concurrency=3`)).text).toBe(text);
    expect((await get(`${url}/no-such-batch/inbound.json`)).text).toBe("");
  });

  it("S28 gives CSV with a header, quoted only where needed, whatever letters are in it", async () => {
    const { url, batchId, add } = await serve();
    const plain = await add(1, { content: "Zoë 🐍", group: "#chat", session_event: "new" });
    const odd = await add(2, { content: 'say "hi", you\nthere', in_reply_to: plain.message_id, from_addr: null });
    const { type, text } = await get(`${url}/${batchId}/inbound.csv?start=2015-04-01`);
    expect(type).toBe("text/csv; charset=utf-8");
    expect(text).toBe(
      [
        "timestamp,message_id,to_addr,from_addr,in_reply_to,session_event,content,group",
        `2015-04-01T12:00:01.000000,${plain.message_id},8000,+271,,new,Zoë 🐍,#chat`,
        `2015-04-01T12:00:02.000000,${odd.message_id},8000,,${plain.message_id},,"say ""hi"", you\nthere",`,
        "",
      ].join("\r\n"),
    );
    expect((await get(`${url}/no-such-batch/outbound.csv`)).text).toMatch(/^timestamp,.*group\r\n$/);
  });

  it("S29 gives events with their statuses, the newest first", async () => {
    const { url, batchId, store } = await serve();
    const at = (second: number) => ({ timestamp: `2015-04-01 12:00:0${second}.000000`, user_message_id: "m1" });
    const events = [
      createEvent({ event_type: "ack", sent_message_id: "s1", ...at(1) }),
      createEvent({ event_type: "nack", nack_reason: "no, never", ...at(2) }),
      createEvent({ event_type: "delivery_report", delivery_status: "delivered", ...at(3) }),
    ];
    for (const event of events) await store.addEvent(event, [batchId]);
    const [ack = "", nack = "", report = ""] = events.map(({ event_id }) => event_id);
    expect((await get(`${url}/${batchId}/events.csv`)).text.split("\r\n")).toEqual([
      "timestamp,event_id,status,user_message_id,nack_reason",
      `2015-04-01T12:00:03.000000,${report},delivery_report.delivered,m1,`,
      `2015-04-01T12:00:02.000000,${nack},nack,m1,"no, never"`,
      `2015-04-01T12:00:01.000000,${ack},ack,m1,`,
      "",
    ]);
    const json = (await get(`${url}/${batchId}/events.json`)).text.trimEnd().split("\n");
    expect(json.map((line) => (JSON.parse(line) as { event_id: string }).event_id)).toEqual([report, nack, ack]);
  });

  it("S30 gives what lies between two times, both included, and refuses what is no time or comes twice", async () => {
    const { url, batchId, add } = await serve();
    for (const second of [1, 2, 3, 4]) await add(second);
    const contents = async (query: string): Promise<string[]> =>
      (await get(`${url}/${batchId}/inbound.json?${query}`)).text
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { content: string }).content.replace("message ", ""));
    expect(await contents("start=2015-04-01T12:00:02")).toEqual(["2", "3", "4"]);
    expect(await contents("end=2015-04-01 12:00:02.000000Z")).toEqual(["1", "2"]);
    expect(await contents("start=2015-04-01T12:00:02Z&end=2015-04-01T14:00:03%2B02:00")).toEqual(["2", "3"]);
    expect(await contents("start=2015-04-01&end=2015-04-02")).toEqual(["1", "2", "3", "4"]);
    expect(new Set(await contents(""))).toEqual(new Set(["1", "2", "3", "4"]));
    const refusals = {
      "start=foo": "Invalid 'start' parameter: Unable to parse date string 'foo'",
      "end=2015-02-30": "Invalid 'end' parameter: Unable to parse date string '2015-02-30'",
      "start=2015-04-01&start=2015-04-02": "Invalid 'start' parameter: Too many values",
    };
    for (const [query, text] of Object.entries(refusals)) {
      expect(await get(`${url}/${batchId}/inbound.csv?${query}`)).toMatchObject({ status: 400, text });
    }
  });

  it("S31 fetches four of six messages, two at a time, for a reader that stops after three", async () => {
    const { store, batchId, add } = await serve();
    for (let second = 0; second < 6; second++) await add(second);
    const fetched: string[] = [];
    const message = (direction: "inbound" | "outbound", id: string) => {
      fetched.push(id);
      return store.read.message(direction, id);
    };
    const watched = { batches: store.batches, read: { message } } as unknown as typeof store;
    const wanted = { batchId, kind: "inbound", format: "json", range: {}, concurrency: 2 } as const;
    let read = 0;
    for await (const line of exportLines(watched, wanted)) {
      expect(line).toMatch(/^\{.*\}\n$/);
      read += 1;
      if (read === 3) break;
    }
    expect(fetched).toHaveLength(4);
  });

  it("S31 waits for a reader that does not read, and stops when it goes away", async () => {
    const { store, url, batchId, add } = await serve();
    const content = "x".repeat(100_000);
    for (let second = 0; second < 59; second++) for (const _ of [1, 2, 3]) await add(second, { content });
    let fetched = 0;
    const message = store.read.message.bind(store.read);
    store.read.message = (...args) => {
      fetched += 1;
      return message(...args);
    };
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    await once(socket, "connect");
    socket.write(`GET /api/${batchId}/inbound.json?concurrency=1 HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(socket, "readable");
    // What fits into the buffers between us, and then no more.
    let before = -1;
    await until(
      () => {
        const isStill = fetched === before;
        before = fetched;
        return isStill;
      },
      { everyMs: 200 },
    );
    expect(fetched).toBeLessThan(177);
    socket.destroy();
    await once(socket, "close");
    await until(async () => (await get(`${url}/../health/`)).text === "OK");
    expect(fetched).toBeLessThan(177);
  });

  it("answers 404 to other paths, 405 to other methods, and OK to whoever asks after its health", async () => {
    const { url, batchId } = await serve();
    for (const path of [`/${batchId}/inbound.xml`, `/${batchId}/failures.json`, `/${batchId}`, "/x/y/z"]) {
      expect((await get(`${url}${path}`)).status).toBe(404);
    }
    expect((await fetch(`${url}/${batchId}/inbound.json`, { method: "POST" })).status).toBe(405);
    expect(await get(url.replace("/api", "/health/"))).toMatchObject({ status: 200, text: "OK" });
    expect((await get(`${url}/${batchId}/inbound.json?concurrency=0`)).status).toBe(400);
  });

  it("tells nobody anything without the password, where one is set", async () => {
    const { url, batchId, add } = await serve({ web_username: "nomsa", web_password: "open sesame" });
    await add(1);
    const login = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });
    expect((await get(`${url}/${batchId}/inbound.json`)).status).toBe(401);
    expect((await get(`${url}/${batchId}/inbound.json`, login("nomsa:wrong"))).status).toBe(401);
    expect((await get(`${url}/no/path`)).status).toBe(401);
    expect((await get(`${url}/${batchId}/inbound.json`, login("nomsa:open sesame"))).text).toContain("message 1");
    expect((await get(url.replace("/api", "/health/"))).status).toBe(200);
  });
});
