// What is known of the gateway's workers without asking them: their facts, which queues they read, what people see of them.

import type { LoadedClass } from "@switchboard/messaging/config";
import { factsOf, type WorkerFacts } from "../workers/worker-facts.ts";
import type { GatewayView, WorkerView } from "./gateway-view.ts";

/** Finds and remembers facts about workers. */
export class FactsBook {
  readonly #view: GatewayView;
  readonly #classes = new Map<string, LoadedClass | undefined>();

  constructor(view: GatewayView) {
    this.#view = view;
  }

  /** The facts of a worker; of one whose class cannot be loaded, as if it had no connectors. */
  async of(worker: WorkerView): Promise<WorkerFacts> {
    return factsOf(await this.#load(worker), worker.config);
  }

  async #load({ className, folder }: WorkerView): Promise<LoadedClass | undefined> {
    const key = `${folder ?? ""}\n${className}`;
    if (!this.#classes.has(key)) {
      try {
        const place = folder === undefined ? {} : { folder };
        this.#classes.set(key, await this.#view.classes.load(className, { kind: "worker", ...place }));
      } catch (error) {
        // The worker's own start says so too, and is where people look.
        this.#view.logger.debug({ class: className, err: error }, "the class of a worker cannot be loaded");
        return undefined;
      }
    }
    return this.#classes.get(key);
  }
}

/** The queues that a worker reads: with messages from people, and with messages to them. */
export function queuesOf({ kind, towardsPeople, towardsPrograms }: WorkerFacts): {
  readonly inbound: readonly string[];
  readonly outbound: readonly string[];
} {
  const fromPeople = towardsPeople.flatMap((name) => [`${name}.inbound`, `${name}.event`]);
  return {
    inbound: fromPeople,
    outbound: kind === "application" ? [] : towardsPrograms.map((name) => `${name}.outbound`),
  };
}

/** What people see of a channel: where it listens, or the address they write to. */
export function addressOf({ config }: WorkerView): string | undefined {
  const { twisted_endpoint, web_port, web_path, telnet_port, to_addr, address } = config;
  if (typeof address === "string") return address;
  if (typeof twisted_endpoint === "string") return twisted_endpoint.replace(/^tcp:(?:port=)?(\d+).*$/, ":$1");
  if (isPort(web_port)) return `:${web_port}${typeof web_path === "string" ? web_path : ""}`;
  if (isPort(telnet_port)) return `:${telnet_port}`;
  return typeof to_addr === "string" ? `to ${to_addr}` : undefined;
}

function isPort(value: unknown): value is number | string {
  return typeof value === "number" || (typeof value === "string" && value !== "");
}
