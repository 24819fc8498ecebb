// What a stranger does: clones, starts with one command, types, stops, starts again. In a clone of what is committed, with an empty npm cache.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tempFolder, until } from "@switchboard/testkit";
import { afterEach, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const minutes = 60_000;
let gateway: ChildProcess | undefined;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  if (gateway?.pid !== undefined && gateway.exitCode === null && gateway.signalCode === null) {
    process.kill(-gateway.pid, "SIGKILL");
    await once(gateway, "exit");
  }
});

/** Runs `npm start` in a folder; resolves when it has said everything. */
async function npmStart(folder: string, cache: string): Promise<{ readonly said: () => string }> {
  let said = "";
  const child = spawn("npm", ["start"], {
    cwd: folder,
    // A group of its own, as a terminal would give it, so that Ctrl-C reaches npm and what it runs.
    detached: true,
    env: { ...process.env, npm_config_cache: cache, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  gateway = child;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  await until(() => said.includes("Ctrl-C drains and stops.") || child.exitCode !== null, { deadlineMs: 5 * minutes });
  expect(said).toContain("Ctrl-C drains and stops.");
  return { said: () => said };
}

/** Presses Ctrl-C; resolves when npm has ended, which it does by the same signal once the gateway has. */
async function ctrlC(): Promise<void> {
  const child = gateway;
  if (child?.pid === undefined) throw new Error("nothing runs");
  gateway = undefined;
  process.kill(-child.pid, "SIGINT");
  await once(child, "close");
}

async function telnet(): Promise<{ say(line: string): void; heard(): string }> {
  const socket = connect({ port: 9010, host: "127.0.0.1" });
  sockets.push(socket);
  await once(socket, "connect");
  let heard = "";
  socket.setEncoding("utf8").on("data", (text: string) => (heard += text));
  return { say: (line) => void socket.write(`${line}\r\n`), heard: () => heard };
}

const ask = async (content: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:8123/messages?${new URLSearchParams({ content })}`)).text();

it("clone, npm start, telnet, curl, Ctrl-C, again", { timeout: 10 * minutes }, async () => {
  const folder = join(tempFolder(), "clone");
  const cache = tempFolder();
  execFileSync("git", ["clone", "--quiet", root, folder]);

  const first = await npmStart(folder, cache);
  const banner = first.said().slice(first.said().indexOf("switchboard (try-out)"));
  expect(banner.trim().split("\n").length).toBeLessThan(24);
  expect(banner).toContain("telnet localhost 9010");
  expect(banner).toContain('curl "localhost:8123/messages?content=hello"');
  expect(banner).not.toContain("Does not run");

  // The password is where only we can read it, and nowhere else.
  const passwordFile = join(folder, "var", "admin-password");
  expect(statSync(passwordFile).mode & 0o777).toBe(0o600);
  const password = readFileSync(passwordFile, "utf8").trim();
  expect(first.said()).not.toContain(password);
  expect(readFileSync(join(folder, "var", "switchboard.log"), "utf8")).not.toContain(password);

  expect(await ask("hello")).toBe("hello");
  const person = await telnet();
  person.say("is anybody there?");
  await until(() => person.heard().includes("is anybody there?"));
  person.say("menu");
  await until(() => person.heard().includes("1. What this is"));
  person.say("1");
  await until(() => person.heard().includes("A menu with a session"));

  await ctrlC();
  expect(first.said()).toMatch(/SIGINT: draining; again to end at once\n[^]*stopped after \d+\.\d s\s*$/);

  const second = await npmStart(folder, cache);
  expect(second.said()).not.toContain("Installing");
  expect(await ask("again")).toBe("again");
  expect(readFileSync(passwordFile, "utf8").trim()).toBe(password);
  await ctrlC();
  expect(second.said()).toMatch(/stopped after \d+\.\d s\s*$/);
});
