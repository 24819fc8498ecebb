// Gateways to be measured: each a process of its own, with what `npm start` runs, and the processor time that it and its workers' processes take.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort, tempFolder } from "@switchboard/testkit";

/** A gateway's file, and where its HTTP channel listens. */
export interface GatewayFile {
  readonly file: string;
  readonly url: string;
}

/** A running gateway. */
export interface Gateway extends GatewayFile {
  readonly process: ChildProcess;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const main = join(root, "packages/cli/dist/main.js");

/** Builds what is not built. */
export function build(): void {
  spawnSync(process.execPath, [join(root, "scripts/setup.mjs"), "--build"], { stdio: "inherit" });
}

/** Writes the file of a gateway with an HTTP channel, a keyword router and an application that echoes, on the embedded bus. */
export async function echoFile(isStored: boolean): Promise<GatewayFile> {
  const router = `{ router_class: ContentKeywordRouter, dispatcher_name: router, transport_names: [http], exposed_names: [echo], fallback_application: echo, transport_mappings: { "1": http } }`;
  return written("http", (channel) => [
    `store: { enabled: ${isStored} }`,
    `workers:`,
    `  http: { class: HttpApiTransport, config: ${channel} }`,
    `  router: { class: BaseDispatchWorker, config: ${router} }`,
    `  echo: { class: EchoWorker, config: { transport_name: echo } }`,
  ]);
}

/**
 * Writes the file of a gateway on RabbitMQ that is spread over so many processes: with one, the gateway's runs everything; with more, it runs the
 * HTTP channel, and each of the others a router and an application, which share the queues.
 */
export async function spreadFile(amqpUrl: string, processes: number): Promise<GatewayFile> {
  const http = `http${processes}`;
  const echo = `echo${processes}`;
  const router = `{ router_class: SimpleDispatchRouter, dispatcher_name: router, transport_names: [${http}], exposed_names: [${echo}], route_mappings: { ${http}: [${echo}] } }`;
  const copies = Array.from({ length: Math.max(1, processes - 1) }, (_, copy) => {
    const group = processes === 1 ? "" : `group: group${copy}, `;
    return [
      `  router${copy}: { ${group}class: BaseDispatchWorker, config: ${router} }`,
      `  echo${copy}: { ${group}class: EchoWorker, config: { transport_name: ${echo} } }`,
    ];
  });
  return written(http, (channel) => [
    `store: { enabled: false }`,
    `bus: { driver: amqp, url: "${amqpUrl}" }`,
    `workers:`,
    `  http: { class: HttpApiTransport, config: ${channel} }`,
    ...copies.flat(),
  ]);
}

async function written(name: string, lines: (channel: string) => readonly string[]): Promise<GatewayFile> {
  const file = join(tempFolder(), "switchboard.yaml");
  const port = await freePort();
  const channel = `{ transport_name: ${name}, web_host: 127.0.0.1, web_port: ${port}, web_path: /messages, reply_expected: true, field_defaults: { to_addr: "1", transport_type: http } }`;
  writeFileSync(file, `${lines(channel).join("\n")}\n`);
  return { file, url: `http://127.0.0.1:${port}/messages` };
}

/** Starts the gateway of a file. */
export async function start(made: GatewayFile): Promise<Gateway> {
  // As `npm start` and the systemd unit do.
  const args = [
    "--max-semi-space-size=4",
    main,
    "start",
    made.file,
    "--port",
    "0",
    "--console-port",
    "0",
    "--log-level",
    "warn",
  ];
  const started = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: started.stdout });
  for await (const line of lines) if (line.includes("Ctrl-C")) return { ...made, process: started };
  throw new Error("the gateway ended as it started");
}

/** Stops a gateway as an operator would. */
export async function end({ process: one }: Gateway): Promise<void> {
  one.kill("SIGTERM");
  await once(one, "exit");
}

/** Processor time of a gateway and of the processes of its workers since they started. Milliseconds. */
export function processorMs({ process: { pid = 0 } }: Gateway): number {
  return [pid, ...childrenOf(pid)].reduce((total, one) => total + ticksOf(one) * 10, 0);
}

/** Memory of a gateway's own process. Bytes. */
export function residentBytes({ process: { pid } }: Gateway): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1_024;
}

// A tick is a hundredth of a second of one processor.
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const children = readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim();
    return children === "" ? [] : children.split(" ").map(Number);
  });
}
