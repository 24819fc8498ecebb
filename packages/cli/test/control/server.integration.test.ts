// `switchboard server` as a process: it serves the other verbs, and stops in order when it is told to.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtFile, freePort, selfSigned, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { expect, it } from "vitest";

const main = builtFile("packages/cli/dist/main.js");
const consolePage = new URL("../../../console/dist/index.html", import.meta.url);

it("runs a server that the other verbs reach, and ends with 0", async () => {
  const folder = tempFolder();
  const port = await freePort();
  const consolePort = await freePort();
  const dispatcher = {
    data: folder,
    "websocket-port": port,
    "frontend-port": consolePort,
    hosts: ["127.0.0.1"],
    "plugin-dirs": [],
  };
  const file = join(folder, "middleware.json");
  writeFileSync(file, JSON.stringify({ dispatcher }));
  const server = spawnNode(main, ["server", "-c", file]);
  try {
    await until(() => server.stderr().includes('"running"'));
    const passwordFile = join(folder, "admin-password");
    const args = ["--server", `ws://127.0.0.1:${port}`, "--user", "root", "--password-file", passwordFile];
    const ping = spawnNode(main, ["call", "management.ping", ...args]);
    const said: string[] = [];
    for await (const line of ping.lines) said.push(line);
    expect(said).toEqual(["pong"]);
    // The console if it was built, else a page that says that there is none.
    const page = await (await fetch(`http://127.0.0.1:${consolePort}/`)).text();
    expect(page.includes('id="page"')).toBe(existsSync(consolePage));
  } finally {
    expect(await server.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  }
});

it("is reached over wss: with the certificate that --ca or SWITCHBOARD_CA names", async () => {
  const folder = tempFolder();
  const port = await freePort();
  selfSigned(folder, "IP:127.0.0.1");
  const cert = join(folder, "cert.pem");
  const tls = { tls: true, "tls-certificate": cert, "tls-keyfile": join(folder, "key.pem") };
  const dispatcher = { data: folder, "websocket-port": port, "frontend-port": 0, hosts: ["127.0.0.1"], ...tls };
  const file = join(folder, "middleware.json");
  writeFileSync(file, JSON.stringify({ dispatcher: { ...dispatcher, "plugin-dirs": [] } }));
  const server = spawnNode(main, ["server", "-c", file]);
  const ping = async (
    env: Record<string, string>,
    ...more: string[]
  ): Promise<{ code: number | null; said: string }> => {
    const passwordFile = join(folder, "admin-password");
    const args = ["--server", `wss://127.0.0.1:${port}`, "--user", "root", "--password-file", passwordFile];
    const child = spawnNode(main, ["call", "management.ping", ...args, ...more], { env });
    let said = "";
    for await (const line of child.lines) said += line;
    return { code: (await child.exited).code, said: said + child.stderr() };
  };
  try {
    await until(() => server.stderr().includes('"running"'));
    expect(await ping({}, "--ca", cert)).toEqual({ code: 0, said: "pong" });
    expect(await ping({ SWITCHBOARD_CA: cert })).toEqual({ code: 0, said: "pong" });
    const untrusted = await ping({});
    expect(untrusted.code).not.toBe(0);
    expect(untrusted.said).toContain("[CLIENT_CONNECT_FAILED]");
    expect((await ping({}, "--ca", join(folder, "none.pem"))).said).toContain(
      "--ca: expected a file with certificates",
    );
  } finally {
    await server.kill("SIGTERM");
  }
});

it("has the server's own help and exit codes", async () => {
  const help = spawnNode(main, ["server", "--help"]);
  const lines: string[] = [];
  for await (const line of help.lines) lines.push(line);
  expect(lines.join("\n")).toContain("-c");
  expect((await help.exited).code).toBe(0);
  expect((await spawnNode(main, ["server", "--no-such-option"]).exited).code).toBe(2);
});
