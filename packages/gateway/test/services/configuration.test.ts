// What can be configured, and by what routers decide: told, explained, tried and changed at run time.

import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "./kit.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});

afterAll(() => gateway.stop());

type Row = Record<string, unknown>;

describe("routers", () => {
  it("shows rules with how often they decided", async () => {
    await gateway.say("turn once");
    const rules = await gateway.call<{ rules: Row[] }>("routers.rules", ["keywords"]);
    expect(rules).toMatchObject({
      kind: "ContentKeywordRouter",
      first_match: false,
      rules: [{ number: 1, looks_at: "keyword", value: "turn", target: "reverse", problem: null }],
    });
    expect(rules.rules[0]?.["hits_last_hour"]).toBeGreaterThan(0);
  });

  it("explains where a message would go, and why", async () => {
    expect(
      await gateway.call("routers.explain", ["keywords", { content: "turn me", transport_name: "sms" }]),
    ).toMatchObject({
      targets: [{ connector: "reverse", application: "reverse", rule: 1 }],
      why: [{ number: 1, matched: true }],
    });
    expect(await gateway.call("routers.explain", ["keywords", { content: "other" }])).toMatchObject({
      targets: [{ connector: "echo", rule: null }],
      why: [{ number: 1, matched: false, reason: 'the first word is "other"' }],
    });
  });

  it("tells what other rules would have done with the last messages", async () => {
    await gateway.say("spin please");
    const config = {
      ...gateway.view.workers().find(({ name }) => name === "keywords")?.config,
      rules: [{ app: "reverse", keyword: "spin" }],
    };
    const preview = await gateway.call<{ of: number; changed: number; moves: Row[] }>("routers.preview", [
      "keywords",
      config,
    ]);
    expect(preview.changed).toBeGreaterThan(0);
    expect(preview.moves.map(({ to }) => to)).toContain("reverse");
    expect(preview.moves.reduce((total, { count }) => total + Number(count), 0)).toBe(preview.changed);
  });
});

describe("config", () => {
  it("lists classes with Vumi's names, and gives the schema of each as a form needs it", async () => {
    const classes = await gateway.call<Row[]>("config.classes", ["router"]);
    expect(classes.find(({ name }) => name === "ToAddrRouter")).toMatchObject({
      kind: "router",
      vumi_names: expect.arrayContaining(["vumi.dispatchers.ToAddrRouter"]),
      summary: "Sends a message to every application whose pattern fits the address it was written to.",
    });
    const all = await gateway.call<{ name: string; summary: string | null }[]>("config.classes");
    expect(all.filter(({ summary }) => summary === null)).toEqual([]);
    const schema = await gateway.call<{ properties: Record<string, Row> }>("config.schema", ["LoopbackTransport"]);
    expect(schema).toMatchObject({ title: "LoopbackTransport", type: "object", required: ["transport_name"] });
    expect(schema.properties["session_timeout"]).toMatchObject({
      title: "Session timeout",
      description: expect.any(String),
      "x-unit": "seconds",
      "x-basic": true,
      default: 180,
    });
    expect(schema.properties["amqp_prefetch_count"]).toMatchObject({ "x-basic": false });
    await expect(gateway.call("config.schema", ["NoSuchClass"])).rejects.toMatchObject({ errno: 2 });
  });

  it("writes what was changed at run time into the file, by an administrator, only what was looked at", async () => {
    await gateway.run("worker.update", { name: "echo", config: { transport_name: "echo", max_deliveries: 7 } });
    const changes = await gateway.call<Row>("config.file_changes", [], []);
    expect(changes).toMatchObject({
      path: expect.stringMatching(/switchboard\.yaml$/),
      is_new: false,
      workers: [{ name: "echo", change: "changed", options: expect.arrayContaining(["max_deliveries"]) }],
      diff: expect.stringContaining("+       max_deliveries: 7"),
      refused: null,
    });
    await expect(gateway.call("task.submit", ["config.write", [{}]], ["operator"])).rejects.toMatchObject({
      errno: 13,
    });
    await expect(gateway.run("config.write", { revision: "other" })).rejects.toThrow(/meanwhile/);
    expect(await gateway.call("config.origin", ["echo"])).toMatchObject({ source: "file, changed" });
    const { revision } = changes;
    expect(await gateway.run("config.write", { revision })).toMatchObject({ workers: [{ name: "echo" }] });
    expect(await gateway.call("config.origin", ["echo"])).toMatchObject({
      source: "file",
      options: expect.arrayContaining([expect.objectContaining({ option: "max_deliveries", from: "file" })]),
    });
    expect(await gateway.call("config.file_changes")).toMatchObject({ workers: [], diff: "" });
  });

  it("tells what a change would do, with secrets masked", async () => {
    const config = { transport_name: "reverse", password: "new secret" };
    const preview = await gateway.call<{ restarts: string[]; sentences: string[]; diff: Row }>("config.preview", [
      { name: "reverse", config },
    ]);
    expect(preview.restarts).toEqual(["reverse"]);
    expect(preview.sentences[0]).toMatch(/password/);
    expect(JSON.stringify(preview)).not.toMatch(/hunter2|new secret/);
    expect(await gateway.call("config.validate", [{ name: "reverse", config }])).toEqual({ problems: [] });
    expect(await gateway.call("config.origin", ["reverse"])).toMatchObject({ name: "reverse", source: "file" });
    const exported = await gateway.call<string>("config.export");
    expect(exported).toContain('password: "********"');
    expect(exported).not.toContain("hunter2");
  });
});

describe("changes of workers", () => {
  const revisionOf = async (name: string): Promise<string> =>
    String((await gateway.call<Row>("workers.get", [name]))["revision"]);

  it("refuses a change made from a former revision, with what is there now, and does nothing", async () => {
    const former = await revisionOf("echo");
    expect((await gateway.call<Row[]>("workers.query")).find(({ name }) => name === "echo")).toMatchObject({
      revision: former,
    });
    await gateway.run("worker.update", {
      name: "echo",
      config: { transport_name: "echo", handler_timeout: 7 },
      revision: former,
    });
    const now = await revisionOf("echo");
    expect(now).not.toBe(former);
    const change = { name: "echo", config: { transport_name: "echo", handler_timeout: 9 }, revision: former };
    await expect(gateway.run("worker.update", change)).rejects.toMatchObject({
      errno: 70,
      extra: {
        code: "WORKER_CHANGED",
        name: "echo",
        revision: now,
        class: "EchoWorker",
        config: { transport_name: "echo", handler_timeout: 7 },
        source: "file, changed",
      },
    });
    await expect(gateway.run("worker.remove", { name: "echo", revision: former })).rejects.toMatchObject({ errno: 70 });
    expect(await gateway.call("workers.get", ["echo"])).toMatchObject({ revision: now, state: "running" });
    // Without one nothing is compared.
    await gateway.run("worker.update", { name: "echo", config: { transport_name: "echo" } });
  });

  it("lets only one of two editors win who save at the same time", async () => {
    const revision = await revisionOf("echo");
    const save = (timeout: number) =>
      gateway.run("worker.update", {
        name: "echo",
        config: { transport_name: "echo", handler_timeout: timeout },
        revision,
      });
    const outcomes = await Promise.allSettled([save(11), save(12), save(13)]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
    expect(refused).toHaveLength(2);
    for (const reason of refused) expect(reason).toMatchObject({ errno: 70, extra: { code: "WORKER_CHANGED" } });
  });

  it("names everything that is wrong with new options before anything is stopped", async () => {
    const before = await gateway.call<Row>("workers.get", ["sms"]);
    const config = { transport_name: 5, session_timeout: "soon" };
    const failed = gateway.run("worker.update", { name: "sms", config });
    await expect(failed).rejects.toMatchObject({
      errno: 22,
      extra: expect.arrayContaining([
        expect.objectContaining({ path: [0, "config", "transport_name"] }),
        expect.objectContaining({ path: [0, "config", "session_timeout"] }),
      ]),
    });
    expect(await gateway.call("workers.get", ["sms"])).toMatchObject({ since: before["since"], state: "running" });
    const again = gateway.run("worker.create", { name: "sms", class: "EchoWorker", config: {} });
    await expect(again).rejects.toMatchObject({ errno: 17 });
  });
});

it("tells of each option whether it is the file's, with its line, or was changed since", async () => {
  const origin = async () => (await gateway.call<{ options: Row[] }>("config.origin", ["ussd"])).options;
  const before = await origin();
  expect(before.map(({ from }) => from)).toEqual(before.map(() => "file"));
  const address = before.find(({ option }) => option === "address");
  expect(address).toMatchObject({ file: expect.stringMatching(/switchboard\.yaml$/), line: expect.any(Number) });
  const config = gateway.view.workers().find(({ name }) => name === "ussd")?.config;
  await gateway.run("worker.update", { name: "ussd", config: { ...config, session_timeout: 7 } });
  const after = await origin();
  expect(after.find(({ option }) => option === "address")).toEqual(address);
  expect(after.find(({ option }) => option === "session_timeout")).toEqual({
    option: "session_timeout",
    from: "runtime",
    file: null,
    line: null,
  });
});

describe("rules of a router", () => {
  it("gives a router's own options with their schema, and changes only those that are named", async () => {
    const rules = await gateway.call<{ settings: Row; schema: { properties: Row }; revision: string }>(
      "routers.rules",
      ["keywords"],
    );
    expect(Object.keys(rules.settings)).toEqual(
      expect.arrayContaining(["rules", "fallback_application", "transport_mappings"]),
    );
    expect(Object.keys(rules.schema.properties)).toContain("keyword_mappings");
    expect(rules.schema.properties).not.toHaveProperty("transport_names");
    const settings = { rules: [{ app: "reverse", keyword: "flip" }] };
    const message = { content: "flip me", transport_name: "sms" };
    const asked = gateway.call("routers.explain", ["keywords", message, { settings }]);
    expect(await asked).toMatchObject({ targets: [{ connector: "reverse", rule: 1 }] });
    expect(await gateway.call("routers.explain", ["keywords", message])).toMatchObject({
      targets: [{ connector: "echo" }],
    });
    const unsaved = { settings: { rules: [{ app: "nobody", keyword: "flip" }] } };
    expect(await gateway.call("routers.rules", ["keywords", unsaved])).toMatchObject({
      rules: [{ number: 1, value: "flip", hits_last_hour: null, problem: "there is no connector nobody" }],
      revision: rules.revision,
    });
    const untouched = await gateway.call<Row>("workers.get", ["reverse"]);
    const result = await gateway.run("router.set_rules", { name: "keywords", settings, revision: rules.revision });
    expect(await gateway.call("routers.rules", ["keywords"])).toMatchObject({
      rules: [{ value: "flip", target: "reverse" }],
      settings: { fallback_application: "echo" },
      revision: (result as Row)["revision"],
    });
    expect(await gateway.call("workers.get", ["reverse"])).toMatchObject({ since: untouched["since"] });
    await gateway.say("flip this");
    const found = await gateway.call<{ rows: Row[] }>("messages.search", ["siht pilf", {}]);
    expect(found.rows).toHaveLength(1);
  });

  it("refuses rules that are wrong, options of others, and a former revision", async () => {
    const { revision } = await gateway.call<{ revision: string }>("routers.rules", ["keywords"]);
    const set = (settings: object, more: object = {}) =>
      gateway.run("router.set_rules", { name: "keywords", settings, ...more });
    await expect(set({ rules: [{ app: "reverse" }] })).rejects.toMatchObject({
      errno: 22,
      extra: [expect.objectContaining({ path: [0, "config", "rules", 0, "keyword"] })],
    });
    await expect(set({ transport_names: [] })).rejects.toMatchObject({ errno: 22 });
    await expect(set({ rules: [] }, { revision: "former" })).rejects.toMatchObject({
      errno: 70,
      extra: { code: "WORKER_CHANGED", revision },
    });
    expect(await gateway.call("routers.rules", ["keywords"])).toMatchObject({ revision });
    await set({ expire_routing_memory: 60 });
    await set({ expire_routing_memory: null });
    const { settings } = await gateway.call<{ settings: Row }>("routers.rules", ["keywords"]);
    expect(settings).not.toHaveProperty("expire_routing_memory");
    await expect(gateway.call("routers.preview", ["keywords", { settings: { rules: "x" } }])).rejects.toMatchObject({
      errno: 22,
    });
  });
});

describe("config.try", () => {
  it("tells whether ports are free and connections open, and starts nothing", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    const tryTelnet = (endpoint: string) =>
      gateway.call("config.try", [
        { class: "TelnetServerTransport", config: { transport_name: "t", twisted_endpoint: endpoint } },
      ]);
    expect(await tryTelnet(`tcp:${port}:interface=127.0.0.1`)).toEqual({
      ok: false,
      problems: [],
      checks: [
        {
          what: "listen",
          field: "twisted_endpoint",
          target: `127.0.0.1:${port}`,
          ok: false,
          text: "somebody else listens there already",
          code: "EADDRINUSE",
        },
      ],
    });
    expect(await tryTelnet("tcp:0:interface=127.0.0.1")).toMatchObject({ ok: true });
    expect(await tryTelnet("tcp:x")).toMatchObject({ ok: false, problems: [{ path: "twisted_endpoint" }], checks: [] });
    const relay = (url: string) =>
      gateway.call("config.try", [{ class: "HTTPRelayApplication", config: { transport_name: "r", url } }]);
    const url = `http://me:secret@127.0.0.1:${port}/in`;
    const opened = await relay(url);
    const connected = { what: "connect", field: "url", target: `127.0.0.1:${port}`, ok: true };
    expect(opened).toMatchObject({ ok: true, checks: expect.arrayContaining([expect.objectContaining(connected)]) });
    await new Promise((resolve) => taken.close(resolve));
    const refused = await relay(url);
    const refusal = expect.objectContaining({ code: "ECONNREFUSED", ok: false });
    expect(refused).toMatchObject({ ok: false, checks: expect.arrayContaining([refusal]) });
    expect(JSON.stringify([opened, refused])).not.toContain("secret");
    expect(gateway.view.workers().map(({ name }) => name)).not.toContain("new");
  });

  it("takes the port that the worker itself holds for free", async () => {
    const config = { transport_name: "line", twisted_endpoint: "tcp:0:interface=127.0.0.1" };
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const held = { ...config, twisted_endpoint: `tcp:${port}:interface=127.0.0.1` };
    await gateway.run("worker.create", { name: "line", class: "TelnetServerTransport", config: held });
    expect(await gateway.call("config.try", [{ name: "line", config: { ...held, max_connections: 5 } }])).toMatchObject(
      {
        ok: true,
        checks: [{ ok: true, text: "this worker listens there already" }],
      },
    );
    expect(await gateway.call("config.try", [{ class: "TelnetServerTransport", config: held }])).toMatchObject({
      ok: false,
    });
    await gateway.run("worker.remove", { name: "line" });
  });
});
