// What is wrong with what the gateway stands on: its bus, its stores, and the disk that they are on. Told from the probes that `/ready` asks, too.

import { type Clock, SwitchboardError } from "@switchboard/core";
import { inTime, type Probe } from "../http/probes.ts";
import { redactText } from "../observe/redact.ts";
import type { GatewayIdentity } from "./gateway-view.ts";
import { type RankedTrouble, withReason } from "./trouble.ts";

/** How long one look waits for engines that do not answer; what they said last counts then. */
const patienceMs = 1_000;

/** Engines that are servers, by driver. */
const servers: Readonly<Record<string, string>> = { amqp: "RabbitMQ", postgresql: "PostgreSQL", redis: "Redis" };

/** What it costs that an engine does not work. */
const costs: Readonly<Record<string, string>> = {
  disk: "make room on it; until then channels refuse messages, and those that wait stay where they are; lost: none",
  bus: "messages wait until it is back, and so does whoever writes; lost: none",
  datastore: "channels refuse messages and nobody can log in until it is back; lost: none",
  keyvalue: "messages of workers that keep state are tried again until it is back; lost: none",
};

/** Remembers which engines do not work, between one look and the next. */
export class EngineTroubles {
  readonly #probes: readonly Probe[];
  readonly #drivers: GatewayIdentity["drivers"];
  readonly #clock: Clock;
  readonly #failing = new Map<string, unknown>();

  constructor(probes: readonly Probe[], drivers: GatewayIdentity["drivers"], clock: Clock) {
    this.#probes = probes.filter(({ name }) => Object.hasOwn(drivers, name) || name === "disk");
    this.#drivers = drivers;
    this.#clock = clock;
  }

  /** Looks at all of them; one that hangs is among them from five seconds after it was asked first. */
  async list(): Promise<readonly RankedTrouble[]> {
    const looks = this.#probes.map(async ({ name, check }) => {
      try {
        await check();
        this.#failing.delete(name);
      } catch (error) {
        this.#failing.set(name, error);
      }
    });
    await inTime(this.#clock, Promise.all(looks), patienceMs).catch(() => undefined);
    // Of what a full disk leads to, the disk alone is told.
    const isFull = this.#failing.has("disk");
    return [...this.#failing]
      .filter(([engine, error]) => !isFull || engine === "disk" || codeOf(error) !== "STORAGE_DISK_FULL")
      .map(([engine, error]) => this.#troubleOf(engine, error));
  }

  #troubleOf(engine: string, error: unknown): RankedTrouble {
    const reason = redactText(error instanceof Error ? error.message : String(error));
    const driver: string | undefined = (this.#drivers as Readonly<Record<string, string>>)[engine];
    const name = servers[driver ?? ""] ?? engine;
    return {
      id: `engine:${engine}`,
      lamp: "down",
      subject: { kind: "system", name },
      text: engine === "disk" ? reason : withReason(`${name} does not work`, reason),
      code: codeOf(error),
      cost: costs[engine] ?? "",
      since: null,
      path: "/system",
      harm: 110,
    };
  }
}

function codeOf(error: unknown): string | null {
  return error instanceof SwitchboardError ? error.code : null;
}
