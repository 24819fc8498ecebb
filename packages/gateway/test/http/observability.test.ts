import { request } from "node:http";
import { text } from "node:stream/consumers";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ObservabilityServer, startObservabilityServer } from "../../src/http/observability-server.ts";
import { startTestGateway, type TestGateway } from "../services/kit.ts";

let gateway: TestGateway;
let server: ObservabilityServer;

beforeAll(async () => {
  gateway = await startTestGateway();
  server = await startObservabilityServer(gateway.view, { port: 0 });
});

afterAll(async () => {
  await server.close();
  await gateway.stop();
});

async function get(
  path: string,
  method = "GET",
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  const asked = request({ host: "127.0.0.1", port: server.port, path, method, agent: false });
  asked.end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return { status: response.statusCode, body: await text(response) };
}

describe("the server for machines that watch the gateway", () => {
  it("gives Prometheus what happened, who works and what waits", async () => {
    await gateway.say("hello");
    const { status, body } = await get("/metrics");
    expect(status).toBe(200);
    expect(body).toMatch(/^switchboard_messages_accepted_total [1-9]/m);
    expect(body).toMatch(/^switchboard_messages_sent_total [1-9]/m);
    expect(body).toMatch(/^switchboard_messages_parked_total 0$/m);
    expect(body).toMatch(/^switchboard_worker_up\{worker="echo",process="gateway",state="running"\} 1$/m);
    expect(body).toMatch(/^switchboard_queue_depth\{queue="sms.outbound"\} 0$/m);
    expect(body).toMatch(/^switchboard_answer_latency_seconds\{quantile="0.5"\} \d/m);
    expect(body).toMatch(/^process_resident_memory_bytes \d/m);
    expect((await get("/metrics")).body).toMatch(/^switchboard_messages_accepted_total [1-9]/m);
  });

  it("is healthy while it answers, and ready while messages get through", async () => {
    expect(await get("/health")).toMatchObject({ status: 200 });
    const ready = await get("/ready");
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.body)).toMatchObject({
      ok: true,
      checks: [{ name: "bus" }, { name: "store" }, ...Array.from({ length: 5 }, () => ({ ok: true }))],
    });
    await gateway.view.pause("echo");
    expect((await get("/ready")).status).toBe(200);
    await gateway.view.resume("echo");
  });

  it("is not ready when a worker that should run does not, and says which", async () => {
    const workers = gateway.view.workers().filter(({ name }) => name !== "echo");
    const worker = gateway.view.workers().find(({ name }) => name === "echo");
    if (worker !== undefined) workers.push({ ...worker, state: "crash_looping" });
    const broken = await startObservabilityServer({ ...gateway.view, workers: () => workers }, { port: 0 });
    const asked = request({ host: "127.0.0.1", port: broken.port, path: "/ready", agent: false });
    asked.end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(503);
    expect(JSON.parse(await text(response))).toMatchObject({
      ok: false,
      checks: expect.arrayContaining([{ name: "worker echo", ok: false, problem: "it is crash looping" }]),
    });
    await broken.close();
  });

  it("has nothing else, and changes nothing", async () => {
    expect((await get("/")).status).toBe(404);
    expect((await get("/metrics", "POST")).status).toBe(405);
  });
});
