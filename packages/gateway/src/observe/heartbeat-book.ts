// Signs of life that workers publish on the bus, ours and Vumi's: who was heard of lately, and who has fallen silent.

import type { Bus, Consumer } from "@switchboard/bus";
import type { Clock, Logger } from "@switchboard/core";
import { isJsonObject } from "@switchboard/messaging";

/** The exchange and key of heartbeats, as Vumi has them. */
const exchange = "vumi.health";
const routingKey = "heartbeat.inbound";
const queue = "switchboard.heartbeat";
/** After two minutes without a sign a worker counts as silent; after a day it is forgotten. */
const silentMs = 120_000;
const forgetMs = 86_400_000;
const maxRemembered = 5_000;

/** A worker's last sign of life. */
export interface HeartbeatRecord {
  /** `<worker id> <host> <pid>`. */
  readonly id: string;
  readonly worker_id: string;
  readonly worker_name: string;
  readonly system_id: string;
  readonly hostname: string;
  readonly pid: number;
  /** By this host's clock, since those of others may be wrong. Milliseconds since 1970. */
  readonly lastSeen: number;
  readonly state: "ok" | "silent";
}

/** Listens to heartbeats. */
export class HeartbeatBook {
  readonly #options: { readonly bus: Bus; readonly clock: Clock; readonly logger: Logger };
  readonly #records = new Map<string, { -readonly [Key in keyof HeartbeatRecord]: HeartbeatRecord[Key] }>();
  #consumer: Consumer | undefined;

  constructor(options: { readonly bus: Bus; readonly clock: Clock; readonly logger: Logger }) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { bus } = this.#options;
    await bus.declareExchange({ name: exchange });
    await bus.declareQueue({ queue, exchange, routingKeys: [routingKey] });
    this.#consumer = await bus.consume(queue, { prefetch: 100 }, ({ body }) => this.#hear(body));
  }

  async stop(): Promise<void> {
    await this.#consumer?.stop();
  }

  /** Everybody who was heard of within a day, by id. */
  list(): HeartbeatRecord[] {
    const now = this.#options.clock.now();
    for (const [id, { lastSeen }] of this.#records) if (now - lastSeen > forgetMs) this.#records.delete(id);
    return [...this.#records.values()].map((one) => {
      one.state = now - one.lastSeen > silentMs ? "silent" : "ok";
      return one;
    });
  }

  // What cannot be read is dropped: the next one comes in ten seconds.
  #hear(body: Buffer): void {
    let said: unknown;
    try {
      said = JSON.parse(body.toString("utf8"));
    } catch {
      said = undefined;
    }
    if (!isJsonObject(said)) return;
    const { worker_id, worker_name, system_id, hostname, pid } = said;
    if (typeof worker_id !== "string" || typeof hostname !== "string" || typeof pid !== "number") return;
    const id = `${worker_id} ${hostname} ${pid}`;
    if (this.#records.size >= maxRemembered && !this.#records.has(id)) return;
    this.#records.set(id, {
      id,
      worker_id,
      worker_name: typeof worker_name === "string" ? worker_name : worker_id,
      system_id: typeof system_id === "string" ? system_id : "",
      hostname,
      pid,
      lastSeen: this.#options.clock.now(),
      state: "ok",
    });
  }
}
