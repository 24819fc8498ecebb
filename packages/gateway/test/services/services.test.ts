import { until } from "@switchboard/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MessageRow } from "../../src/services/message-rows.ts";
import { lengthOf, type Trail } from "../../src/services/trail-view.ts";
import { startTestGateway, type TestGateway } from "./kit.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});

afterAll(() => gateway.stop());

type Row = Record<string, unknown>;

describe("workers", () => {
  it("lists workers with kind, lamp, address, queues and what they did", async () => {
    await gateway.say("hello");
    const rows = await gateway.call<Row[]>("workers.query");
    expect(rows.map(({ name, kind, lamp, address }) => [name, kind, lamp, address])).toEqual([
      ["sms", "channel", "ok", "8000"],
      ["ussd", "channel", "ok", "*120*1#"],
      ["keywords", "router", "ok", null],
      ["echo", "application", "ok", null],
      ["reverse", "application", "ok", null],
    ]);
    expect(rows[0]).toMatchObject({
      id: "sms",
      class: "LoopbackTransport",
      state: "running",
      source: "file",
      process: "gateway",
      connectors: { inbound: [], outbound: ["sms.outbound"] },
      waiting: 0,
      parked: 0,
    });
    // What a worker has done is counted when it is through with it.
    await until(async () => {
      const { rates } = await gateway.call<{ rates: { in: number; out: number } }>("workers.get", ["sms"]);
      return rates.in > 0 && rates.out > 0;
    });
  });

  it("lists them by kind, filtered and counted like any collection", async () => {
    expect(await gateway.call("channels.query", [[], { select: "name" }])).toEqual(["sms", "ussd"]);
    expect(await gateway.call("applications.query", [[["name", "~", "^e"]], { count: true }])).toBe(1);
    expect(await gateway.call<Row[]>("routers.query")).toMatchObject([{ name: "keywords", rules: 1 }]);
  });

  it("shows a worker's configuration without its secrets", async () => {
    const worker = await gateway.call<Row>("workers.get", ["reverse"]);
    expect(worker["config"]).toMatchObject({ transport_name: "reverse", password: "********" });
    expect(String(worker["config_source"])).not.toContain("hunter2");
    await expect(gateway.call("workers.get", ["nobody"])).rejects.toMatchObject({ errno: 2 });
  });

  it("creates, pauses, changes, stops and removes a worker by tasks, and says so by events", async () => {
    const heard: unknown[] = [];
    const stop = gateway.server.events.on("workers.changed", (args) => void heard.push(args));
    await gateway.run("worker.create", {
      name: "more",
      class: "EchoWorker",
      config: { transport_name: "more", password: "x" },
    });
    expect(await gateway.call<Row>("workers.get", ["more"])).toMatchObject({ state: "running", source: "runtime" });
    await gateway.run("worker.pause", { name: "more" });
    expect(await gateway.call<Row>("workers.get", ["more"])).toMatchObject({ lamp: "paused" });
    await gateway.run("worker.resume", { name: "more" });
    await gateway.run("worker.update", {
      name: "more",
      config: { transport_name: "more", password: "********", handler_timeout: 5 },
    });
    const kept = gateway.view.workers().find(({ name }) => name === "more");
    expect(kept?.config).toEqual({ transport_name: "more", password: "x", handler_timeout: 5 });
    await gateway.run("worker.stop", { name: "more" });
    expect(await gateway.call<Row>("workers.get", ["more"])).toMatchObject({ lamp: "stopped" });
    await gateway.run("worker.remove", { name: "more" });
    await expect(gateway.call("workers.get", ["more"])).rejects.toMatchObject({ errno: 2 });
    await expect(gateway.run("worker.start", { name: "more" })).rejects.toThrow(/no worker/);
    await until(() => heard.some((args) => (args as Row)["operation"] === "delete"));
    expect(heard).toContainEqual(expect.objectContaining({ operation: "create", ids: ["more"] }));
    stop();
  });

  it("says what was expected where an argument is missing, whatever the method", async () => {
    const own = "workers channels applications routers map metrics attention messages batches send phone bus";
    const services = `${own} statuses heartbeats logs config system`.split(" ");
    const failed: unknown[] = [];
    for (const service of services) {
      const methods = await gateway.call<{ name: string; generator?: boolean }[]>("discovery.get_methods", [service]);
      for (const { name, generator } of methods) {
        if (generator === true) continue;
        const answer = gateway.call(`${service}.${name}`);
        await answer.catch(({ errno, message }: { errno: number; message: string }) => {
          if (errno !== 22 || !message.includes("expected")) failed.push([service, name, errno, message]);
        });
      }
    }
    expect(failed).toEqual([]);
    await expect(gateway.call("bus.preview")).rejects.toMatchObject({ errno: 22 });
  });

  it("lets only operators change things", async () => {
    const message = { channel: "sms", from_addr: "+1", content: "x" };
    await expect(gateway.call("send.in", [message], ["viewer"])).rejects.toMatchObject({ errno: 13 });
    await expect(gateway.call("send.in", [message], ["operator"])).resolves.toEqual(expect.any(String));
  });
});

describe("map and metrics", () => {
  it("draws lines between channels, routers and applications", async () => {
    const map = await gateway.call<{ nodes: Row[]; lines: Row[] }>("map.get");
    expect(map.nodes.map(({ name, kind }) => `${String(kind)} ${String(name)}`)).toEqual([
      "channel sms",
      "channel ussd",
      "router keywords",
      "application echo",
      "application reverse",
    ]);
    expect(map.lines).toEqual([
      { id: "sms", from: "sms", to: "keywords", inbound_queue: "sms.inbound", outbound_queue: "sms.outbound" },
      { id: "ussd", from: "ussd", to: "keywords", inbound_queue: "ussd.inbound", outbound_queue: "ussd.outbound" },
      { id: "echo", from: "keywords", to: "echo", inbound_queue: "echo.inbound", outbound_queue: "echo.outbound" },
      {
        id: "reverse",
        from: "keywords",
        to: "reverse",
        inbound_queue: "reverse.inbound",
        outbound_queue: "reverse.outbound",
      },
    ]);
  });

  it("tells how long each middleware has messages, apart from its worker", async () => {
    await gateway.say("through the middleware");
    const all = await gateway.call<Record<string, Record<string, Row>>>("metrics.middleware");
    expect(all["echo"]).toEqual({});
    expect(all["sms"]?.["keep"]).toMatchObject({
      per_minute: expect.any(Number),
      p50_ms: expect.any(Number),
      p99_ms: expect.any(Number),
    });
    expect(all["sms"]?.["keep"]?.["per_minute"]).toBeGreaterThan(0);
    expect(await gateway.call("metrics.middleware", ["sms"])).toHaveProperty("sms.keep");
    await expect(gateway.call("metrics.middleware", ["nobody"])).rejects.toMatchObject({ errno: 2 });
  });

  it("gives figures of the gateway, each worker and each line, and one frame a second to whoever listens", async () => {
    await gateway.say("figures");
    const frame = await gateway.call<{ figures: Row; lines: Record<string, Row>; workers: Record<string, Row> }>(
      "metrics.current",
    );
    expect(frame.figures["accepted"]).toBeGreaterThan(0);
    expect(await gateway.call("system.info")).toMatchObject({
      totals: { accepted: (frame as { totals?: { accepted: number } }).totals?.accepted },
    });
    expect(frame.figures["sent"]).toBeGreaterThan(0);
    expect(frame.figures["latency_ms"]).toEqual({
      p50: expect.any(Number),
      p95: expect.any(Number),
      p99: expect.any(Number),
    });
    expect(frame.lines["sms"]?.["in"]).toBeGreaterThan(0);
    const known = { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) };
    expect(frame.lines["echo"]).toMatchObject({ wait_in_ms: known, wait_out_ms: known });
    expect(frame.workers["echo"]).toMatchObject({ took_ms: known });
    expect(frame.workers["keywords"]).toMatchObject({ waiting: 0, parked: 0 });
    const heard: Row[] = [];
    const stop = gateway.server.events.on("metrics.second", (args) => void heard.push(args));
    await until(() => heard.length > 0);
    stop();
    expect(heard[0]).toMatchObject({ window_s: 60, figures: { parked: expect.any(Number) } });
    expect(await gateway.call("metrics.series", [["figures.accepted", "no.such"]])).toMatchObject({ "no.such": [] });
  });
});

describe("messages", () => {
  it("lists, finds, counts and shows messages", async () => {
    const id = await gateway.say("turn needle", { from_addr: "+27555" });
    const found = await until(async () => {
      const page = await gateway.call<{ rows: MessageRow[]; total: number }>("messages.search", ["needle type:in", {}]);
      return page.rows[0]?.state === "answered" && page.rows[0].application !== null && page;
    });
    expect(found.total).toBe(1);
    expect(found.rows[0]).toMatchObject({
      id,
      direction: "in",
      channel: "sms",
      person: "+27555",
      to_addr: "8000",
      content: "turn needle",
      state: "answered",
      router: "keywords",
      rule: 1,
      application: "reverse",
      test: true,
      provider: "loopback",
    });
    expect(found.rows[0]?.at).toBeInstanceOf(Date);
    expect(await gateway.call("messages.query", [[["id", "=", id]], { count: true }])).toBe(1);
    const message = await gateway.call<{ answers: string[]; message: Row }>("messages.get", [id]);
    expect(message.message).toMatchObject({ message_id: id, content: "turn needle" });
    expect(message.answers).toHaveLength(1);
    const answer = await gateway.call<Row>("messages.get", [message.answers[0]]);
    expect(answer).toMatchObject({
      state: "delivered",
      content: "eldeen nrut",
      events: [{ event_type: "ack" }, { event_type: "delivery_report" }],
    });
    await expect(gateway.call("messages.get", ["nothing"])).rejects.toMatchObject({ errno: 2 });
    const unknown = await gateway.call<{ skipped_filters: string[] }>("messages.search", ["colour:red needle", {}]);
    expect(unknown.skipped_filters).toEqual(["colour:red"]);
    await expect(gateway.call("messages.query", [[["colour", "=", "red"]]])).rejects.toMatchObject({ errno: 22 });
  });

  it("tells the whole way of a message and its answer, in rows that add up to the total", async () => {
    const id = await gateway.say("turn around");
    const trail = await until(async () => {
      const one = await gateway.call<Trail>("messages.trail", [id]);
      return one.rows.filter(({ kind }) => kind === "hop").length === 5 && one;
    });
    const hops = trail.rows.flatMap((row) =>
      row.kind === "hop" ? [[row.worker, row.direction, row.what, row.rule]] : [],
    );
    expect(hops).toEqual([
      ["sms", "in", "accepted from the person", undefined],
      ["keywords", "in", "to reverse", 1],
      ["reverse", "turn", "answered", undefined],
      ["keywords", "out", "to sms", undefined],
      ["sms", "out", "sent to the person", undefined],
    ]);
    // What this very message passed: once on its way in; going out, then with the ack, then with the report.
    const passed = trail.rows.flatMap((row) => (row.kind === "hop" ? [row.middleware] : []));
    const keep = { name: "keep", took_ms: expect.any(Number) };
    expect(passed).toEqual([[keep], [], [], [], [keep, keep, keep]]);
    expect(trail.rows.flatMap((row) => (row.kind === "queue" ? [row.queue] : []))).toEqual([
      "sms.inbound",
      "reverse.inbound",
      "reverse.outbound",
      "sms.outbound",
    ]);
    expect(trail.rows.flatMap((row) => (row.kind === "event" ? [row.event_type] : []))).toEqual([
      "ack",
      "delivery_report",
    ]);
    expect(trail.rows.reduce((total, row) => total + lengthOf(row), 0)).toBe(trail.total_ms);
    expect(trail.headline).toMatch(/^Answered in /);
  });

  it("feeds a live list, and stops when nobody reads it", async () => {
    const stream = gateway.server.services.stream("messages.tail", [{ query: "channel:sms", max_per_second: 100 }]);
    const seen: MessageRow[] = [];
    const reading = (async () => {
      for await (const batch of stream) {
        seen.push(...(batch as { rows: MessageRow[] }).rows);
        if (seen.some(({ content }) => content === "evil")) break;
      }
    })();
    await gateway.say("live");
    await gateway.say("turn evil");
    await gateway.say("evil");
    await reading;
    expect(seen.filter(({ content, direction }) => content === "live" && direction === "in")).toHaveLength(1);
  });

  it("exports what matches", async () => {
    await gateway.say('quoted "text", with comma', { from_addr: "+27777" });
    const chunks: unknown[] = [];
    for await (const chunk of gateway.server.services.stream("messages.export", [
      { query: "person:+27777 type:in", format: "csv" },
    ])) {
      chunks.push(chunk);
    }
    const [header, line] = chunks.join("").split("\r\n");
    expect(header).toMatch(/^timestamp,message_id,to_addr,from_addr/);
    expect(line).toContain('"quoted ""text"", with comma"');
    expect(line).toContain("+27777");
  });

  it("counts messages over time", async () => {
    const now = Date.now();
    const range = { from: new Date(now - 3_600_000), to: new Date(now + 1_000), buckets: 60 };
    const bars = await gateway.call<Row[]>("messages.histogram", [range]);
    expect(bars).toHaveLength(60);
    expect(bars.reduce((total, bar) => total + Number(bar["in"]), 0)).toBeGreaterThan(0);
  });

  it("sends a message again as a new one", async () => {
    const id = await gateway.say("again");
    const again = await gateway.call<string>("messages.resend", [id]);
    expect(again).not.toBe(id);
    await until(async () => (await gateway.store.read.answersTo(again)).length === 1);
  });
});

describe("send and phone", () => {
  it("names the lines that can be tried", async () => {
    expect(await gateway.call("phone.lines")).toMatchObject([
      { channel: "sms", kind: "sms", address: "8000", codes: [], session_timeout_s: null },
      { channel: "ussd", kind: "ussd", address: "*120*1#", codes: ["*120*1#"], session_timeout_s: 180 },
    ]);
  });

  it("sends out of a channel, and plays a USSD session into one", async () => {
    const out = await gateway.call<string>("send.out", [{ channel: "sms", to_addr: "+278", content: "news" }]);
    await until(async () => (await gateway.store.read.withIds([out]))[0]?.state === "delivered");
    const dial = await gateway.call<string>("send.in", [
      { channel: "ussd", from_addr: "+279", content: null, session_event: "new", test: true },
    ]);
    const answer = await until(async () => (await gateway.store.read.answersTo(dial))[0]);
    expect(answer.message.content).toMatch(/Write something/);
    expect((await gateway.store.read.message("inbound", dial))?.session_event).toBe("new");
    const over = await gateway.call<string>("send.in", [
      { channel: "ussd", from_addr: "+279", content: null, session_event: "close", ended_by: "network" },
    ]);
    const last = await until(async () => await gateway.store.read.message("inbound", over));
    expect(last).toMatchObject({ session_event: "close", transport_metadata: { ended_by: "network" } });
    await expect(gateway.call("send.out", [{ channel: "echo", to_addr: "+1", content: "x" }])).rejects.toMatchObject({
      errno: 22,
    });
    await expect(gateway.call("send.out", [{ channel: "sms", to_addr: 1, content: "x" }])).rejects.toMatchObject({
      errno: 22,
    });
  });
});

describe("logs, statuses, system", () => {
  it("shows logs and changes levels for a while", async () => {
    const logger = gateway.view.logs.loggerOf("echo");
    logger.warn({ url: "amqp://me:pass@host/" }, "cannot reach the broker");
    const [record] = await gateway.call<Row[]>("logs.query", [{ worker: "echo", level: "warn" }]);
    expect(record).toMatchObject({
      worker: "echo",
      level: "warn",
      message: "cannot reach the broker",
      fields: { url: "amqp://me:********@host/" },
    });
    logger.debug({}, "unheard");
    await gateway.call("logs.set_level", ["echo", "debug", 60_000]);
    logger.debug({}, "heard");
    expect(await gateway.call<Row[]>("logs.query", [{ worker: "echo", text: "heard" }])).toMatchObject([
      { message: "heard" },
    ]);
    expect(await gateway.call("logs.get_levels")).toMatchObject([{ worker: "echo", level: "debug" }]);
    await gateway.call("logs.set_level", ["echo", null, null]);
    expect(await gateway.call("logs.get_levels")).toEqual([]);
  });

  it("says that there is no such worker or channel, and which one may be meant", async () => {
    const error = { errno: 2, message: 'there is no worker "ehco"; did you mean echo?' };
    await expect(gateway.call("logs.query", [{ worker: "ehco" }])).rejects.toMatchObject(error);
    await expect(gateway.call("logs.tail", [{ worker: "ehco" }])).rejects.toMatchObject(error);
    await expect(gateway.call("logs.set_level", ["ehco", "debug"])).rejects.toMatchObject(error);
    await expect(gateway.call("workers.get", ["ehco"])).rejects.toMatchObject(error);
    const message = { channel: "smss", to_addr: "+271", content: "x" };
    await expect(gateway.call("send.out", [message])).rejects.toThrow('there is no channel "smss"; did you mean sms?');
    // Removed workers have left records.
    gateway.view.logs.loggerOf("former").info({}, "bye");
    expect(await gateway.call<Row[]>("logs.query", [{ worker: "former", level: "error" }])).toEqual([]);
  });

  it("knows what components say, and who gives signs of life", async () => {
    gateway.view.observer.statuses.add("sms", {
      component: "bind",
      status: "down",
      type: "no_bind",
      message: "cannot bind",
      reasons: [],
      details: {},
      timestamp: "2026-01-01 00:00:00.000000",
    } as never);
    expect(await gateway.call("statuses.query")).toMatchObject([
      { id: "sms.bind", status: "down", message: "cannot bind" },
    ]);
    expect((await gateway.call<Row[]>("attention.list"))[0]).toMatchObject({
      id: "worker:sms:down",
      lamp: "down",
      code: "no_bind",
    });
    await gateway.view.bus.declareExchange({ name: "vumi.health" });
    const heartbeat = {
      version: "20130319",
      worker_id: "global:w",
      system_id: "global",
      worker_name: "w",
      hostname: "h",
      pid: 7,
      timestamp: 1,
    };
    await gateway.view.bus.publish("heartbeat.inbound", JSON.stringify(heartbeat), { exchange: "vumi.health" });
    const heard = await until(async () => {
      const rows = await gateway.call<Row[]>("heartbeats.query");
      return rows.length > 0 && rows;
    });
    expect(heard).toMatchObject([{ worker_id: "global:w", hostname: "h", pid: 7, state: "ok" }]);
  });

  it("tells about itself", async () => {
    expect(await gateway.call("system.info")).toMatchObject({
      gateway: "test",
      boot_id: "boot",
      node: process.version,
      bus: { driver: "memory" },
      totals: { parked: expect.any(Number), dropped: 0 },
    });
  });
});
