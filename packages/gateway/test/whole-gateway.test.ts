// A whole gateway from its configuration file, in this process, on embedded engines: what no part of it can show alone. Spans through OpenTelemetry's
// own SDK, registered by a plugin as an operator would; and files that are nobody else's business.

import { once } from "node:events";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { openLog } from "@switchboard/server/daemon";
import { freePort, tempFolder, until } from "@switchboard/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadGatewayFile } from "../src/config/gateway-file.ts";
import { type Gateway, startGateway } from "../src/gateway.ts";
import type { Health } from "../src/http/health.ts";

const exporterKey = Symbol.for("switchboard.test.spans");

/** A plugin that keeps the spans in memory, instead of sending them to a collector. */
const plugin = `
import { trace } from ${JSON.stringify(import.meta.resolve("@opentelemetry/api"))};
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from ${JSON.stringify(import.meta.resolve("@opentelemetry/sdk-trace-base"))};
const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
export default {
  name: "spans",
  start: () => {
    trace.setGlobalTracerProvider(provider);
    globalThis[Symbol.for("switchboard.test.spans")] = exporter;
  },
  stop: async () => {
    trace.disable();
    await provider.shutdown();
  },
};
`;

let folder: string;
let gateway: Gateway;
let telnetPort: number;
let watchPort: number;
/** What `/ready` said when the workers were about to be started. */
let readyBefore: Promise<Health>;
let log: ReturnType<typeof openLog>;

beforeAll(async () => {
  folder = tempFolder();
  telnetPort = await freePort();
  watchPort = await freePort();
  await mkdir(join(folder, "plugins"));
  await writeFile(join(folder, "plugins", "spans.mjs"), plugin);
  const path = join(folder, "switchboard.yaml");
  await writeFile(
    path,
    `
gateway: { data: var }
dispatcher: { plugin-dirs: [plugins] }
observability: { port: ${watchPort}, tracing: true }
workers:
  telnet:
    class: TelnetServerTransport
    config: { transport_name: telnet, twisted_endpoint: "tcp:${telnetPort}:interface=127.0.0.1", to_addr: "8000" }
  router:
    class: BaseDispatchWorker
    config:
      router_class: ContentKeywordRouter
      dispatcher_name: router
      transport_names: [telnet]
      exposed_names: [echo]
      rules: [{ app: echo, keyword: hello }]
      transport_mappings: { "8000": telnet }
      unrouted: log
  echo: { class: EchoWorker, config: { transport_name: echo } }
`,
  );
  const file = await loadGatewayFile(path);
  // As the command does it.
  await mkdir(file.dataFolder, { mode: 0o700 });
  log = openLog(`file:${join(file.dataFolder, "switchboard.log")}`, "INFO");
  const onProgress = (text: string): void => {
    if (text !== "starting workers") return;
    readyBefore = fetch(`http://127.0.0.1:${watchPort}/ready`).then((answer) => answer.json() as Promise<Health>);
  };
  gateway = await startGateway({ file, logger: log.logger, ports: { control: 0, console: null }, onProgress });
});

afterAll(async () => {
  await gateway.stop();
  await log.close();
});

/** Says one line over telnet and resolves with what comes back. */
async function say(line: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: telnetPort });
  socket.setEncoding("utf8");
  let heard = "";
  socket.on("data", (text: string) => (heard += text));
  await once(socket, "connect");
  socket.write(`${line}\n`);
  await until(() => heard.includes("\n"));
  socket.destroy();
  await once(socket, "close");
  return heard.trim();
}

describe("spans", () => {
  const spans = (): ReadableSpan[] => {
    const exporter = (globalThis as Record<symbol, unknown>)[exporterKey];
    return (exporter as { getFinishedSpans(): ReadableSpan[] }).getFinishedSpans();
  };
  const nameOf = ({ name, attributes }: ReadableSpan): string => `${String(attributes["switchboard.worker"])}: ${name}`;

  it("show one message's way from transport over bus and router to the application and back as one trace", async () => {
    expect(await say("hello there")).toBe("hello there");
    const way = [
      "telnet: publish telnet.inbound",
      "router: process telnet.inbound",
      "router: publish echo.inbound",
      "echo: process echo.inbound",
      "echo: publish echo.outbound",
      "router: process echo.outbound",
      "router: publish telnet.outbound",
      "telnet: process telnet.outbound",
    ];
    const entered = await until(() =>
      spans().find(({ attributes, name }) => name === "publish echo.inbound" && attributes["switchboard.rule"] === 1),
    );
    const { traceId } = entered.spanContext();
    const trace = await until(() => {
      const found = spans().filter((span) => span.spanContext().traceId === traceId);
      return way.every((step) => found.some((span) => nameOf(span) === step)) ? found : undefined;
    });
    const steps = way.map((step) => trace.find((span) => nameOf(span) === step));
    // In the order of time, each with the id of a message, and of the kind that collectors draw as a producer or a consumer.
    const starts = steps.map((span) => (span?.startTime[0] ?? 0) * 1e3 + (span?.startTime[1] ?? 0) / 1e6);
    expect(starts).toEqual(starts.toSorted((one, other) => one - other));
    expect(steps.map((span) => span?.kind)).toEqual([3, 4, 3, 4, 3, 4, 3, 4]);
    expect(new Set(steps.map((span) => span?.attributes["messaging.message.id"])).size).toBe(2);
    expect(trace.every(({ duration }) => duration[0] >= 0 && duration[1] >= 0)).toBe(true);
    // Nobody's words or addresses are in them.
    expect(JSON.stringify(trace.map(({ name, attributes }) => [name, attributes]))).not.toMatch(/hello|127\.0\.0\.1/);
  });

  it("of two messages are two traces", async () => {
    await say("hello again");
    const inbound = await until(() => {
      const found = spans().filter((span) => nameOf(span) === "router: publish echo.inbound");
      return found.length >= 2 ? found : undefined;
    });
    expect(new Set(inbound.map((span) => span.spanContext().traceId)).size).toBe(inbound.length);
  });
});

it("is not ready before its workers have been started, and then is", async () => {
  const before = await readyBefore;
  expect(before.ok).toBe(false);
  expect(before.checks).toContainEqual({ name: "gateway", ok: false, problem: "the workers are being started" });
  const response = await fetch(`http://127.0.0.1:${watchPort}/ready`);
  expect([response.status, ((await response.json()) as { ok: boolean }).ok]).toEqual([200, true]);
});

it("gives Prometheus what happened, over the port of its file", async () => {
  const page = await (await fetch(`http://127.0.0.1:${gateway.observabilityPort}/metrics`)).text();
  expect(page).toMatch(/^switchboard_messages_accepted_total [1-9]/m);
  expect(page).toMatch(/^switchboard_engine_up\{engine="bus"\} 1$/m);
  expect(page).toMatch(/^switchboard_worker_up\{worker="telnet",process="gateway"\} 1$/m);
});

it("keeps its data, its log and its password where only their owner can read them", async () => {
  const mode = async (...path: readonly string[]): Promise<number> => (await stat(join(folder, ...path))).mode & 0o777;
  expect(await mode("var")).toBe(0o700);
  expect(await mode("var", "switchboard.log")).toBe(0o600);
  expect(await mode("var", "admin-password")).toBe(0o600);
  // Whatever else it writes lies in that folder.
  expect((await readdir(folder)).toSorted()).toEqual(["plugins", "switchboard.yaml", "var"]);
});
