// A telnet client, our transport, our keyword router and two applications, each in a process of its own, on a real RabbitMQ.

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { describeWithServer, freePort, type NodeProcess, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { afterEach, expect, it } from "vitest";

const main = new URL("../src/main.ts", import.meta.url);
const processes: NodeProcess[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(processes.splice(0).map((one) => one.kill()));
});

interface Person {
  readonly heard: Set<string>;
  say(line: string): void;
}

describeWithServer("rabbitmq", "switchboard worker", (server) => {
  const start = async (config: string): Promise<NodeProcess> => {
    const folder = tempFolder();
    const [workerClass = "", ...lines] = config.trim().split("\n");
    writeFileSync(join(folder, "worker.yaml"), lines.join("\n"));
    const args = ["worker", "--worker-class", workerClass, "--config", join(folder, "worker.yaml")];
    const worker = spawnNode(main, [...args, "--amqp-url", server().url, "--state", join(folder, "state.db")]);
    processes.push(worker);
    for await (const line of worker.lines) if (line.includes('"state":"running"')) return worker;
    throw new Error(`worker ended: ${worker.stderr()}`);
  };
  const enter = async (port: number): Promise<Person> => {
    const socket = connect({ port, host: "127.0.0.1" });
    sockets.push(socket);
    await once(socket, "connect");
    const heard = new Set<string>();
    let rest = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) heard.add(line);
    });
    return { heard, say: (line) => void socket.write(`${line}\r\n`) };
  };

  it("answers every message while router and applications are killed and started again", async () => {
    const port = await freePort();
    const router = `vumi.dispatchers.BaseDispatchWorker
router_class: vumi.dispatchers.ContentKeywordRouter
dispatcher_name: keywords
transport_names: [phones]
exposed_names: [app1, app2]
rules:
  - { app: app1, keyword: one }
keyword_mappings: { app2: two }
transport_mappings: { "8000": phones }
middleware:
  - logger: vumi.middleware.LoggingMiddleware
logger: { log_level: debug }`;
    const application = (name: string): string => `vumi.demos.words.EchoWorker\ntransport_name: ${name}`;
    await start(
      `vumi.transports.telnet.TelnetServerTransport\ntransport_name: phones\ntwisted_endpoint: "tcp:port=${port}:interface=127.0.0.1"\nto_addr: "8000"`,
    );
    const killable = [router, application("app1"), application("app2")];
    const running = await Promise.all(killable.map(start));

    const person = await enter(port);
    const lines = Array.from({ length: 600 }, (_, index) => `${index % 2 === 0 ? "one" : "two"} ${index}`);
    for (const [index, line] of lines.entries()) {
      person.say(line);
      if (index % 150 !== 149) continue;
      const victim = Math.floor(index / 150) % running.length;
      await until(() => person.heard.has(lines[index - 100] ?? ""));
      await running[victim]?.kill();
      running[victim] = await start(killable[victim] ?? "");
    }
    await until(() => lines.every((line) => person.heard.has(line)), { deadlineMs: 45_000 });
    expect(person.heard.size).toBe(lines.length);
  });

  it("drains on SIGTERM and ends with 0; a class that does not exist ends with 1 and says which was meant", async () => {
    const worker = await start("EchoWorker\ntransport_name: drained");
    expect(await worker.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    const wrong = spawnNode(main, ["worker", "--worker-class", "EchoWorkr", "--amqp-url", server().url]);
    expect((await wrong.exited).code).toBe(1);
    expect(wrong.stderr()).toContain("did you mean EchoWorker?");
    expect(wrong.stderr()).toContain("[CLASS_UNKNOWN]");
  });
});

it("names every wrong line of a configuration, with file and line, before anything is opened", async () => {
  const folder = tempFolder();
  const file = join(folder, "bad.yaml");
  writeFileSync(file, "transport_name: phones\ntwisted_endpoint: tpc:9010\nmax_line_bytes: many\n");
  const args = [
    "worker",
    "--worker-class",
    "TelnetServerTransport",
    "--config",
    file,
    "--bus-path",
    join(folder, "bus"),
  ];
  const worker = spawnNode(main, args);
  expect((await worker.exited).code).toBe(1);
  expect(worker.stderr()).toContain("bad.yaml:2:");
  expect(worker.stderr()).toContain("bad.yaml:3:");
});

it("runs a person's own application from a file, on an embedded bus, with messages injected", async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(
    join(folder, "shout.ts"),
    `import { defineApplication } from ${JSON.stringify(import.meta.resolve("@switchboard/messaging"))};
     export const Shout = defineApplication({
       name: "Shout",
       onMessage: ({ content }: { content: string }) => { console.log("SAID " + content.toUpperCase()); },
     });`,
  );
  const bus = ["--bus-path", join(folder, "bus")];
  const inject = spawnNode(new URL("fixtures/inject.ts", import.meta.url), [...bus, "--transport-name", "app"]);
  expect((await inject.exited).code).toBe(0);
  const args = ["worker", "--worker-class", `${folder}/shout.ts#Shout`, "--set-option", "transport_name:app"];
  const worker = spawnNode(main, [...args, ...bus, "--state", join(folder, "state.db")]);
  processes.push(worker);
  const said: string[] = [];
  for await (const line of worker.lines) {
    if (line.startsWith("SAID")) said.push(line);
    if (said.length === 2) break;
  }
  expect(said).toEqual(["SAID HI", "SAID THERE"]);
  expect((await worker.kill("SIGTERM")).code).toBe(0);
});
