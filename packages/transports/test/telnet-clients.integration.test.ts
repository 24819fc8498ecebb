// The telnet channel with the clients that people really have: inetutils telnet, which negotiates, and netcat, which does not.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { runTransport, type RunningTransport } from "@switchboard/messaging/testing";
import { until } from "@switchboard/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { TelnetServerTransport } from "../src/index.ts";

const clients = [
  ["telnet", "/usr/bin/telnet", []],
  ["netcat", "/usr/bin/nc", []],
  ["netcat that sends CR LF", "/usr/bin/nc", ["-C"]],
] as const;
const isRequired = process.env["SWITCHBOARD_REQUIRE_SERVERS"] === "1";

interface Conversation {
  readonly telnet: RunningTransport<TelnetServerTransport>;
  readonly client: ChildProcessWithoutNullStreams;
  readonly heard: () => string;
}

async function start(program: string, args: readonly string[]): Promise<Conversation> {
  const telnet = await runTransport(TelnetServerTransport, {
    config: { twisted_endpoint: "tcp:port=0:interface=127.0.0.1" },
  });
  const client = spawn(program, [...args, "127.0.0.1", String(telnet.transport.port)]);
  onTestFinished(async () => {
    client.kill("SIGKILL");
    await telnet.stop();
  });
  let heard = "";
  client.stdout.setEncoding("utf8").on("data", (text: string) => (heard += text));
  await until(() => telnet.inbound.length === 1);
  return { telnet, client, heard: () => heard };
}

describe.each(clients)("%s", (_name, program, args) => {
  const canRun = isRequired || existsSync(program);
  const suffix = canRun ? "" : ` [needs ${program}]`;

  it.runIf(canRun)(`says lines and hears answers, letters of every kind included${suffix}`, async () => {
    const { telnet, client, heard } = await start(program, args);
    client.stdin.write("hallo wörld 日本\n\nlast\n");
    await until(() => telnet.inbound.length === 4);
    expect(telnet.inbound.map(({ content }) => content)).toEqual([null, "hallo wörld 日本", "", "last"]);
    const to_addr = telnet.inbound[0]?.from_addr ?? null;
    await telnet.send({ to_addr, content: "answer ✓\nin two lines" });
    await until(() => heard().replaceAll("\r", "").includes("answer ✓\nin two lines\n"));
  });

  it.runIf(canRun)(`ends its session when it goes, and is gone when its session is ended${suffix}`, async () => {
    const { telnet, client } = await start(program, args);
    const exited = new Promise((resolve) => client.once("exit", resolve));
    await telnet.send({ to_addr: telnet.inbound[0]?.from_addr ?? null, content: "bye", session_event: "close" });
    await until(() => telnet.inbound.at(-1)?.session_event === "close");
    client.stdin.end();
    await exited;
    expect(telnet.events).toMatchObject([{ event_type: "ack" }]);
  });
});
