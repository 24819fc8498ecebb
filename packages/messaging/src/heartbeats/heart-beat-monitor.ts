// Counts the processes of each worker by the heartbeats that they send, and keeps in the store what is known and who has too few. It tells nobody: alarms
// read the store.

import type { Consumer, Delivery } from "@switchboard/bus";
import { Repeat } from "../components/repeat.ts";
import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import { decodeHeartbeat } from "../message/heartbeat.ts";
import { heartbeatExchange, heartbeatKey } from "../worker/heartbeat-publisher.ts";
import { Worker } from "../worker/worker.ts";
import { MonitoredWorker } from "./monitored-worker.ts";

const monitorFields = {
  deadline: {
    type: "int",
    min: 1,
    required: true,
    unit: "seconds",
    static: true,
    doc: "How often processes are counted, and how old a heartbeat may be.",
  },
  monitored_systems: {
    type: "dict",
    of: {
      type: "section",
      fields: {
        system_id: { type: "text", required: true, doc: "The group that heartbeats name." },
        workers: {
          type: "dict",
          of: {
            type: "section",
            fields: {
              name: { type: "text", required: true, doc: "The worker's `worker_name`." },
              min_procs: { type: "int", min: 0, required: true, doc: "How many processes there should be." },
            },
          },
          required: true,
          doc: "Any label → a worker.",
        },
      },
    },
    required: true,
    static: true,
    doc: "Any label → a group of workers.",
  },
} as const;

/** What the heartbeat monitor is configured with. */
export type HeartBeatMonitorConfig = ConfigOf<typeof monitorFields>;

/**
 * Counts each process, told by host and pid, once in every `deadline`.
 *
 * Keys: set `systems`; `system:<system_id>`, JSON of the system, its workers and their hosts; `worker:<system_id>:<name>:issue`, JSON
 * `{issue_type: "min-procs-fail", start_time, procs_count}`, while a worker has too few processes.
 */
export class HeartBeatMonitor extends Worker<HeartBeatMonitorConfig> {
  static readonly summary: string = "Tells when fewer workers give heartbeats than there should be.";
  static override readonly fields: ConfigFields = monitorFields;
  readonly #systems: ReadonlyMap<string, readonly MonitoredWorker[]> = new Map(
    Object.values(this.config.monitored_systems).map(({ system_id, workers }) => [
      system_id,
      Object.values(workers).map(({ name, min_procs }) => new MonitoredWorker(system_id, name, min_procs)),
    ]),
  );
  readonly #workers: ReadonlyMap<string, MonitoredWorker> = new Map(
    [...this.#systems.values()].flat().map((worker) => [worker.id, worker]),
  );
  #consumer: Consumer | undefined;
  #repeat: Repeat | undefined;

  protected override setupConnectors(): void {
    // Heartbeats travel beside the connectors, on an exchange of their own.
  }

  protected override async setup(): Promise<void> {
    const { bus, keyValue, clock, logger, consume } = this.context;
    await bus.declareExchange({ name: heartbeatExchange });
    await bus.declareQueue({ queue: heartbeatKey, exchange: heartbeatExchange });
    for (const id of this.#systems.keys()) await keyValue.sadd("systems", id);
    this.#consumer = await bus.consume(heartbeatKey, consume, (delivery) => this.#hear(delivery));
    const intervalMs = this.config.deadline * 1_000;
    this.#repeat = new Repeat(() => this.#count(), { intervalMs, clock, logger, what: "counting heartbeats" });
  }

  protected override async teardown(): Promise<void> {
    await this.#consumer?.stop();
    await this.#repeat?.stop();
  }

  #hear({ body }: Delivery): void {
    const { worker_id, hostname, pid, timestamp } = decodeHeartbeat(body);
    const { logger, clock } = this.context;
    const worker = this.#workers.get(worker_id);
    const note = { worker: this.name, heartbeat: worker_id, hostname, pid };
    if (worker === undefined) logger.info(note, "a heartbeat of a worker that is not monitored was ignored");
    else if (clock.now() / 1_000 - timestamp > this.config.deadline) logger.info(note, "a late heartbeat was ignored");
    else worker.saw(hostname, pid);
  }

  async #count(): Promise<void> {
    const { keyValue, clock } = this.context;
    const timestamp = Math.floor(clock.now() / 1_000);
    for (const [id, workers] of this.#systems) {
      for (const worker of workers) {
        const count = worker.count();
        if (count < worker.minProcs) await this.#reportTooFew(worker.issueKey, count, timestamp);
        else await keyValue.delete(worker.issueKey);
      }
      const system = { name: id, id, timestamp, workers: workers.map((worker) => worker.describe()) };
      await keyValue.set(`system:${id}`, JSON.stringify(system));
    }
  }

  async #reportTooFew(key: string, procs_count: number, now: number): Promise<void> {
    const { keyValue } = this.context;
    const known = await keyValue.get(key);
    const { start_time = now } = known === undefined ? {} : (JSON.parse(known) as { readonly start_time?: number });
    await keyValue.set(key, JSON.stringify({ issue_type: "min-procs-fail", start_time, procs_count }));
  }
}
