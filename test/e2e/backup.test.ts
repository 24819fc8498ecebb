// A backup made as docs/operations.md says, while people write: the gateway is killed, and another one starts from the copy with everything in it.

import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "@switchboard/client";
import { connect } from "@switchboard/client/node";
import { builtFile, type NodeProcess, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { afterEach, expect, it } from "vitest";

const main = builtFile("packages/cli/dist/main.js");
const patient = { deadlineMs: 60_000 };
const processes: NodeProcess[] = [];
const clients: Client[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(processes.splice(0).map((one) => one.kill()));
});

const configuration = `dispatcher: { hosts: [127.0.0.1], plugin-dirs: [plugins] }
workers:
  phone: !include channels/phone.yaml
  router:
    class: BaseDispatchWorker
    config:
      router_class: ContentKeywordRouter
      dispatcher_name: router
      transport_names: [phone]
      exposed_names: [echo]
      keyword_mappings: { echo: hello }
      transport_mappings: { "8000": phone }
  echo: { class: ./classes/shout.mjs#Shout, config-file: echo.yaml }
`;
const packages = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** Beside the configuration: what it includes, options, a class that imports another file and a package, a plugin. */
const beside: Readonly<Record<string, string>> = {
  "channels/phone.yaml": "{ class: LoopbackTransport, config: { transport_name: phone } }",
  "echo.yaml": "transport_name: echo",
  "classes/shout.mjs": `import { EchoWorker } from "@switchboard/messaging/applications";
import { loud } from "./loud.mjs";
export class Shout extends EchoWorker { loud = loud; }`,
  "classes/loud.mjs": "export const loud = true;",
  "plugins/quiet.mjs": 'export default { name: "quiet" };',
};

interface Report {
  readonly programs: string;
  readonly password_file: string;
}

interface Found {
  readonly id: string;
  readonly content: string;
  readonly state: string;
}

async function start(file: string, data: string) {
  const gateway = spawnNode(main, ["start", file, "--data", data, "--port", "0", "--console-port", "0", "--json"]);
  processes.push(gateway);
  const { value } = await gateway.lines.next();
  if (typeof value !== "string") throw new Error(gateway.stderr());
  const { programs, password_file } = JSON.parse(value) as Report;
  const url = programs.replace("localhost", "127.0.0.1");
  const client = await connect({
    url,
    login: { username: "root", password: readFileSync(password_file, "utf8").trim() },
  });
  clients.push(client);
  const say = (content: string): Promise<unknown> =>
    client.call("send.in", [{ channel: "phone", from_addr: "+27831", to_addr: "8000", content }]);
  const find = async (query: string): Promise<readonly Found[]> =>
    ((await client.call("messages.search", [query, { limit: 500 }])) as { rows: readonly Found[] }).rows;
  return { gateway, client, url, say, find, password: password_file };
}

it("keeps messages, trails, parked ones, accounts and workers", { timeout: 180_000 }, async () => {
  const folder = tempFolder();
  const file = join(folder, "switchboard.yaml");
  writeFileSync(file, configuration);
  symlinkSync(packages, join(folder, "node_modules"));
  for (const [name, text] of Object.entries(beside)) {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { gateway, client, url, say, find, password } = await start(file, join(folder, "data"));
  const first = (await say("hello first")) as string;
  await until(async () => (await find("first")).some(({ id, state }) => id === first && state === "answered"), patient);
  const lost = (await say("nobody wants this")) as string;
  const parkedIn = (from: Client): Promise<readonly { readonly message_id: string }[]> =>
    from.call("bus.parked", ["phone.inbound", {}]) as Promise<readonly { readonly message_id: string }[]>;
  await until(async () => (await parkedIn(client)).length === 1, patient);
  const created = { name: "second", class: "EchoWorker", config: { transport_name: "second" } };
  await (await client.submitTask("worker.create", [created])).result();

  // People go on writing while the copy is made.
  const enough = new AbortController();
  const writing = (async () => {
    for (let index = 0; !enough.signal.aborted; index++) await say(`hello number ${index}`);
  })();
  const backup = join(folder, "backup");
  const run = async (...args: readonly string[]): Promise<NodeProcess> => {
    const child = spawnNode(main, [...args, "--server", url, "--user", "root", "--password-file", password]);
    processes.push(child);
    await child.exited;
    return child;
  };
  const made = await run("backup", backup, "--json");
  expect({ ...(await made.exited), told: made.stderr() }).toMatchObject({ code: 0, signal: null });
  const { value } = await made.lines.next();
  expect(JSON.parse(String(value))).toEqual({
    folder: backup,
    copied: expect.arrayContaining([
      "switchboard.yaml",
      ...Object.keys(beside),
      "bus",
      "keyvalue.db",
      "switchboard.db",
    ]),
    left: [`${packages}: packages; node_modules in the copy is a link to it`],
  });
  const again = await run("backup", backup);
  expect((await again.exited).code).not.toBe(0);
  expect(again.stderr()).toContain("expected an absolute path of an empty or new folder");
  enough.abort();
  await writing;
  await gateway.kill();
  // The copy stands by itself.
  for (const name of ["channels", "classes", "plugins", "echo.yaml", "node_modules"])
    rmSync(join(folder, name), { recursive: true });

  const restored = await start(join(backup, "switchboard.yaml"), backup);
  expect((await restored.find("first")).map(({ content }) => content)).toEqual(["hello first", "hello first"]);
  const trail = (await restored.client.call("messages.trail", [first])) as { readonly rows: readonly unknown[] };
  expect(trail.rows.length).toBeGreaterThan(4);
  expect(await parkedIn(restored.client)).toMatchObject([{ message_id: lost }]);
  expect(await restored.client.call("workers.query", [[], { select: "name" }])).toEqual([
    "phone",
    "router",
    "echo",
    "second",
  ]);
  // What was on its way when the copy was made is answered from there, and so is what comes now.
  const fresh = (await restored.say("hello again")) as string;
  await until(async () => {
    const rows = await restored.find("hello");
    const queues = (await restored.client.call("bus.queues")) as readonly { readonly waiting: number }[];
    return (
      rows.some(({ id, state }) => id === fresh && state === "answered") && queues.every(({ waiting }) => waiting === 0)
    );
  }, patient);
  expect(await restored.gateway.kill("SIGTERM")).toEqual({ code: 0, signal: null });
});
