// What a worker's class and options say about it: what kind of part it is, which queues it reads, whom it is connected to, what people see of it.

import { kindOfWorker, type WorkerKind } from "@switchboard/messaging";
import { type ConfigFields, type ConfigurableClass, fieldsOf, type LoadedClass } from "@switchboard/messaging/config";
import type { GatewayView, WorkerView } from "./gateway-view.ts";

/** What is known of a worker without starting it. */
export interface WorkerFacts {
  readonly kind: WorkerKind;
  readonly fields: ConfigFields;
  /** Names of connectors on the side of people, and on the side of programs. */
  readonly towardsPeople: readonly string[];
  readonly towardsPrograms: readonly string[];
}

const nothing: WorkerFacts = { kind: "worker", fields: {}, towardsPeople: [], towardsPrograms: [] };

/** Finds and remembers facts about workers. */
export class FactsBook {
  readonly #view: GatewayView;
  readonly #classes = new Map<string, LoadedClass | undefined>();

  constructor(view: GatewayView) {
    this.#view = view;
  }

  /** The facts of a worker; of one whose class cannot be loaded, as if it had no connectors. */
  async of(worker: WorkerView): Promise<WorkerFacts> {
    const loaded = await this.#load(worker);
    if (loaded === undefined) return nothing;
    const kind = kindOfWorker(loaded);
    const { config } = worker;
    const own = textsOf(config["transport_name"]);
    const fields = fieldsOf(loaded as ConfigurableClass);
    if (kind === "channel") return { kind, fields, towardsPeople: [], towardsPrograms: own };
    if (kind === "application") return { kind, fields, towardsPeople: own, towardsPrograms: [] };
    if (kind === "worker") return { ...nothing, fields };
    return {
      kind,
      fields,
      towardsPeople: textsOf(config["transport_names"] ?? config["receive_inbound_connectors"]),
      towardsPrograms: textsOf(config["exposed_names"] ?? config["receive_outbound_connectors"]),
    };
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

function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
