// `switchboard start` as a process: what it tells scripts, its pid file, what SIGHUP does, and how it ends.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "@switchboard/client/node";
import { builtFile, type NodeProcess, smallDisk, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { afterEach, expect, it } from "vitest";

const main = builtFile("packages/cli/dist/main.js");
const processes: NodeProcess[] = [];

afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one.kill()));
});

interface Report {
  readonly pid: number;
  readonly programs: string;
  readonly console: string;
  readonly login_link: string;
  readonly password_file: string;
  readonly data: string;
  readonly logging: string;
  readonly workers: readonly { readonly name: string; readonly state: string }[];
}

const workers = (names: readonly string[]): string =>
  `workers:\n${names.map((name) => `  ${name}: { class: EchoWorker, config: { transport_name: ${name} } }\n`).join("")}`;

async function start(...names: readonly string[]) {
  const folder = tempFolder();
  const file = join(folder, "switchboard.yaml");
  const write = (text: string): void =>
    writeFileSync(file, `dispatcher: { pidfile: run/pid, hosts: [127.0.0.1] }\n${text}`);
  write(workers(names));
  const args = ["start", file, "--port", "0", "--console-port", "0", "--json"];
  const gateway = spawnNode(main, args);
  processes.push(gateway);
  const { value } = await gateway.lines.next();
  if (typeof value !== "string") throw new Error(gateway.stderr());
  const report = JSON.parse(value) as Report;
  const log = (): string => readFileSync(join(folder, "var", "switchboard.log"), "utf8");
  return { folder, gateway, report, write, log, args };
}

it("says as JSON where everything is, keeps a pid file, and refuses a second start with 3", async () => {
  const { folder, gateway, report, args } = await start("one");
  expect(report).toMatchObject({
    pid: gateway.pid,
    data: join(folder, "var"),
    workers: [{ name: "one", state: "running" }],
  });
  expect(report.logging).toBe(`file:${join(folder, "var", "switchboard.log")}`);
  expect(report.login_link).toMatch(/^http:\/\/localhost:\d+\/login\/once\/./);
  const pidfile = join(folder, "run", "pid");
  expect(readFileSync(pidfile, "utf8")).toBe(`${gateway.pid}\n`);
  const second = spawnNode(main, args);
  expect(await second.exited).toEqual({ code: 3, signal: null });
  expect(second.stderr()).toContain(`belongs to process ${gateway.pid}`);
  expect(await gateway.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  expect(existsSync(pidfile)).toBe(false);
});

it("takes over the workers of a changed file on SIGHUP, and changes nothing for one that is wrong, saying why", async () => {
  const { gateway, report, write, log } = await start("one", "two");
  const password = readFileSync(report.password_file, "utf8").trim();
  const client = await connect({
    url: report.programs.replace("localhost", "127.0.0.1"),
    login: { username: "root", password },
  });
  const names = (): Promise<unknown> => client.call("workers.query", [[], { select: "name" }]);
  write("workers: { one: { class: EchoWorkr } }\n");
  process.kill(gateway.pid, "SIGHUP");
  await until(() => log().includes("was not reloaded"));
  expect(log()).toContain("did you mean EchoWorker?");
  expect(await names()).toEqual(["one", "two"]);
  write(workers(["two", "three"]));
  process.kill(gateway.pid, "SIGHUP");
  await until(() => log().includes("the workers of the file were reloaded"));
  expect(await names()).toEqual(["two", "three"]);
  await client.close();
});

it("drains and ends with 0 when an administrator stops the server, whatever was set for a while", async () => {
  const { gateway, report } = await start("one");
  const password = readFileSync(report.password_file, "utf8").trim();
  const client = await connect({
    url: report.programs.replace("localhost", "127.0.0.1"),
    login: { username: "root", password },
  });
  await client.call("logs.set_level", ["one", "debug", 3_600_000]);
  await client.call("management.shutdown").catch(() => undefined);
  expect(await gateway.exited).toEqual({ code: 0, signal: null });
  expect(gateway.stderr()).toContain("an administrator stops the server");
  expect(gateway.stderr()).not.toContain("still open");
  await client.close();
});

it("says who has the port that it needs and how to take another, and who has the data folder", async () => {
  const { gateway, folder, report } = await start("one");
  const port = new URL(report.programs).port;
  const again = (...args: readonly string[]) => {
    const child = spawnNode(main, ["start", join(folder, "other.yaml"), "--console-port", "0", ...args]);
    processes.push(child);
    return child;
  };
  writeFileSync(join(folder, "other.yaml"), "dispatcher: { hosts: [127.0.0.1] }\n");
  const inUse = again("--port", "0");
  expect(await inUse.exited).toEqual({ code: 1, signal: null });
  expect(inUse.stderr()).toContain(`${join(folder, "var")} is the data folder of node (process ${gateway.pid}, in `);
  expect(inUse.stderr()).toContain("CLI_DATA_IN_USE");
  const taken = again("--port", port, "--data", join(folder, "other"));
  expect(await taken.exited).toEqual({ code: 1, signal: null });
  expect(taken.stderr()).toContain(`port ${port} is taken by node (process ${gateway.pid}, in `);
  expect(taken.stderr()).toContain("websocket-port of the section dispatcher in ");
  expect(await gateway.kill("SIGTERM")).toEqual({ code: 0, signal: null });
});

it("says of a data folder that cannot be one why not, and ends", async () => {
  const folder = tempFolder();
  const file = join(folder, "switchboard.yaml");
  writeFileSync(file, "dispatcher: { hosts: [127.0.0.1] }\n");
  const tried = async (data: string): Promise<string> => {
    const child = spawnNode(main, ["start", file, "--data", data, "--port", "0", "--console-port", "0"]);
    processes.push(child);
    expect(await child.exited).toEqual({ code: 1, signal: null });
    return child.stderr();
  };
  // Below /proc Node's own way of making folders never comes back.
  const said = await Promise.all([tried("/proc/switchboard"), tried(file), tried(join(file, "below"))]);
  for (const text of said)
    expect(text).toMatch(/^switchboard: .* cannot be the data folder: .*\[GATEWAY_DATA_FOLDER\]$/m);
  expect(said[1]).toContain("is a file");
});

it.runIf(process.getuid?.() === 0)("says of a full disk that it is full, whichever part finds out first", async () => {
  const ended = [65_536, 131_072].map(async (sizeBytes) => {
    const disk = smallDisk(sizeBytes);
    if (disk === undefined) return undefined;
    const file = join(tempFolder(), "switchboard.yaml");
    writeFileSync(file, "dispatcher: { hosts: [127.0.0.1] }\n");
    const data = join(disk.path, "data");
    const child = spawnNode(main, ["start", file, "--data", data, "--port", "0", "--console-port", "0"]);
    processes.push(child);
    const exit = await child.exited;
    disk.release();
    return { code: exit.code, said: child.stderr() };
  });
  for (const one of await Promise.all(ended)) {
    // Where nothing may be mounted there is nothing to see.
    if (one === undefined) continue;
    expect(one.code).toBe(1);
    expect(one.said).toMatch(/data\/(?:bus\/bus|keyvalue|switchboard)\.db: .*\[STORAGE_DISK_FULL\]/);
  }
});
