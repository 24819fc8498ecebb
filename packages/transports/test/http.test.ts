import { runTransport, type RunningTransport } from "@switchboard/messaging/testing";
import { until } from "@switchboard/testkit";
import { connect } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import {
  type HttpRequest,
  HttpApiTransport,
  HttpRpcTransport,
  OldSimpleHttpTransport,
  OldTemplateHttpTransport,
} from "../src/index.ts";

class TestRpcTransport extends HttpRpcTransport {
  readonly transportType: string = "http_api";
  requests: HttpRequest[] = [];

  protected override async handleRequest(request: HttpRequest): Promise<void> {
    this.requests.push(request);
    if (request.parameters.has("fail")) throw new Error("cannot");
    const content = request.parameters.get("content")?.[0] ?? request.body.toString();
    const { to_addr } = await this.publishMessage({ message_id: request.id, to_addr: "8000", from_addr: "1", content });
    this.noteAddress(request.id, to_addr);
  }
}

let running: RunningTransport<HttpRpcTransport> | undefined;
const logged: string[] = [];

afterEach(async () => {
  await running?.stop();
  running = undefined;
  logged.length = 0;
});

async function start<Kind extends HttpRpcTransport>(
  transport: abstract new (...args: never[]) => Kind,
  config: Readonly<Record<string, unknown>> = {},
): Promise<RunningTransport<Kind>> {
  const note = (_fields: object, line: string): void => void logged.push(line);
  const started = await runTransport(transport, {
    config: { web_path: "/api/rpc", web_host: "127.0.0.1", ...config },
    logger: { debug: () => undefined, info: () => undefined, warn: note, error: note },
  });
  running = started as unknown as RunningTransport<HttpRpcTransport>;
  return started;
}

const url = ({ transport }: RunningTransport<HttpRpcTransport>, path: string): string =>
  `http://127.0.0.1:${transport.port}${path}`;
const responseTimes = ({
  statuses,
}: RunningTransport<HttpRpcTransport>): RunningTransport<HttpRpcTransport>["statuses"] =>
  statuses.filter(({ component }) => component === "response");
const basic = (user: string, password: string): { Authorization: string } => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});

describe("HttpRpcTransport", () => {
  it("2.8.2 holds a request until its reply comes, which is its answer, and acknowledges the reply", async () => {
    const http = await start(TestRpcTransport);
    const answer = fetch(url(http, "/api/rpc?content=h%C3%A9"));
    await until(() => http.inbound.length === 1);
    expect(http.inbound[0]).toMatchObject({
      content: "hé",
      transport_name: "channel",
      message_id: http.transport.requests[0]?.id,
    });
    const reply = await http.send({ in_reply_to: http.inbound[0]?.message_id ?? "", content: "žluť" });
    const response = await answer;
    expect([response.status, await response.text()]).toEqual([200, "žluť"]);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    await until(() => http.events.length === 1);
    expect(http.events[0]).toMatchObject({
      event_type: "ack",
      user_message_id: reply.message_id,
      sent_message_id: reply.message_id,
    });
    expect(http.transport.pendingRequests).toBe(0);
  });

  it("finds each of many requests its own reply, whatever the order", async () => {
    const http = await start(TestRpcTransport);
    const answers = Array.from({ length: 50 }, async (_, index) =>
      (await fetch(url(http, `/api/rpc?content=${index}`))).text(),
    );
    await until(() => http.inbound.length === 50);
    for (const { message_id, content } of http.inbound.toReversed())
      await http.send({ in_reply_to: message_id, content: `re ${content}` });
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 50 }, (_, index) => `re ${index}`));
  });

  it.each([
    [{ in_reply_to: null, content: "x" }, "Missing fields: in_reply_to"],
    [{ in_reply_to: "a", content: null }, "Missing fields: content"],
    [{ in_reply_to: null, content: "" }, "Missing fields: in_reply_to, content"],
  ])("2.8.3 refuses %j", async (fields, nack_reason) => {
    const http = await start(TestRpcTransport);
    const { message_id } = await http.send(fields);
    await until(() => http.events.length === 1);
    expect(http.events[0]).toMatchObject({ event_type: "nack", nack_reason, sent_message_id: message_id });
    expect(http.failures).toEqual([]);
  });

  it("acknowledges a reply to a request that does not wait any more", async () => {
    const http = await start(TestRpcTransport);
    await http.send({ in_reply_to: "never", content: "late" });
    await until(() => http.events.length === 1);
    expect(http.events[0]).toMatchObject({ event_type: "ack" });
  });

  it("2.8.4 answers a request that has waited long enough, at that moment, and reports it", async () => {
    const config = { request_timeout: 10, request_timeout_status_code: 418, request_timeout_body: "teapot" };
    const http = await start(TestRpcTransport, config);
    const answer = fetch(url(http, "/api/rpc?content=x"));
    await until(() => http.inbound.length === 1);
    await http.clock.advance(9_999);
    expect(http.transport.pendingRequests).toBe(1);
    await http.clock.advance(1);
    const response = await answer;
    expect([response.status, await response.text()]).toEqual([418, "teapot"]);
    expect(logged).toEqual(["Timing out 8000"]);
    await until(() => responseTimes(http).length === 1);
    expect(responseTimes(http)[0]).toMatchObject({
      component: "response",
      status: "down",
      type: "timeout",
      details: { response_time: 10 },
    });
    expect(http.clock.pendingTimers).toBe(0);
  });

  it("does not wait for ever for a client that never ends its request when it stops", async () => {
    const http = await start(TestRpcTransport);
    const socket = connect({ port: http.transport.port, host: "127.0.0.1" });
    await once(socket, "connect");
    socket.write("POST /api/rpc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nnot all");
    const closed = once(socket, "close");
    // Answered, so the request before this one on another connection has been seen.
    await (await fetch(url(http, "/health"))).text();
    const stopped = http.transport.stop();
    await until(() => http.clock.pendingTimers === 1);
    await http.clock.advance(5_000);
    await Promise.all([stopped, closed]);
    expect(http.clock.pendingTimers).toBe(0);
  });

  it("2.8.5 reports how quick replies are, once per change", async () => {
    const http = await start(TestRpcTransport);
    const roundTrip = async (takesMs: number): Promise<void> => {
      const before = http.inbound.length;
      const answer = fetch(url(http, "/api/rpc?content=x"));
      await until(() => http.inbound.length > before);
      await http.clock.advance(takesMs);
      await http.send({ in_reply_to: http.inbound.at(-1)?.message_id ?? "", content: "y" });
      await (await answer).text();
    };
    for (const takesMs of [0, 0, 1_001, 1_500, 10_001, 5]) await roundTrip(takesMs);
    await until(() => responseTimes(http).length === 4);
    expect(responseTimes(http).map(({ status, type, reasons }) => [status, type, reasons])).toEqual([
      ["ok", "response_sent", []],
      ["degraded", "slow_response", ["Response took longer than 1.000000s"]],
      ["down", "very_slow_response", ["Response took longer than 10.000000s"]],
      ["ok", "response_sent", []],
    ]);
  });

  it("2.8.6 lets in who has the credentials, also a password with a colon, and nobody else", async () => {
    const http = await start(TestRpcTransport, { web_username: "user", web_password: "a:b", web_auth_domain: "Here" });
    for (const headers of [
      {},
      basic("user", "x"),
      basic("x", "a:b"),
      { Authorization: "Bearer a" },
      { Authorization: "Basic !" },
    ]) {
      const response = await fetch(url(http, "/api/rpc"), { headers: headers as Record<string, string> });
      expect([response.status, await response.text()]).toEqual([401, "Unauthorized"]);
      expect(response.headers.get("www-authenticate")).toBe('basic realm="Here"');
    }
    expect(http.inbound).toEqual([]);
    const answer = fetch(url(http, "/api/rpc"), { headers: basic("user", "a:b") });
    await until(() => http.inbound.length === 1);
    await http.send({ in_reply_to: http.inbound[0]?.message_id ?? "", content: "in" });
    expect(await (await answer).text()).toBe("in");
  });

  it("needs user and password together", async () => {
    await expect(start(TestRpcTransport, { web_username: "user" })).rejects.toMatchObject({
      cause: { code: "CONFIG_INVALID" },
    });
  });

  it("2.8.1 tells how many requests wait, to everybody, exactly in this form", async () => {
    const http = await start(TestRpcTransport, { web_username: "user", web_password: "secret" });
    const health = await fetch(url(http, "/health"));
    expect([health.status, await health.text()]).toEqual([200, '{"pending_requests": 0}']);
    expect((await fetch(url(http, "/health"), { method: "POST" })).status).toBe(405);
  });

  it.each([
    ["/api/rpc/below", "GET", undefined],
    ["/api", "GET", 404],
    ["/api/rpcx", "GET", 404],
    ["/api/rpc", "DELETE", 501],
  ])("answers %s %s with %j", async (path, method, status) => {
    const http = await start(TestRpcTransport);
    const answer = fetch(url(http, path), { method });
    if (status === undefined) {
      await until(() => http.inbound.length === 1);
      await http.send({ in_reply_to: http.inbound[0]?.message_id ?? "", content: "ok" });
    }
    expect((await answer).status).toBe(status ?? 200);
  });

  it("merges query and form, keeps other bodies whole", async () => {
    const http = await start(TestRpcTransport);
    const form = fetch(url(http, "/api/rpc?a=1&b=2"), { method: "POST", body: new URLSearchParams({ a: "3" }) });
    await until(() => http.inbound.length === 1);
    expect([...(http.transport.requests[0]?.parameters ?? [])]).toEqual([
      ["a", ["1", "3"]],
      ["b", ["2"]],
    ]);
    const json = fetch(url(http, "/api/rpc"), {
      method: "POST",
      body: '{"x":1}',
      headers: { "content-type": "application/json" },
    });
    await until(() => http.inbound.length === 2);
    expect(http.inbound[1]?.content).toBe('{"x":1}');
    for (const { message_id } of http.inbound) await http.send({ in_reply_to: message_id, content: "ok" });
    await Promise.all([form, json]);
  });

  it("refuses a body that is too large and a form that is not UTF-8", async () => {
    const http = await start(TestRpcTransport, { max_body_bytes: 100 });
    expect((await fetch(url(http, "/api/rpc"), { method: "POST", body: "x".repeat(101) })).status).toBe(413);
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    expect(
      (await fetch(url(http, "/api/rpc"), { method: "POST", body: Buffer.of(0x61, 0x3d, 0xff), headers })).status,
    ).toBe(400);
    expect(http.inbound).toEqual([]);
  });

  it("answers 500 at once when a request cannot be handled, and forgets it", async () => {
    const http = await start(TestRpcTransport);
    expect((await fetch(url(http, "/api/rpc?fail=1"))).status).toBe(500);
    expect(http.transport.pendingRequests).toBe(0);
  });

  it("forgets a request whose client has gone", async () => {
    const http = await start(TestRpcTransport);
    const socket = connect({ port: http.transport.port, host: "127.0.0.1" });
    await once(socket, "connect");
    socket.write("GET /api/rpc HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(() => http.transport.pendingRequests === 1);
    socket.destroy();
    expect(await until(() => http.transport.pendingRequests === 0)).toBe(true);
  });

  it("answers what still waits when it stops", async () => {
    const http = await start(TestRpcTransport);
    const answer = fetch(url(http, "/api/rpc"));
    await until(() => http.inbound.length === 1);
    await http.transport.stop();
    expect((await answer).status).toBe(503);
  });
});

describe("HttpApiTransport", () => {
  it("14.2 14.3 answers at once with the id of the message", async () => {
    const http = await start(HttpApiTransport);
    const response = await fetch(url(http, "/api/rpc?content=h%C3%AD&to_addr=555&from_addr=123"));
    const body = (await response.json()) as { message_id: string };
    expect(http.inbound).toMatchObject([
      { message_id: body.message_id, content: "hí", to_addr: "555", from_addr: "123", transport_type: "http_api" },
    ]);
    await http.send({ in_reply_to: body.message_id });
    await http.clock.advance(0);
    expect(http.events).toEqual([]);
  });

  it("14.4 answers with the reply when told to", async () => {
    const http = await start(HttpApiTransport, { reply_expected: true });
    const answer = fetch(url(http, "/api/rpc?content=a&to_addr=5&from_addr=1"));
    await until(() => http.inbound.length === 1);
    await http.send({ in_reply_to: http.inbound[0]?.message_id ?? "", content: "b" });
    expect(await (await answer).text()).toBe("b");
  });

  it.each([
    ["foo=1", { missing_parameter: ["content", "to_addr", "from_addr"], unexpected_parameter: ["foo"] }],
    ["content=a&to_addr=5", { missing_parameter: ["from_addr"] }],
    ["content=a&to_addr=5&from_addr=1&__proto__=x", { unexpected_parameter: ["__proto__"] }],
    ["content=a&to_addr=5&from_addr=1&session_event=odd", { invalid_parameter: ["session_event"] }],
  ])("14.6 refuses %s", async (query, problems) => {
    const http = await start(HttpApiTransport);
    const response = await fetch(url(http, `/api/rpc?${query}`));
    expect([response.status, await response.json()]).toEqual([400, problems]);
    expect(http.inbound).toEqual([]);
  });

  it("14.5 14.7 14.8 takes optional fields, fills in defaults, and refuses what is not allowed", async () => {
    const http = await start(HttpApiTransport, {
      allowed_fields: ["content", "from_addr", "group"],
      field_defaults: { to_addr: "8000", transport_type: "sms" },
    });
    expect((await fetch(url(http, "/api/rpc?content=a&from_addr=1&group=g"))).status).toBe(200);
    expect(http.inbound).toMatchObject([{ to_addr: "8000", transport_type: "sms", group: "g" }]);
    expect((await fetch(url(http, "/api/rpc?content=a&from_addr=1&to_addr=9"))).status).toBe(400);
  });
});

describe("old HTTP APIs", () => {
  it("15.1 15.2 one message to each number, and the list of them", async () => {
    const http = await start(OldSimpleHttpTransport);
    expect(await (await fetch(url(http, "/health"))).text()).toBe("{}");
    const response = await fetch(url(http, "/api/rpc?to_msisdn=555&to_msisdn=556&from_msisdn=123&message=hi"));
    expect(await response.json()).toEqual([
      { message: "hi", to_msisdn: "555", from_msisdn: "123", id: http.inbound[0]?.message_id },
      { message: "hi", to_msisdn: "556", from_msisdn: "123", id: http.inbound[1]?.message_id },
    ]);
    expect(http.inbound).toMatchObject([
      { to_addr: "555", from_addr: "123", content: "hi", provider: "vumi", transport_metadata: { http_user: "" } },
      { to_addr: "556", transport_type: "old_simple_http" },
    ]);
    expect(await (await fetch(url(http, "/api/rpc"))).json()).toEqual([]);
    await http.send({});
    await until(() => http.events.length === 1);
    expect(http.events[0]).toMatchObject({ event_type: "ack" });
  });

  it("15.3 lets in only who is known", async () => {
    const http = await start(OldSimpleHttpTransport, { identities: { eva: "a:b" } });
    for (const headers of [{}, basic("eva", "x"), basic("constructor", "")]) {
      const response = await fetch(url(http, "/api/rpc?to_msisdn=1&message=x"), {
        headers: headers as Record<string, string>,
      });
      expect([response.status, await response.text()]).toEqual([401, "Not Authorized"]);
      expect(response.headers.get("www-authenticate")).toBeNull();
    }
    expect((await fetch(url(http, "/api/rpc?to_msisdn=1&message=x"), { headers: basic("eva", "a:b") })).status).toBe(
      200,
    );
    expect(http.inbound).toMatchObject([{ transport_metadata: { http_user: "eva" } }]);
  });

  it("15.4 fills the template for each number; percent signs are nothing special", async () => {
    const http = await start(OldTemplateHttpTransport);
    const query = new URLSearchParams([
      ["to_msisdn", "555"],
      ["to_msisdn", "556"],
      ["from_msisdn", "1"],
      ["template", "Hi {{name}}, {{ name }}: 100%s"],
      ["template_name", "Jo"],
      ["template_name", "Al"],
    ]);
    await fetch(url(http, `/api/rpc?${query}`));
    expect(http.inbound.map(({ content }) => content)).toEqual(["Hi Jo, Jo: 100%s", "Hi Al, Al: 100%s"]);
    expect((await fetch(url(http, "/api/rpc?to_msisdn=1&template={{name}}"))).status).toBe(400);
    expect((await fetch(url(http, "/api/rpc?to_msisdn=1"))).status).toBe(400);
  });
});
