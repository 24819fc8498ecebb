import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { until } from "@switchboard/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { HTTPRelayApplication } from "../../src/applications/http-relay.ts";
import { runApplication, type RunningApplication } from "../../src/testing/index.ts";

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

let app: RunningApplication | undefined;
let server: Server | undefined;
const received: Received[] = [];

afterEach(async () => {
  await app?.stop();
  server?.closeAllConnections();
  server?.close();
  received.length = 0;
});

async function relay(answer: Answer, config: Readonly<Record<string, unknown>> = {}): Promise<RunningApplication> {
  server = createServer((request, response) => {
    void read(request).then((text) => {
      const { method, url, headers } = request;
      received.push({ method, url, authorization: headers.authorization, body: JSON.parse(text) });
      response.writeHead(answer.status ?? 200, answer.headers).end(answer.body ?? "");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  app = await runApplication(HTTPRelayApplication, { config: { url: `${base}/messages`, ...config } });
  return app;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const yes = { "X-Vumi-HTTPRelay-Reply": "TRUE" };

describe("HTTPRelayApplication", () => {
  it("M52 posts the message as it is on the bus and sends the answer to the person", async () => {
    const { say, sent } = await relay({ headers: yes, body: "  pong \n" });
    await say("ping", { session_event: "new" });
    await until(() => sent.length === 1);
    expect(sent).toMatchObject([{ content: "pong", session_event: null, to_addr: "+27831" }]);
    expect(received).toMatchObject([
      {
        method: "POST",
        url: "/messages",
        authorization: undefined,
        body: { content: "ping", message_type: "user_message" },
      },
    ]);
  });

  it.each([
    ["another status", { status: 201, headers: yes, body: "x" }],
    ["no header", { body: "x" }],
    ["another value", { headers: { "X-Vumi-HTTPRelay-Reply": "1" }, body: "x" }],
    ["nothing to say", { headers: yes, body: "  " }],
  ])("M52 sends no reply with %s, and takes the message as handled", async (_name, answer) => {
    const { say, sent, parked } = await relay(answer);
    await say("ping");
    await until(() => received.length === 1);
    expect(sent).toEqual([]);
    expect(await parked()).toEqual([]);
  });

  it("does not relay the end of a session", async () => {
    const { say } = await relay({});
    await say(null, { session_event: "close" });
    await say("after");
    await until(() => received.length === 1);
    expect(received).toMatchObject([{ body: { content: "after" } }]);
  });

  it("M53 M98 posts acks, nacks and delivery reports to the address of events", async () => {
    const { report } = await relay({}, {});
    await report({ event_type: "ack", user_message_id: "m", sent_message_id: "s" });
    await report({ event_type: "nack", user_message_id: "m", nack_reason: "no" });
    await report({ event_type: "delivery_report", user_message_id: "m", delivery_status: "delivered" });
    await until(() => received.length === 3);
    expect(received.map(({ body }) => (body as { event_type: string }).event_type).toSorted()).toEqual([
      "ack",
      "delivery_report",
      "nack",
    ]);
  });

  it("sends credentials when it has a user, from the address too, and never says them", async () => {
    const { say, parked } = await relay({ status: 403 }, { username: "eva", password: "gehëim" });
    await say("x");
    await until(async () => (await parked()).length === 1);
    expect(received[0]?.authorization).toBe(`Basic ${Buffer.from("eva:gehëim").toString("base64")}`);
  });

  it.each([
    [500, "RELAY_FAILED"],
    [503, "RELAY_FAILED"],
    [429, "RELAY_FAILED"],
    [401, "RELAY_REFUSED"],
    [404, "RELAY_REFUSED"],
  ])("M52 a status of %d is an error of its own, and no crash", async (status, code) => {
    const { say, parked, sent } = await relay({ status, headers: yes, body: "no" });
    await say("x");
    await until(async () => (await parked()).length === 1);
    expect(await parked()).toEqual([code]);
    expect(sent).toEqual([]);
  });

  it("tries again when nobody listens, without saying the password of the address", async () => {
    const url = "http://eva:geheim@127.0.0.1:1/x";
    app = await runApplication(HTTPRelayApplication, { config: { url } });
    const { say, parked } = app;
    await say("x");
    await until(async () => (await parked()).length === 1);
    expect(await parked()).toEqual(["RELAY_FAILED"]);
  });

  it("refuses a reply without end", async () => {
    const { say, parked } = await relay({ headers: yes, body: "x".repeat(1_001) }, { max_reply_bytes: 1_000 });
    await say("x");
    await until(async () => (await parked()).length === 1);
    expect(await parked()).toEqual(["RELAY_REFUSED"]);
  });

  it("refuses other ways of authentication at the start", async () => {
    await expect(relay({}, { auth_method: "digest" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});
