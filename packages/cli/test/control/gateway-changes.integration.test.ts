// The verbs that change a running gateway and act on what it keeps, against a real one with a router.

import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "@switchboard/core";
import { type Gateway, loadGatewayFile, startGateway } from "@switchboard/gateway";
import { freePort, tempFolder, until } from "@switchboard/testkit";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { run as runCommand } from "../../src/index.ts";

const folder = tempFolder();
const patient = { deadlineMs: 60_000 };
let gateway: Gateway;

beforeAll(async () => {
  const path = join(folder, "switchboard.yaml");
  const text = `dispatcher: { websocket-port: 0, frontend-port: 0, hosts: [127.0.0.1] }
workers:
  phone: { class: LoopbackTransport, config: { transport_name: sms, address: "8000" } }
  router:
    class: BaseDispatchWorker
    config:
      router_class: ContentKeywordRouter
      dispatcher_name: router
      transport_names: [sms]
      exposed_names: [echo, reverse]
      rules: [{ app: reverse, keyword: turn }]
      fallback_application: echo
      transport_mappings: { "8000": sms }
      max_deliveries: 1
  echo: { class: EchoWorker, config: { transport_name: echo } }
  reverse: { class: ReverseWorker, config: { transport_name: reverse } }
`;
  writeFileSync(path, text);
  const file = await loadGatewayFile(path);
  gateway = await startGateway({ file, logger: silentLogger, ports: { control: 0 } });
  const url = `ws://127.0.0.1:${gateway.server.ports.websocket}`;
  const env = { XDG_CONFIG_HOME: join(folder, "home"), SWITCHBOARD_SERVER: url, SWITCHBOARD_TOKEN: "", NO_COLOR: "1" };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  await run("login", "--user", "root", "--password-file", gateway.passwordFile ?? "");
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await gateway.stop();
});

/** In this process, as starting one for each verb would take most of the time. */
async function run(...args: readonly string[]) {
  let out = "";
  let err = "";
  vi.spyOn(console, "log").mockImplementation((text: string) => void (out += `${text}\n`));
  vi.spyOn(console, "error").mockImplementation((text: string) => void (err += `${text}\n`));
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    err += String(text);
    return true;
  });
  try {
    const code = await runCommand(args);
    return { lines: out.split("\n").slice(0, -1), code, err };
  } finally {
    vi.restoreAllMocks();
  }
}

async function json<Result>(...args: readonly string[]): Promise<Result> {
  const { lines, err } = await run(...args, "--json");
  if (lines.length !== 1) throw new Error(err);
  return JSON.parse(lines[0] ?? "") as Result;
}

const configOf = (name: string) => gateway.roster.get(name).plan.source.values;

it("changes options of a worker, keeps the others, and says what is wrong with them before anything stops", async () => {
  expect(await run("workers", "change", "echo", "handler_timeout=7")).toMatchObject({ code: 0, lines: ["echo"] });
  expect(configOf("echo")).toEqual({ transport_name: "echo", handler_timeout: 7 });
  await run("workers", "change", "echo", "max_deliveries=3", "--unset", "handler_timeout");
  expect(configOf("echo")).toEqual({ transport_name: "echo", max_deliveries: 3 });
  const wrong = await run("workers", "change", "echo", "max_deliveries=many");
  expect(wrong.code).toBe(22);
  expect(wrong.err).toMatch(/echo: max_deliveries: expected a whole number/);
  expect(configOf("echo")).toEqual({ transport_name: "echo", max_deliveries: 3 });
});

it("shows a router's rules, explains a message, and tries and sets other rules", async () => {
  expect((await run("routers", "router")).lines[1]).toMatch(/^1 +keyword +turn +reverse/);
  const explained = await run("routers", "explain", "router", "turn it", "--channel", "sms");
  expect(explained.lines[1]).toMatch(/^reverse +default +reverse +1$/);
  const rules = `rules=${JSON.stringify([{ app: "reverse", keyword: "flip" }])}`;
  expect((await run("routers", "set", "router", rules, "--try")).lines[0]).toMatch(/^\d+ of the last \d+ would/);
  expect((await run("routers", "set", "router", rules)).code).toBe(0);
  expect((await run("routers", "router")).lines[1]).toMatch(/^1 +keyword +flip +reverse/);
  const foreign = await run("routers", "set", "router", "transport_names=[]");
  expect(foreign.err).toContain("transport_names is no option of this router");
});

it("shows what would be written into the configuration file, and writes it, with its comments and the former beside it", async () => {
  const path = join(folder, "switchboard.yaml");
  const before = readFileSync(path, "utf8");
  const { lines } = await run("config", "write", "--dry-run");
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^\+ +rules: \[ *\{ app: reverse, keyword: flip \} *\]$/),
      "changed router rules",
      "changed echo max_deliveries",
    ]),
  );
  expect(readFileSync(path, "utf8")).toBe(before);
  expect((await run("config", "write")).lines.at(-1)).toBe(`written to ${path}`);
  expect(readFileSync(path, "utf8")).toContain(
    "echo: { class: EchoWorker, config: { transport_name: echo, max_deliveries: 3 } }",
  );
  expect(readFileSync(`${path}.bak`, "utf8")).toBe(before);
  expect((await run("config", "write", "--dry-run")).lines).toEqual(["nothing is other than in the file"]);
  writeFileSync(path, "# by hand\n");
  await run("workers", "change", "echo", "max_deliveries=4");
  expect((await run("config", "write", "--dry-run")).lines.at(-1)).toMatch(/^would not be written: .*SIGHUP/);
  const refused = await run("config", "write");
  expect(refused.code).toBe(70);
  expect(refused.err).toMatch(/was changed since the gateway read it/);
  expect(readFileSync(path, "utf8")).toBe("# by hand\n");
});

it("counts, exports and sends again all messages that a query means", async () => {
  await json("send", "phone", "+271", "flip me", "--in");
  await until(async () => (await json<{ count: number }>("messages", "flip", "--count")).count === 1, patient);
  expect((await run("messages", "flip", "--count", "--since", "1h")).lines).toEqual(["1"]);
  expect((await run("messages", "flip", "--count", "--until", "2020-01-01")).lines).toEqual(["0"]);
  expect((await run("messages", "flip", "--since", "yesterday")).code).toBe(2);
  const { lines } = await run("messages", "flip", "--export", "csv");
  expect(lines[0]).toMatch(/^timestamp,message_id,/);
  expect(lines[1]).toContain("flip me");
  expect((await run("messages", "--resend")).code).toBe(2);
  expect(await json("messages", "flip", "--resend")).toMatchObject({ done: 1, of: 1 });
  expect((await run("messages", "flip", "--count")).lines).toEqual(["2"]);
});

it("shows, edits, exports and drops what is parked, saving it first", async () => {
  await json("send", "phone", "+271", "to nowhere", "--in");
  // Its answer goes from an address that no channel has.
  await run("routers", "set", "router", 'transport_mappings={"9000":"sms"}');
  await json("send", "phone", "+271", "parked", "--in");
  const [parked] = await until(async () => {
    const rows = await json<{ id: string }[]>("parked", "echo.outbound");
    return rows.length > 0 ? rows : undefined;
  }, patient);
  const id = parked?.id ?? "";
  const whole = await json<{ body: string }>("parked", "echo.outbound", "show", "--id", id);
  expect(JSON.parse(whole.body)).toMatchObject({ from_addr: "8000" });
  const exported = await run("parked", "echo.outbound", "export");
  expect(JSON.parse(exported.lines[0] ?? "")).toMatchObject({ id, body: whole.body });
  const body = join(folder, "body.json");
  writeFileSync(body, whole.body.replace('"8000"', '"9000"'));
  expect((await run("parked", "echo.outbound", "edit", "--id", id, "--body-file", body)).code).toBe(0);
  await until(async () => (await run("messages", "type:out", "from:9000", "--count")).lines[0] === "1", patient);
  expect((await run("parked", "echo.outbound", "edit")).code).not.toBe(0);
  await json("send", "phone", "+271", "again", "--in");
  await until(async () => (await json<unknown[]>("parked", "echo.outbound")).length === 1, patient);
  const dropped = await json<{ done: number; saved_to: string }>("parked", "echo.outbound", "drop", "--save");
  expect(dropped.done).toBe(1);
  expect(readFileSync(dropped.saved_to, "utf8")).toContain("again");
  expect(statSync(dropped.saved_to).mode & 0o777).toBe(0o600);
});

it("prints figures over time and of middlewares, and tries options before they are taken", async () => {
  const { lines } = await run("figures", "--window", "1h", "workers.echo.waiting");
  expect(lines[0]).toMatch(/^FROM +WORKERS\.ECHO\.WAITING$/);
  expect(await json("figures", "--window", "24h")).toMatchObject({ step_s: 900 });
  expect((await run("figures", "--middleware")).lines[1]).toMatch(/^phone +message_store +\d/);
  const options = join(folder, "line.yaml");
  const port = await freePort();
  writeFileSync(options, `transport_name: line\ntwisted_endpoint: "tcp:${port}:interface=127.0.0.1"\n`);
  const tried = await run("config", "try", "line", options, "--class", "TelnetServerTransport");
  expect(tried.lines[1]).toMatch(new RegExp(`^listen +127\\.0\\.0\\.1:${port} +true +it is free`));
  writeFileSync(options, "transport_name: 5\n");
  expect((await run("config", "try", "line", options, "--class", "TelnetServerTransport")).code).toBe(1);
});

it("begins, shows and ends batches", async () => {
  const { lines } = await run("batches", "start", "campaign=spring", "--tag", "codes:8000");
  const [id = ""] = lines;
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(await json("batches", id)).toMatchObject({
    tags: [["codes", "8000"]],
    metadata: { campaign: "spring" },
    inbound: { messages: 0, people: 0 },
  });
  expect((await run("batches")).lines[1]).toContain(id);
  expect((await run("batches", "finish", id)).code).toBe(0);
  expect((await run("batches", "start", "--tag", "8000")).err).toContain("expected pool:name");
});

it("makes an account that can log in, changes and locks it, ends its sessions, and keeps the last administrator", async () => {
  const file = join(folder, "nomsa-password");
  writeFileSync(file, "a long password\n");
  expect((await run("users", "add", "nomsa", "--group", "operator", "--new-password-file", file)).code).toBe(0);
  expect(await json("users")).toMatchObject([
    { username: "nomsa", roles: ["operator", "viewer"], locked: false },
    { username: "root", roles: ["admin"] },
  ]);
  const login = (): Promise<{ code: number | undefined }> =>
    run("call", "session.whoami", "--user", "nomsa", "--password-file", file);
  expect((await login()).code).toBe(0);
  writeFileSync(file, "another long password\n");
  await run("users", "password", "nomsa", "--new-password-file", file);
  expect((await login()).code).toBe(0);
  expect(await run("users", "change", "nomsa", "--group", "viewer", "--full-name", "Nomsa", "--lock")).toMatchObject({
    code: 0,
    err: "",
  });
  expect(await json("users")).toMatchObject([{ full_name: "Nomsa", roles: ["viewer"], locked: true }, {}]);
  expect((await login()).code).not.toBe(0);
  expect((await run("users", "logout", "nomsa")).code).toBe(0);
  expect((await run("users", "change", "root", "--group", "viewer")).err).toMatch(/root is the last administrator/);
  expect((await run("users", "remove", "nomsa")).code).toBe(0);
  expect(await json("users")).toMatchObject([{ username: "root" }]);
});
