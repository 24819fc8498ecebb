// The verbs on the gateway's services, as child processes, against a real gateway with a phone to try it by.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "@switchboard/core";
import { type Gateway, parseGatewayFile, startGateway } from "@switchboard/gateway";
import { builtFile, freePort, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const main = builtFile("packages/cli/dist/main.js");
const folder = tempFolder();
let gateway: Gateway;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  const path = join(folder, "switchboard.yaml");
  const text = `dispatcher: { websocket-port: 0, frontend-port: 0, hosts: [127.0.0.1] }
workers:
  phone: { class: LoopbackTransport, config: { transport_name: app } }
  echo: { class: EchoWorker, config: { transport_name: app } }
`;
  writeFileSync(path, text);
  const file = await parseGatewayFile(text, path, folder);
  gateway = await startGateway({ file, logger: silentLogger, ports: { control: 0 } });
  const url = `ws://127.0.0.1:${gateway.server.ports.websocket}`;
  env = { XDG_CONFIG_HOME: join(folder, "home"), SWITCHBOARD_SERVER: url, SWITCHBOARD_TOKEN: "", NO_COLOR: "1" };
  await run("login", "--user", "root", "--password-file", gateway.passwordFile ?? "");
});

afterAll(() => gateway.stop());

async function run(...args: readonly string[]) {
  const child = spawnNode(main, args, { env });
  const lines: string[] = [];
  for await (const line of child.lines) lines.push(line);
  return { lines, code: (await child.exited).code, err: child.stderr() };
}

async function json<Result>(...args: readonly string[]): Promise<Result> {
  const { lines, err } = await run(...args, "--json");
  if (lines.length !== 1) throw new Error(err);
  return JSON.parse(lines[0] ?? "") as Result;
}

describe("verbs on the gateway", () => {
  it("sends as if from a person, and finds the message, its answer and its way", async () => {
    const id = await json<string>("send", "phone", "+271", "hello", "--in");
    const found = await until(async () => {
      const rows = await json<{ id: string; state: string; content: string }[]>("messages", "hello");
      return rows.length === 2 && rows.some((row) => row.id === id && row.state === "answered") ? rows : undefined;
    });
    expect(found.map(({ content }) => content)).toEqual(["hello", "hello"]);
    const { lines } = await run("messages", "channel:app", "--limit", "1");
    expect(lines[0]).toMatch(/^AT +WAY +CHANNEL +PERSON +STATE +TOOK +CONTENT +ID$/);
    expect(lines).toHaveLength(2);
    const trail = await run("trail", id);
    expect(trail.lines[1]).toMatch(/^AFTER +WHERE +WHAT +TOOK$/);
    expect(trail.lines.join("\n")).toMatch(/phone[^]*app\.inbound[^]*echo[^]*app\.outbound[^]*phone/);
    expect((await run("trail", "nobody")).code).toBe(2);
  });

  it("shows the status once where there is no terminal, and as JSON", async () => {
    const { lines, code } = await run("status");
    expect(code).toBe(0);
    expect(lines[0]).toMatch(/^switchboard \(development\) /);
    expect(lines[3]).toMatch(
      /^WORKER +KIND +LAMP +STATE +IN\/MIN +OUT\/MIN +WAITING +OLDEST +MEANWHILE +PARKED +PROCESS$/,
    );
    expect(lines[4]).toMatch(/^phone +channel +ok +running /);
    const status = await json<{ workers: { name: string }[]; attention: unknown[] }>("status");
    expect(status.workers.map(({ name }) => name)).toEqual(["phone", "echo"]);
  });

  it("creates, pauses, resumes and removes workers, and writes the changes into the exported file", async () => {
    const name = "echo2";
    expect((await run("workers", "add", name, "EchoWorker", `transport_name=${name}`)).lines).toEqual([name]);
    expect((await run("workers", "pause", name)).code).toBe(0);
    const { lines } = await run("workers");
    expect(lines.find((line) => line.startsWith(name))).toMatch(/paused +gateway +runtime +EchoWorker/);
    const options = ["transport_name=web", "web_host=127.0.0.1", `web_port=${await freePort()}`, "web_path=/in"];
    const added = await run(
      "workers",
      "add",
      "web",
      "HttpApiTransport",
      ...options,
      "web_username=me",
      "web_password=hunter2",
    );
    expect(added).toMatchObject({ code: 0, lines: ["web"] });
    const { lines: exported } = await run("config", "export");
    expect(exported).toContain(`  ${name}:`);
    expect(exported.join("\n")).toContain("web_password: ");
    expect(exported.join("\n")).not.toContain("hunter2");
    await run("workers", "remove", "web");
    expect(await json("workers", "resume", name)).toBe(name);
    expect(await json("workers", name)).toMatchObject({ state: "running", config: { transport_name: name } });
    expect((await run("workers", "remove", name)).code).toBe(0);
    expect((await run("workers", name)).code).toBe(2);
    const { lines: shown } = await run("workers", "echo");
    expect(shown).toEqual(expect.arrayContaining([expect.stringMatching(/^STATE +running since \d{4}-\d\d-\d\dT/)]));
    expect(shown.at(-1)).toBe("transport_name: app");
    expect((await run("workers", "change", "echo")).err).toContain("expected what to change, name=value");
    expect((await run("figures", "workers.nobody.in")).err).toContain("nothing is known of workers.nobody.in");
    expect((await run("workers", "stop", "nobody")).err).toContain("there is no worker");
    const meant = await run("workers", "strt", "echo");
    expect(meant.code).toBe(2);
    expect(meant.err).toContain("unknown command 'strt': expected one of start, stop, ");
  });

  it("says what is wrong with options of a worker, and ends with 1", async () => {
    const options = join(folder, "echo.yaml");
    writeFileSync(options, "transport_name: 5\n");
    const { lines, code } = await run("config", "validate", "echo", options);
    expect(code).toBe(1);
    expect(lines[1]).toMatch(/^transport_name +expected /);
    writeFileSync(options, "transport_name: app\n");
    expect((await run("config", "validate", "echo", options)).lines).toEqual([`${options}: nothing wrong`]);
    expect(readFileSync(options, "utf8")).toContain("app");
  });

  it("lists queues, and lists and drops what is parked", async () => {
    expect((await run("queues")).lines.find((line) => line.startsWith("app.inbound"))).toMatch(/ echo +ok /);
    expect((await run("parked", "app.inbound")).err).toContain("app.inbound: nothing parked");
    expect(await json("parked", "app.inbound", "drop")).toEqual({ done: 0, of: 0 });
    expect((await run("parked", "app.inbound", "eat")).code).toBe(2);
    const unknown = await run("parked", "app.inbuond");
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain('there is no queue "app.inbuond"; did you mean app.inbound?');
  });

  it("prints logs of a worker, follows them, and changes how much it logs", async () => {
    const levels = (): Promise<unknown> => json("call", "logs.get_levels");
    expect(await json("logs", "level", "echo", "debug", "--for", "600")).toBeNull();
    expect(await levels()).toMatchObject([{ worker: "echo", level: "debug", until: expect.any(String) as unknown }]);
    expect((await run("logs", "level", "echo", "default")).code).toBe(0);
    expect(await levels()).toEqual([]);
    const before = await run("logs", "echo");
    expect(before.lines.at(-1)).toMatch(/ info {2}echo: worker state changed .*"state":"running"/);
    expect((await run("logs", "ehco")).err).toContain('there is no worker "ehco"; did you mean echo?');
    const child = spawnNode(main, ["logs", "echo", "--follow", "--limit", "1"], { env });
    expect((await child.lines.next()).value).toBe(before.lines.at(-1));
    // Followed from a moment after the first line; so something is logged until it is seen.
    const seen = child.lines.next();
    let isSeen = false;
    void seen.then(() => (isSeen = true));
    await until(async () => {
      await run("workers", "restart", "echo");
      return isSeen;
    });
    expect((await seen).value).toContain("echo: worker state changed");
    await child.kill();
  });

  it("completes names of workers, channels and queues", async () => {
    expect((await run("complete", "--", "workers", "stop", "e")).lines).toEqual(["echo"]);
    expect((await run("complete", "--", "send", "")).lines).toEqual(["phone"]);
    expect((await run("complete", "--", "parked", "app.o")).lines).toEqual(["app.outbound"]);
    expect((await run("complete", "--", "parked", "app.outbound", "r")).lines).toEqual(["retry"]);
    expect((await run("complete", "--", "logs", "")).lines).toEqual(expect.arrayContaining(["level", "echo"]));
    expect((await run("complete", "--", "st")).lines).toContain("status");
  });
});
