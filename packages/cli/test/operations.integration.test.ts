// What lies beside the gateway for operators, tried with the tools that read it: the unit with systemd's own check, the rotation of the log with logrotate.

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtFile, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { expect, it } from "vitest";
import { startCommand } from "../src/start.ts";

const main = builtFile("packages/cli/dist/main.js");
const beside = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../gateway/systemd/${name}`, import.meta.url)), "utf8");

const analyze = "/usr/bin/systemd-analyze";
const hasAnalyze = existsSync(analyze);
const logrotate = "/usr/sbin/logrotate";
const hasLogrotate = existsSync(logrotate);

it.runIf(hasAnalyze)(`the unit is one to systemd${hasAnalyze ? "" : " [needs systemd-analyze]"}`, () => {
  const file = join(tempFolder(), "switchboard.service");
  // Where Node is here; systemd looks whether it can be run.
  writeFileSync(file, beside("switchboard.service").replaceAll("/usr/bin/node", process.execPath));
  const { status, stdout, stderr } = spawnSync(analyze, ["verify", file], { encoding: "utf8" });
  // What it does not know it only mentions.
  expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: "" });
});

it("the unit starts the command with options that it has, and gives it longer than a part may take", () => {
  const unit = beside("switchboard.service");
  const [, words = ""] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
  const [node, ...rest] = words.split(" ");
  const verb = rest.indexOf("start");
  expect(node).toBe("/usr/bin/node");
  const options = rest.slice(verb + 1).filter((word) => word.startsWith("--"));
  expect(options.length).toBeGreaterThan(0);
  const known = new Set(startCommand().options.map(({ long }) => long));
  expect(options.filter((option) => !known.has(option))).toEqual([]);
  const ofNode = rest.slice(0, verb).filter((word) => word.startsWith("--"));
  expect(spawnSync(process.execPath, [...ofNode, "--version"]).status).toBe(0);
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(30);
});

it.runIf(hasLogrotate)(`the log is rotated and opened anew${hasLogrotate ? "" : " [needs logrotate]"}`, async () => {
  const folder = tempFolder();
  const file = join(folder, "switchboard.yaml");
  writeFileSync(
    file,
    `dispatcher: { websocket-port: 0, frontend-port: 0, hosts: [127.0.0.1], pidfile: pid }
gateway: { data: . }
workers: { echo: { class: EchoWorker, config: { transport_name: echo } } }
`,
  );
  const gateway = spawnNode(main, ["start", file, "--json"]);
  try {
    const { value } = await gateway.lines.next();
    if (typeof value !== "string") throw new Error(gateway.stderr());
    const log = join(folder, "switchboard.log");
    const rules = join(folder, "rotate.conf");
    const text = beside("switchboard.logrotate");
    expect(text).toContain("/var/lib/switchboard/switchboard.log {");
    // As it is, but for the place, and the user, who is somebody else here.
    const user = process.getuid?.() === 0 ? "su root root" : "";
    writeFileSync(rules, text.replaceAll("/var/lib/switchboard", folder).replace("su switchboard switchboard", user));
    chmodSync(rules, 0o600);
    const { status, stderr } = spawnSync(logrotate, ["--force", "--state", join(folder, "state"), rules], {
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    await until(() => existsSync(log));
    process.kill(gateway.pid, "SIGHUP");
    await until(() => readFileSync(log, "utf8").includes("were reloaded"));
    const before = readFileSync(`${log}.1`, "utf8");
    expect(before).toContain('"state":"running"');
    expect(before).not.toContain("were reloaded");
    expect(statSync(log).mode & 0o007).toBe(0);
    expect(await gateway.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  } finally {
    await gateway.kill();
  }
});
