// The state of the whole gateway, put together from its parts for services to show: workers with their lamps and figures, and the map of lines
// between them. It decides what a lamp shows; it changes nothing.

import type { QueueInfo } from "@switchboard/bus";
import type { JsonObject, WorkerKind } from "@switchboard/messaging";
import { declaredFields, maskedOptions } from "../config/masking.ts";
import { inTime } from "../http/probes.ts";
import { redactText } from "../observe/redact.ts";
import { QueueWatch } from "../observe/queue-watch.ts";
import type { StatusRecord } from "../observe/status-book.ts";
import { date } from "./common.ts";
import type { GatewayView, WorkerView } from "./gateway-view.ts";
import { Meanwhile } from "./meanwhile.ts";
import type { WorkerFacts } from "../workers/worker-facts.ts";
import { addressOf, FactsBook, queuesOf } from "./worker-facts.ts";

/** What a lamp shows. */
export type Lamp = "ok" | "degraded" | "down" | "parked" | "paused" | "starting" | "stopped" | "unknown";

/** A worker as lists show it. */
export interface WorkerRecord {
  readonly id: string;
  readonly name: string;
  readonly class: string;
  readonly label: string;
  readonly kind: WorkerKind;
  readonly address: string | null;
  readonly description: string | null;
  readonly state: WorkerView["state"];
  readonly since: Date | null;
  readonly lamp: Lamp;
  readonly status: readonly StatusView[];
  readonly process: string;
  readonly pid: number | null;
  readonly group: string | null;
  readonly source: WorkerView["origin"];
  /** To be given back with a change, which is refused when somebody else changed the worker meanwhile. */
  readonly revision: string;
  readonly restarts: number;
  readonly last_error: { readonly code: string | null; readonly message: string; readonly at: Date | null } | null;
  /** Of the last minute. */
  readonly rates: { readonly in: number; readonly out: number; readonly failed: number };
  readonly waiting: number;
  readonly oldest_ms: number | null;
  /** Messages that have come since it takes none; null while it does. */
  readonly meanwhile: number | null;
  readonly parked: number;
  readonly connectors: { readonly inbound: readonly string[]; readonly outbound: readonly string[] };
}

/** A worker on the map. */
export interface MapNode {
  readonly name: string;
  readonly kind: WorkerKind;
  readonly label: string;
  readonly address: string | null;
  readonly class: string;
}

/** What joins two workers: a connector of one name on both sides. `from` is the side of people. */
export interface MapLine {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly inbound_queue: string;
  readonly outbound_queue: string;
}

/** A worker with everything that was found out about it. */
export interface BoardEntry {
  readonly worker: WorkerView;
  readonly facts: WorkerFacts;
}

/** How long a list waits for the bus to say what its queues hold. */
const patienceMs = 2_000;

/** The state of a gateway. */
export class Board {
  readonly view: GatewayView;
  readonly queues: QueueWatch;
  readonly facts: FactsBook;
  readonly meanwhile: Meanwhile = new Meanwhile();
  #lastQueues: ReadonlyMap<string, QueueInfo> = new Map();

  constructor(view: GatewayView) {
    this.view = view;
    this.queues = new QueueWatch(view);
    this.facts = new FactsBook(view);
  }

  /** A worker's options as they may be shown, secrets masked; by default its present ones. */
  async masked(
    { className, folder, ...worker }: Pick<WorkerView, "className" | "folder" | "config">,
    config: JsonObject = worker.config,
  ): Promise<Record<string, unknown>> {
    return maskedOptions(config, await declaredFields({ className, folder, config }, this.view.classes));
  }

  /** The queues that a worker reads. */
  async queuesOf(worker: WorkerView): Promise<readonly string[]> {
    const { inbound, outbound } = queuesOf(await this.facts.of(worker));
    return [...inbound, ...outbound];
  }

  /** All queues by name; as they were last while the bus does not answer. */
  async knownQueues(): Promise<ReadonlyMap<string, QueueInfo>> {
    const asked = inTime(this.view.clock, this.queues.queues(), patienceMs);
    this.#lastQueues = await asked.catch(() => this.#lastQueues);
    return this.#lastQueues;
  }

  /** All workers with their facts. */
  entries(): Promise<BoardEntry[]> {
    return Promise.all(this.view.workers().map(async (worker) => ({ worker, facts: await this.facts.of(worker) })));
  }

  /** All workers, as lists show them. */
  async records(): Promise<WorkerRecord[]> {
    const [entries, queues] = await Promise.all([this.entries(), this.knownQueues()]);
    return entries.map((entry) => this.#record(entry, queues));
  }

  /** One worker, as lists show it. */
  async record(worker: WorkerView): Promise<WorkerRecord> {
    const [facts, queues] = await Promise.all([this.facts.of(worker), this.knownQueues()]);
    return this.#record({ worker, facts }, queues);
  }

  /** The map, as the configuration has it. */
  async map(): Promise<{ readonly nodes: readonly MapNode[]; readonly lines: readonly MapLine[] }> {
    const entries = await this.entries();
    const nodes = entries.map(({ worker, facts }) => ({
      name: worker.name,
      kind: facts.kind,
      label: worker.label ?? worker.name,
      address: addressOf(worker) ?? null,
      class: worker.className,
    }));
    return { nodes, lines: linesOf(entries) };
  }

  #record({ worker, facts }: BoardEntry, all: ReadonlyMap<string, QueueInfo>): WorkerRecord {
    const { observer } = this.view;
    const connectors = queuesOf(facts);
    const own = [...connectors.inbound, ...connectors.outbound].flatMap((name) => all.get(name) ?? []);
    const ages = own.flatMap(({ oldestAgeMs }) => (oldestAgeMs === undefined ? [] : [oldestAgeMs]));
    const parked = sum(own, (queue) => queue.parked);
    const statuses = observer.statuses.latest(worker.name);
    return {
      id: worker.name,
      name: worker.name,
      class: worker.className,
      label: worker.label ?? worker.name,
      kind: facts.kind,
      address: addressOf(worker) ?? null,
      description: typeof worker.config["description"] === "string" ? worker.config["description"] : null,
      state: worker.state,
      since: date(worker.since),
      lamp: lampOf(worker, { statuses, parked }),
      status: statuses.map(statusView),
      process: worker.process,
      pid: worker.pid ?? null,
      group: worker.group ?? null,
      source: worker.origin,
      revision: worker.revision,
      restarts: worker.restarts,
      last_error: this.#lastError(worker),
      rates: observer.worker(worker.name),
      waiting: sum(own, (queue) => queue.depth),
      oldest_ms: ages.length === 0 ? null : Math.max(...ages),
      meanwhile: this.meanwhile.count(worker, own) ?? null,
      parked,
      connectors,
    };
  }

  #lastError({ name, lastError }: WorkerView): WorkerRecord["last_error"] {
    if (lastError === undefined || lastError === null) {
      const heard = this.view.observer.lastError(name);
      return heard === undefined
        ? null
        : { code: heard.code ?? null, message: redactText(heard.message), at: date(heard.at) };
    }
    const { code, message } = lastError as { code?: unknown; message?: unknown };
    const text = typeof message === "string" ? message : "it failed without saying why";
    return { code: typeof code === "string" ? code : null, message: redactText(text), at: null };
  }
}

/** A component's status, as it goes over the wire. */
export interface StatusView extends Omit<StatusRecord, "since" | "at"> {
  readonly since: Date | null;
  readonly at: Date | null;
}

/** A component's status, as it goes over the wire. */
export function statusView({ since, at, ...status }: StatusRecord): StatusView {
  return { ...status, since: date(since), at: date(at) };
}

/** What the lamp of a worker shows: the worst that is true of it. */
export function lampOf(
  worker: Pick<WorkerView, "state">,
  { statuses, parked }: { readonly statuses: readonly StatusRecord[]; readonly parked: number },
): Lamp {
  const { state } = worker;
  if (state !== "running") return idleLamps[state];
  if (statuses.some(({ status }) => status === "down")) return "down";
  if (parked > 0) return "parked";
  return statuses.some(({ status }) => status === "degraded") ? "degraded" : "ok";
}

const idleLamps: Readonly<Record<Exclude<WorkerView["state"], "running">, Lamp>> = {
  failed: "down",
  crash_looping: "down",
  stopped: "stopped",
  stopping: "stopped",
  paused: "paused",
  pausing: "paused",
  starting: "starting",
};

/** A line for each connector that one worker has towards programs and another one towards people. */
function linesOf(entries: readonly BoardEntry[]): MapLine[] {
  return entries.flatMap(({ worker, facts }) =>
    facts.towardsPrograms.flatMap((name) =>
      entries
        .filter((other) => other.facts.towardsPeople.includes(name))
        .map((other, index) => ({
          id: index === 0 ? name : `${name}#${index + 1}`,
          from: worker.name,
          to: other.worker.name,
          inbound_queue: `${name}.inbound`,
          outbound_queue: `${name}.outbound`,
        })),
    ),
  );
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
