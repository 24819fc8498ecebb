// Workers in processes of their own: a real gateway as a process, a group of it killed while messages flow.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtFile, freePort, type NodeProcess, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { afterEach, expect, it } from "vitest";

const main = builtFile("packages/cli/dist/main.js");
const processes: NodeProcess[] = [];

afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one.kill()));
});

interface LogLine {
  readonly worker?: string;
  readonly state?: string;
  readonly pid: number;
  readonly msg: string;
  readonly err?: { readonly code?: string; readonly message: string };
}

async function startGateway(workers: string) {
  const folder = tempFolder();
  const [httpPort, controlPort, consolePort] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(
    join(folder, "switchboard.yaml"),
    `dispatcher: { websocket-port: ${controlPort}, frontend-port: ${consolePort} }
supervisor: { restart-min: 0.1 }
workers:
  http:
    class: HttpApiTransport
    config:
      transport_name: app
      web_host: 127.0.0.1
      web_port: ${httpPort}
      web_path: /messages
      reply_expected: true
      request_timeout: 30
      field_defaults: { to_addr: "1", from_addr: "2", transport_type: http }
${workers}`,
  );
  const gateway = spawnNode(main, ["start", join(folder, "switchboard.yaml"), "--log-file", "-"]);
  processes.push(gateway);
  const lines = (): LogLine[] =>
    gateway
      .stderr()
      .split("\n")
      .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as LogLine] : []));
  await until(() => lines().some(({ worker, state }) => worker === "http" && state === "running"));
  const ask = async (content: string): Promise<string> => {
    const query = new URLSearchParams({ content, to_addr: "1", from_addr: "2" });
    const response = await fetch(`http://127.0.0.1:${httpPort}/messages?${query}`);
    return response.text();
  };
  return { gateway, lines, ask };
}

it("answers from a process of its own, which is started again when it is killed, and nothing is lost", async () => {
  const { gateway, lines, ask } = await startGateway(
    `  echo: { class: EchoWorker, group: apps, config: { transport_name: app } }`,
  );
  expect(await ask("hello")).toBe("hello");
  const groupPid = lines().findLast(({ worker, state }) => worker === "echo" && state === "running")?.pid ?? 0;
  expect(groupPid).not.toBe(gateway.pid);
  const asked = Array.from({ length: 60 }, (_, index) => `message ${index}`);
  const answers = asked.map(async (text, index) => {
    if (index === 30) process.kill(groupPid, "SIGKILL");
    return ask(text);
  });
  expect(await Promise.all(answers)).toEqual(asked);
  expect(lines().some(({ msg }) => msg.includes("is started again"))).toBe(true);
  expect(await gateway.kill("SIGTERM")).toEqual({ code: 0, signal: null });
});

it("says what its process ended with as the last error of each worker of it", async () => {
  const fixture = fileURLToPath(new URL("fixtures/dies.ts", import.meta.url));
  const { gateway, lines, ask } = await startGateway(
    `  dies: { class: "${fixture}#Dies", group: apps, config: { transport_name: app } }`,
  );
  await until(() => lines().some(({ worker, state }) => worker === "dies" && state === "running"));
  const asked = ask("hello").catch(() => undefined);
  const lost = await until(() => lines().find(({ err }) => err?.code === "GROUP_PROCESS_LOST"));
  expect(lost).toMatchObject({ worker: "dies" });
  expect(lost.err?.message).toMatch(
    /^the process of group apps ended: exit code 1, Error: no such patient, at .*fixtures\/dies\.ts:/,
  );
  await gateway.kill("SIGKILL");
  await asked;
});
