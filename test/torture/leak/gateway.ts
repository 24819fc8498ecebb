// The gateway that is watched for leaks: a process with two channels, a router, an application and a store that forgets after half a minute.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort, type NodeProcess, spawnNode, tempFolder } from "@switchboard/testkit";

/** What a gateway holds while nobody says anything. Sizes are bytes. */
export interface Holding {
  /** After a forced collection. */
  readonly heap: number;
  /** Buffers outside of the heap. */
  readonly external: number;
  /** Of the whole process, its threads included. */
  readonly resident: number;
  /** Open files and sockets. */
  readonly handles: number;
  /** Files of its data folder: the database with its journal, and everything else. */
  readonly database: number;
  readonly otherFiles: number;
}

// What `npm start` runs: the built files.
const root = fileURLToPath(new URL("../../..", import.meta.url));
const main = join(root, "packages/cli/dist/main.js");
const probe = new URL("probe.mjs", import.meta.url).href;
// Half a minute, in days.
const retentionDays = 30 / 86_400;

/** A running gateway. */
export class WatchedGateway {
  readonly httpPort: number;
  readonly telnetPort: number;
  readonly #folder: string;
  readonly #process: NodeProcess;

  /** Builds what is not built, and starts it. */
  static async start(): Promise<WatchedGateway> {
    spawnSync(process.execPath, [join(root, "scripts/setup.mjs"), "--build"], { stdio: "inherit" });
    const folder = tempFolder();
    const [httpPort, telnetPort] = [await freePort(), await freePort()];
    const http = `{ transport_name: http, web_host: 127.0.0.1, web_port: ${httpPort}, web_path: /messages, reply_expected: true, field_defaults: { to_addr: "1", transport_type: http } }`;
    const telnet = `{ transport_name: telnet, twisted_endpoint: "tcp:${telnetPort}:interface=127.0.0.1", to_addr: "2" }`;
    const router = `{ router_class: ContentKeywordRouter, dispatcher_name: router, expire_routing_memory: 30, transport_names: [http, telnet], exposed_names: [echo], fallback_application: echo, transport_mappings: { "1": http, "2": telnet } }`;
    const file = join(folder, "switchboard.yaml");
    writeFileSync(
      file,
      `gateway: { data: data }
store: { retention-days: ${retentionDays} }
workers:
  http: { class: HttpApiTransport, config: ${http} }
  telnet: { class: TelnetServerTransport, config: ${telnet} }
  router: { class: BaseDispatchWorker, config: ${router} }
  echo: { class: EchoWorker, config: { transport_name: echo } }
`,
    );
    const gateway = spawnNode(main, ["start", file, "--port", "0", "--console-port", "0", "--log-level", "warn"], {
      nodeArgs: ["--expose-gc", "--import", probe],
      packages: "built",
    });
    for await (const line of gateway.lines) {
      if (line.includes("Ctrl-C")) return new WatchedGateway({ httpPort, telnetPort, folder, gateway });
    }
    throw new Error(`the gateway ended: ${gateway.stderr()}`);
  }

  private constructor(parts: { httpPort: number; telnetPort: number; folder: string; gateway: NodeProcess }) {
    this.httpPort = parts.httpPort;
    this.telnetPort = parts.telnetPort;
    this.#folder = join(parts.folder, "data");
    this.#process = parts.gateway;
  }

  /** What it holds, once the last connections are closed and the last steps of trails written. */
  async holding(): Promise<Holding> {
    const handles = await this.#settledHandles();
    this.#process.send("sample");
    const { value } = await this.#process.messages.next();
    if (value === undefined) throw new Error(`the gateway ended: ${this.#process.stderr()}`);
    const { heapUsed, external, rss } = value as { heapUsed: number; external: number; rss: number };
    const { database, otherFiles } = this.#files();
    return { heap: heapUsed, external, resident: rss, handles, database, otherFiles };
  }

  async stop(): Promise<void> {
    await this.#process.kill("SIGTERM");
  }

  async #settledHandles(): Promise<number> {
    const count = (): number => readdirSync(`/proc/${this.#process.pid}/fd`).length;
    for (let before = count(), same = 0; ;) {
      await sleep(250);
      const now = count();
      same = now === before ? same + 1 : 0;
      before = now;
      if (same === 4) return now;
    }
  }

  #files(): { readonly database: number; readonly otherFiles: number } {
    const sizes = { database: 0, otherFiles: 0 };
    for (const entry of readdirSync(this.#folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const { size } = statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false }) ?? { size: 0 };
      sizes[entry.name.startsWith("switchboard.db") ? "database" : "otherFiles"] += size;
    }
    return sizes;
  }
}

/** False where this cannot be measured: open files are counted in /proc. */
export function canWatch(): boolean {
  try {
    return readFileSync("/proc/self/status", "utf8").length > 0;
  } catch {
    return false;
  }
}
