// The gateways of docs/guide.md, each as a process, spoken to as a person would: by telnet, HTTP and a program's call. On other ports than the
// files say, as somebody may be using those.

import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect } from "@switchboard/client/node";
import {
  builtFile,
  describeWithServer,
  freePort,
  type NodeProcess,
  spawnNode,
  tempFolder,
  until,
} from "@switchboard/testkit";
import { afterEach, expect, it } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const main = builtFile("packages/cli/dist/main.js");
const processes: NodeProcess[] = [];

afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one.kill("SIGTERM")));
});

interface Running {
  readonly folder: string;
  readonly telnetPort: number;
  readonly url: string;
  readonly controlPort: number;
}

/** Starts a gateway from one of the files here; `change` may put other addresses into it. */
async function start(name: string, change: (text: string) => string = (text) => text): Promise<Running> {
  const [telnetPort, httpPort, controlPort, consolePort] = await Promise.all([0, 0, 0, 0].map(() => freePort()));
  const folder = tempFolder();
  const ports = `websocket-port: ${controlPort}\n  frontend-port: ${consolePort}`;
  const text = readFileSync(join(here, name), "utf8")
    .replace("port=9010", `port=${telnetPort}`)
    .replace("web_port: 8123", `web_port: ${httpPort}`)
    .replaceAll("../messaging/", join(here, "../messaging/"))
    .replace("plugin-dirs: [plugins]", `plugin-dirs: [${join(here, "plugins")}]\n  ${ports}`);
  const file = join(folder, "switchboard.yaml");
  writeFileSync(file, change(text.includes(ports) ? text : `dispatcher:\n  ${ports}\n${text}`));
  const gateway = spawnNode(main, ["start", file]);
  processes.push(gateway);
  const said: string[] = [];
  for await (const line of gateway.lines) {
    said.push(line);
    if (line.includes("Ctrl-C")) break;
  }
  if (!said.join("\n").includes("Ctrl-C")) throw new Error(`the gateway ended: ${gateway.stderr()}`);
  expect(said.join("\n")).not.toContain("Does not run");
  return {
    folder,
    telnetPort: telnetPort ?? 0,
    url: `http://127.0.0.1:${httpPort}/messages`,
    controlPort: controlPort ?? 0,
  };
}

/** Types lines into telnet and gives what was answered to each, the greeting first. */
async function type(port: number, lines: readonly string[]): Promise<string[]> {
  const socket = connectSocket({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  let heard = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (heard += chunk));
  const answers: string[] = [];
  for (const line of [undefined, ...lines]) {
    if (line !== undefined) socket.write(`${line}\r\n`);
    await until(() => heard.endsWith("\r\n"), { deadlineMs: 20_000 });
    answers.push(heard.trimEnd());
    heard = "";
  }
  socket.destroy();
  return answers;
}

const ask = async (url: string, content: string): Promise<string> =>
  (await fetch(`${url}?${new URLSearchParams({ content })}`)).text();

it("one channel, one application", async () => {
  const { telnetPort } = await start("first.yaml");
  expect(await type(telnetPort, ["hello"])).toEqual(["Say something.", "HELLO!"]);
});

it("two channels, one application", async () => {
  const { telnetPort, url } = await start("channels.yaml");
  expect(await type(telnetPort, ["hello"])).toEqual(["Say something.", "HELLO!"]);
  expect(await ask(url, "hello")).toBe("HELLO!");
});

it("two applications, and a router that looks at the first word", async () => {
  const { telnetPort } = await start("keywords.yaml");
  expect(await type(telnetPort, ["count these words", "anything else"])).toEqual([
    "Say something.",
    "3 words, 17 chars",
    "ANYTHING ELSE!",
  ]);
});

it("a middleware and a plugin of one's own", async () => {
  const { telnetPort, folder, controlPort } = await start("own-parts.yaml");
  expect(await type(telnetPort, ["   hello   "])).toEqual(["Say something.", "HELLO!"]);
  const password = readFileSync(join(folder, "var/admin-password"), "utf8").trim();
  const client = await connect({ url: `ws://127.0.0.1:${controlPort}`, login: { username: "root", password } });
  expect(await client.call("greeting.greet", ["Thandi"])).toBe("Hello, Thandi.");
  await client.close();
});

describeWithServer("rabbitmq", "in production:", (rabbitmq) => {
  describeWithServer("postgresql", "with", (postgresql) => {
    describeWithServer("redis", "and", (redis) => {
      const onServers = (text: string): string =>
        text
          .replace("amqp://guest:guest@127.0.0.1:5672/", rabbitmq().url)
          .replace("postgresql://clinic:secret@127.0.0.1:5432/clinic", postgresql().url)
          .replace("redis://127.0.0.1:6379/0", redis().url);

      it("a group runs the applications", async () => {
        const { url } = await start("production.yaml", onServers);
        expect(await ask(url, "hello")).toBe("HELLO!");
        expect(await ask(url, "count these words")).toBe("3 words, 17 chars");
      });

      it("an application runs by `switchboard worker`, anywhere", async () => {
        const { url } = await start("production.yaml", (text) =>
          onServers(text).replace(
            "class: WordCountWorker\n    group: applications",
            "class: WordCountWorker\n    enabled: false",
          ),
        );
        const args = ["--worker-class", "WordCountWorker", "--set-option", "transport_name:count"];
        const state = join(tempFolder(), "state.db");
        const worker = spawnNode(main, ["worker", ...args, "--amqp-url", rabbitmq().url, "--state", state]);
        processes.push(worker);
        expect(await ask(url, "count these words")).toBe("3 words, 17 chars");
      });
    });
  });
});
