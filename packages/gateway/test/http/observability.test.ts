import { request } from "node:http";
import { text } from "node:stream/consumers";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ObservabilityServer, startObservabilityServer } from "../../src/http/observability-server.ts";
import { readinessOf } from "../../src/http/health.ts";
import { probesOf } from "../../src/http/probes.ts";
import { prometheusPage } from "../../src/http/prometheus.ts";
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

const sample = /^(?<name>[a-z_:][\w:]*)(?<labels>\{(?:[a-z_]\w*="(?:[^"\\\n]|\\.)*",?)+\})? (?<value>\S+)$/i;

/** The lines of a page that do not keep to Prometheus's text format, or of ours to its habits. */
function oddLines(page: string): string[] {
  const types = new Map(
    [...page.matchAll(/^# HELP \S+ .+\n# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]),
  );
  const seen = new Set<string>();
  return page.split("\n").filter((line) => {
    if (line === "" || line.startsWith("# ")) return false;
    const { name = "", labels = "", value } = sample.exec(line)?.groups ?? {};
    const type = types.get(name) ?? types.get(name.replace(/_(?:bucket|sum|count)$/, ""));
    const isTwice = seen.has(name + labels);
    seen.add(name + labels);
    // Those of prom-client's own about Node are named as they are.
    const isMisnamed = name.startsWith("switchboard_") && name.endsWith("_total") !== (type === "counter");
    return type === undefined || isTwice || isMisnamed || !Number.isFinite(Number(value));
  });
}

describe("the server for machines that watch the gateway", () => {
  it("gives Prometheus what happened, who works and what waits", async () => {
    await gateway.say("hello");
    const { status, body } = await get("/metrics");
    expect(status).toBe(200);
    expect(body).toMatch(/^switchboard_messages_accepted_total [1-9]/m);
    expect(body).toMatch(/^switchboard_messages_sent_total [1-9]/m);
    expect(body).toMatch(/^switchboard_messages_parked_total 0$/m);
    expect(body).toMatch(/^switchboard_worker_up\{worker="echo",process="gateway"\} 1$/m);
    expect(body).toMatch(/^switchboard_worker_state\{worker="echo",state="running"\} 1$/m);
    expect(body).toMatch(/^switchboard_queue_depth\{queue="sms.outbound"\} 0$/m);
    expect(body).toMatch(/^switchboard_answer_latency_seconds\{quantile="0.5"\} \d/m);
    expect(body).toMatch(/^process_resident_memory_bytes \d/m);
    expect((await get("/metrics")).body).toMatch(/^switchboard_messages_accepted_total [1-9]/m);
  });

  it("keeps to Prometheus's text format and habits: help and type of each, counters in _total, no series twice, no person", async () => {
    await gateway.say("hello", { from_addr: "+27825550000" });
    const page = (await get("/metrics")).body;
    expect(oddLines(page)).toEqual([]);
    expect(page).not.toContain("2782555");
  });

  it("has as many series whoever writes, and however many queues there are", async () => {
    const seriesIn = (page: string) => page.split("\n").filter((line) => line.startsWith("switchboard_")).length;
    await gateway.say("first");
    const before = seriesIn((await get("/metrics")).body);
    for (let person = 0; person < 30; person++) {
      await gateway.call("send.in", [{ channel: "sms", from_addr: `+27${person}`, content: `text ${person}` }]);
    }
    expect(seriesIn((await get("/metrics")).body)).toBe(before);
    const [queue] = await gateway.view.bus.inspect();
    if (queue === undefined) throw new Error("no queue");
    const many = Array.from({ length: 5_000 }, (_, index) => ({ ...queue, queue: `q${index}.inbound`, parked: 1 }));
    const inspect = () => Promise.resolve(many);
    const page = await prometheusPage({ ...gateway.view, bus: { ...gateway.view.bus, inspect } }).text();
    expect(page.split("\n").filter((line) => line.startsWith("switchboard_queue_parked{"))).toHaveLength(1_001);
    expect(page).toMatch(/^switchboard_queue_parked\{queue="\(others\)"\} 4000$/m);
  });

  it("tells the rest, and that the bus is away, while the bus does not answer", async () => {
    const inspect = () => Promise.reject(new Error("connection refused at amqp://me:secret@host/"));
    const bus = { ...gateway.view.bus, inspect };
    const { clock, store } = gateway.view;
    const probes = probesOf(
      { bus, datastore: gateway.datastore, keyValue: gateway.keyValue, messageStore: store },
      clock,
    );
    const view = { ...gateway.view, bus, probes };
    const page = await prometheusPage(view).text();
    expect(page).toMatch(/^switchboard_engine_up\{engine="bus"\} 0$/m);
    expect(page).toMatch(/^switchboard_engine_up\{engine="datastore"\} 1$/m);
    expect(page).toMatch(/^switchboard_messages_accepted_total [1-9]/m);
    const health = await readinessOf(view);
    expect(health.checks[0]).toEqual({
      name: "bus",
      ok: false,
      problem: "connection refused at amqp://me:********@host/",
    });
  });

  it("is healthy while it answers, and ready while messages get through", async () => {
    expect(await get("/health")).toMatchObject({ status: 200 });
    const ready = await get("/ready");
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.body)).toMatchObject({
      ok: true,
      checks: [
        { name: "bus" },
        { name: "datastore" },
        { name: "keyvalue" },
        { name: "store" },
        ...Array.from({ length: 5 }, () => ({ ok: true })),
      ],
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
