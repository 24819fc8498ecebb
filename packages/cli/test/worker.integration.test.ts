// The `switchboard worker` command: how it ends, what it says when it cannot start, and a person's own application in it.

import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { builtFile, describeWithServer, type NodeProcess, spawnNode, tempFolder } from "@switchboard/testkit";
import { afterEach, expect, it } from "vitest";
import { startWorker } from "./workers.ts";

const main = builtFile("packages/cli/dist/main.js");
const processes: NodeProcess[] = [];

afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one.kill()));
});

describeWithServer("rabbitmq", "switchboard worker", (server) => {
  it("drains on SIGTERM and ends with 0; a class that does not exist ends with 1 and says which was meant", async () => {
    const worker = await startWorker("EchoWorker", "transport_name: drained", server().url);
    expect(await worker.end()).toEqual({ code: 0, signal: null });
    const wrong = spawnNode(main, ["worker", "--worker-class", "EchoWorkr", "--amqp-url", server().url]);
    expect((await wrong.exited).code).toBe(1);
    expect(wrong.stderr()).toContain("did you mean EchoWorker?");
    expect(wrong.stderr()).toContain("[CLASS_UNKNOWN]");
  });
});

it("understands every option that vumi_worker had, and explains the class", async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, "broker.yaml"), "hostname: broker.example.com\nvhost: /develop\n");
  const options = {
    "--worker_class": "ReverseWorker",
    "--worker-class": "vumi.demos.words.EchoWorker",
    "--set-option": "transport_name:echo",
    "--hostname": "127.0.0.1",
    "--port": "5672",
    "--username": "vumi",
    "--password": "vumi",
    "--vhost": "/develop",
    "--specfile": "amqp-spec-0-8.xml",
    "--sentry": "https://key@sentry.example.com/1",
    "--vumi-config": join(folder, "broker.yaml"),
    "--system-id": "system-1",
    "--maxthreads": "10",
  };
  const args = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  const worker = spawnNode(main, ["worker", ...args, "--worker-help"]);
  const lines: string[] = [];
  for await (const line of worker.lines) lines.push(line);
  expect([(await worker.exited).code, worker.stderr()]).toEqual([0, ""]);
  expect(lines.join("\n")).toMatch(/transport_name: text, required, static\n +Names the application/);
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
  const { href } = builtFile("packages/messaging/dist/index.js");
  writeFileSync(
    join(folder, "shout.ts"),
    `import { defineApplication } from ${JSON.stringify(href)};
     export const Shout = defineApplication({
       name: "Shout",
       onMessage: ({ content }: { content: string }) => { console.log("SAID " + content.toUpperCase()); },
     });`,
  );
  const bus = ["--bus-path", join(folder, "bus")];
  const inject = spawnNode(new URL("fixtures/inject.ts", import.meta.url), [...bus, "--transport-name", "app"]);
  expect((await inject.exited).code).toBe(0);
  // A path that is typed begins where it is typed, wherever the configuration is.
  mkdirSync(join(folder, "options"));
  writeFileSync(join(folder, "options/app.yaml"), "transport_name: app\n");
  const typed = `${relative(process.cwd(), folder)}/shout.ts#Shout`;
  const args = ["worker", "--worker-class", typed, "--config", join(folder, "options/app.yaml")];
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
