// The relay between a RapidSMS that the test plays, over HTTP, and people on a bus in memory.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { until } from "@switchboard/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { RapidSMSRelay } from "../../src/applications/index.ts";
import { endpointOf } from "../../src/message/envelope.ts";
import type { UserMessage } from "../../src/message/user-message.ts";
import { runApplication, type RunningApplication } from "../../src/testing/index.ts";

interface Posted {
  readonly authorization: string | undefined;
  readonly message: unknown;
}

interface World extends RunningApplication {
  /** What RapidSMS got. */
  readonly posted: Posted[];
  /** What RapidSMS answers; 200 until it is changed. */
  answerWith(status: number): void;
  /** What RapidSMS posts; a text goes as it is. */
  post(body: unknown, options?: { path?: string; method?: string; login?: string }): Promise<Response>;
}

async function start(config: Readonly<Record<string, unknown>> = {}): Promise<World> {
  const posted: Posted[] = [];
  let status = 200;
  const rapidSms = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const message: unknown = JSON.parse(Buffer.concat(chunks).toString());
      posted.push({ authorization: request.headers.authorization, message });
      response.writeHead(status).end("thanks");
    });
  });
  rapidSms.listen(0, "127.0.0.1");
  await once(rapidSms, "listening");
  const { port } = rapidSms.address() as AddressInfo;
  const app = await runApplication(RapidSMSRelay, {
    config: {
      web_path: "/send",
      web_port: 0,
      web_host: "127.0.0.1",
      rapidsms_url: `http://127.0.0.1:${port}/router`,
      send_to: { default: { transport_name: "sms" }, other: { transport_name: "ussd" } },
      ...config,
    },
  });
  onTestFinished(async () => {
    await app.stop();
    rapidSms.closeAllConnections();
    rapidSms.close();
  });
  const relay = app.worker as RapidSMSRelay;
  return {
    ...app,
    posted,
    answerWith: (next) => (status = next),
    post: (body, { path = "/send", method = "POST", login } = {}) =>
      fetch(`http://127.0.0.1:${relay.port}${path}`, {
        method,
        ...(method === "GET" ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
        ...(login === undefined
          ? {}
          : { headers: { authorization: `Basic ${Buffer.from(login).toString("base64")}` } }),
      }),
  };
}

describe("towards RapidSMS", () => {
  it("posts what people write, and ends of sessions, with its credentials", async () => {
    const world = await start({ rapidsms_username: "vumi", rapidsms_password: "p:ß" });
    await world.say("hello", { session_event: "new" });
    await world.say(null, { session_event: "close" });
    await until(() => world.posted.length === 2);
    const authorization = `Basic ${Buffer.from("vumi:p:ß").toString("base64")}`;
    expect(world.posted).toMatchObject([
      { authorization, message: { content: "hello", session_event: "new", message_type: "user_message" } },
      { authorization, message: { content: null, session_event: "close" } },
    ]);
    expect(world.sent).toEqual([]);
  });

  it.each([
    [503, "RELAY_FAILED"],
    [404, "RELAY_REFUSED"],
  ])("sets aside what RapidSMS answers with %i after the last try", async (status, code) => {
    const world = await start();
    world.answerWith(status);
    await world.say("hello");
    await until(async () => (await world.parked()).length > 0);
    expect(await world.parked()).toEqual([code]);
  });
});

describe("from RapidSMS", () => {
  it("M54 sends one message to each address, and answers with exactly what was published", async () => {
    const world = await start();
    const response = await world.post({ content: "žluťoučký 🐎", to_addr: ["+1", "+2"] });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json; charset=utf-8"]);
    const answer = (await response.json()) as UserMessage[];
    expect(answer).toEqual(world.sent);
    expect(world.sent).toMatchObject([
      { to_addr: "+1", content: "žluťoučký 🐎", in_reply_to: null, transport_name: "sms" },
      { to_addr: "+2", content: "žluťoučký 🐎", in_reply_to: null, transport_name: "sms" },
    ]);
  });

  it("M55 uses the endpoint that is asked for, default otherwise", async () => {
    const world = await start({ allowed_endpoints: ["default", "other"] });
    await world.post({ content: "a", to_addr: ["+1"] });
    await world.post({ content: "b", to_addr: ["+1"], endpoint: "other" });
    expect(world.sent.map((message) => [endpointOf(message), message.transport_name])).toEqual([
      ["default", "sms"],
      ["other", "ussd"],
    ]);
  });

  it("M99 needs neither allowed_endpoints nor a store when replies are off", async () => {
    const world = await start({ allow_replies: false });
    expect((await world.post({ content: "a", to_addr: ["+1"] })).status).toBe(200);
    await world.say("hello");
    await until(() => world.posted.length === 1);
    expect(await world.keyValue.keys()).toEqual([]);
    const reply = await world.post({ content: "b", to_addr: [], in_reply_to: "in1" });
    expect([reply.status, await reply.text()]).toEqual([400, "in_reply_to: replies are switched off"]);
  });

  it("M54 replies to the message that it names, to its sender and to nobody else, for as long as it is remembered", async () => {
    const world = await start({ vumi_reply_timeout: 60 });
    await world.say("question");
    await until(() => world.posted.length === 1);
    const [question] = world.posted.map(({ message }) => message as UserMessage);
    const message_id = question?.message_id ?? "";
    const reply = { content: "answer", in_reply_to: message_id };
    expect(await world.keyValue.keys()).toEqual([`messages:${message_id}`]);
    expect((await world.post({ ...reply, to_addr: [] })).status).toBe(200);
    expect((await world.post({ ...reply, to_addr: ["+27831"], endpoint: "ignored" })).status).toBe(200);
    expect(world.sent).toMatchObject([
      { to_addr: "+27831", in_reply_to: message_id },
      { to_addr: "+27831", in_reply_to: message_id },
    ]);
    expect((await world.post({ ...reply, to_addr: ["+1"] })).status).toBe(400);
    expect((await world.post({ ...reply, to_addr: ["+27831", "+27831"] })).status).toBe(400);
    await world.clock.advance(60_000);
    expect((await world.post({ ...reply, to_addr: [] })).status).toBe(400);
    expect(world.sent).toHaveLength(2);
  });

  it.each([
    ["to_addr that is no list", { content: "a", to_addr: "+1" }, 400],
    ["an endpoint that is not allowed", { content: "a", to_addr: ["+1"], endpoint: "secret" }, 400],
    ["an unknown message to reply to", { content: "a", to_addr: [], in_reply_to: "never" }, 400],
    ["no content", { to_addr: ["+1"] }, 500],
    ["no to_addr", { content: "a" }, 500],
    ["something that is not JSON", "no", 500],
    ["a list", "[]", 500],
  ])("M54 refuses %s", async (_, body, status) => {
    const world = await start();
    const response = await world.post(body);
    expect([response.status, response.headers.get("content-type")]).toEqual([status, "text/plain; charset=utf-8"]);
    expect(world.sent).toEqual([]);
  });

  it("M54 asks for user and password where they are configured, but not for its health", async () => {
    const world = await start({ vumi_username: "rapid", vumi_password: "s:cret" });
    const body = { content: "a", to_addr: ["+1"] };
    for (const login of [undefined, "rapid:wrong", "wrong:s:cret"]) {
      const response = await world.post(body, login === undefined ? {} : { login });
      expect([response.status, await response.text()]).toEqual([401, "Unauthorized"]);
      expect(response.headers.get("www-authenticate")).toBe('Basic realm="RapidSMS Relay"');
    }
    expect(world.sent).toEqual([]);
    expect((await world.post(body, { login: "rapid:s:cret", method: "PUT" })).status).toBe(200);
    const health = await world.post(undefined, { path: "/health", method: "GET" });
    expect([health.status, await health.text()]).toEqual([200, "OK"]);
  });
});
