// A whole gateway under load, killed at random moments and started again by whoever runs it, as systemd would. People write over HTTP; what the
// channel accepted must reach the program behind the HTTP relay, which counts it.

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { builtFile, freePort, type NodeProcess, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { type Random, randomFrom } from "./random.ts";

/** What is to be done. */
export interface GatewayTorture {
  readonly seed: number;
  /** How often the gateway is killed. */
  readonly kills: number;
  readonly onProgress?: (kills: number, accepted: number, handled: number) => void;
}

/** What became of it. */
export interface GatewayReport {
  readonly seed: number;
  readonly kills: number;
  /** Messages that the channel answered with 200. */
  readonly accepted: number;
  /** Different messages that the program got. */
  readonly handled: number;
  /** Messages that the program got more than once; allowed. */
  readonly duplicates: number;
  /** Accepted, and never handled. */
  readonly lost: readonly string[];
  /** Handled, and never written by anybody. */
  readonly invented: readonly string[];
}

const people = 8;
const main = builtFile("packages/cli/dist/main.js");

/** Runs it. */
export async function tortureGateway({ seed, kills, onProgress }: GatewayTorture): Promise<GatewayReport> {
  const random = randomFrom(seed);
  const program = await Program.open(random);
  const runner = new Runner(program.port, await freePort());
  await runner.start();
  const writers = Array.from({ length: people }, (_, person) => new Writer(person, runner.url));
  const writing = writers.map((writer) => writer.run());
  for (let killed = 0; killed < kills; killed++) {
    await sleep(random.between(50, 2_000));
    await runner.killAndRestart();
    onProgress?.(killed + 1, sum(writers), program.handled.size);
  }
  for (const writer of writers) writer.stop();
  await Promise.all(writing);
  const accepted = writers.flatMap((writer) => writer.accepted);
  const arrived = (): boolean => accepted.every((text) => program.handled.has(text));
  await until(arrived, { deadlineMs: 120_000 }).catch(() => undefined);
  await runner.stop();
  await program.close();
  const written = new Set(writers.flatMap((writer) => writer.attempted));
  const counts = [...program.handled.values()];
  return {
    seed,
    kills,
    accepted: accepted.length,
    handled: program.handled.size,
    duplicates: counts.filter((count) => count > 1).length,
    lost: accepted.filter((text) => !program.handled.has(text)),
    invented: [...program.handled.keys()].filter((text) => !written.has(text)),
  };
}

const sum = (writers: readonly Writer[]): number => writers.reduce((total, { accepted }) => total + accepted.length, 0);

/** The gateway's process, and what starts it again. */
class Runner {
  readonly url: string;
  readonly #file: string;
  #process: NodeProcess | undefined;

  constructor(programPort: number, httpPort: number) {
    const folder = tempFolder();
    this.url = `http://127.0.0.1:${httpPort}/messages`;
    this.#file = join(folder, "switchboard.yaml");
    const channel = `{ transport_name: http, web_host: 127.0.0.1, web_port: ${httpPort}, web_path: /messages, field_defaults: { to_addr: "1", transport_type: http } }`;
    const router = `{ router_class: SimpleDispatchRouter, dispatcher_name: router, transport_names: [http], exposed_names: [relay], route_mappings: { http: [relay] } }`;
    writeFileSync(
      this.#file,
      `dispatcher: { hosts: [127.0.0.1] }
supervisor: { restart-min: 0.1 }
workers:
  http: { class: HttpApiTransport, config: ${channel} }
  router: { class: BaseDispatchWorker, config: ${router} }
  relay: { class: HTTPRelayApplication, config: { transport_name: relay, url: "http://127.0.0.1:${programPort}/", max_deliveries: 1000, retry_delay: 0.2 } }
`,
    );
  }

  async start(): Promise<void> {
    const gateway = spawnNode(main, ["start", this.#file, "--port", "0", "--console-port", "0"]);
    this.#process = gateway;
    for await (const line of gateway.lines) if (line.includes("Ctrl-C")) return;
    throw new Error(`the gateway ended: ${gateway.stderr()}`);
  }

  async killAndRestart(): Promise<void> {
    await this.#process?.kill();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.#process?.kill("SIGTERM");
  }
}

/** Somebody who writes one message after another. */
class Writer {
  readonly attempted: string[] = [];
  readonly accepted: string[] = [];
  readonly #person: number;
  readonly #url: string;
  #isStopped = false;

  constructor(person: number, url: string) {
    this.#person = person;
    this.#url = url;
  }

  stop(): void {
    this.#isStopped = true;
  }

  async run(): Promise<void> {
    for (let number = 0; !this.#isStopped; number++) {
      const content = `${this.#person}/${number}`;
      this.attempted.push(content);
      const query = new URLSearchParams({ content, from_addr: String(this.#person), to_addr: "1" });
      // What is cut off was not accepted, whatever became of it.
      const status = await fetch(`${this.#url}?${query}`).then(
        async (response) => {
          await response.text();
          return response.status;
        },
        () => 0,
      );
      if (status === 200) this.accepted.push(content);
      else await sleep(20);
    }
  }
}

/** What is behind the relay. Now and then it fails, as programs do. */
class Program {
  /** How often each message came. */
  readonly handled: Map<string, number> = new Map();
  readonly port: number;
  readonly #server: Server;

  static async open(random: Random): Promise<Program> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Program(server, random);
  }

  private constructor(server: Server, random: Random) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("request", (request, response) => void this.#answer(request, response, random));
  }

  async #answer(request: IncomingMessage, response: ServerResponse, random: Random): Promise<void> {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
    if (random.between(0, 50) < 1) {
      response.writeHead(503).end();
      return;
    }
    const { content } = JSON.parse(body) as { content: string };
    this.handled.set(content, (this.handled.get(content) ?? 0) + 1);
    response.writeHead(200).end();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
