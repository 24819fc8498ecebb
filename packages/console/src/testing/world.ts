// The state of the memory gateway and the acts that change it. What is said about it to whom is in services/.

import { RpcError } from "@switchboard/client";
import type { MapData, MessageRow, ParkedEdit, ParkedMessage, Queue, TaskRecord, Worker } from "../services/types.ts";
import { startedAt } from "./data/clock.ts";
import { largeMap } from "./data/large-map.ts";
import { mapSeed } from "./data/map.ts";
import { messageRows, newMessage } from "./data/messages.ts";
import { parkedSeeds } from "./data/parked.ts";
import { queueSeeds } from "./data/queues.ts";
import { ruleSeeds } from "./data/rules.ts";
import { workerSeeds } from "./data/workers.ts";
import { schemaOf } from "./schemas.ts";

/** What a memory gateway is told. */
export interface MemoryGatewayOptions {
  /** Who logs in: name to roles. Default nomsa (operator) and thandi (admin). */
  readonly users?: Readonly<Record<string, readonly string[]>>;
  /** New messages a second in the tail. Default 2. */
  readonly messagesPerSecond?: number;
  /** True: no workers, no messages. */
  readonly isEmpty?: boolean;
  /** So many nodes instead of clinic-line's, the 18th of them down. */
  readonly nodes?: number;
  /** Present time. Default: the played minute plus what has passed since the gateway was made. */
  readonly now?: () => Date;
}

/** A gateway's state in memory. */
export class World {
  workers: Worker[];
  queues: Queue[];
  parked: Map<string, ParkedMessage[]>;
  messages: MessageRow[];
  tasks: TaskRecord[] = [];
  /** Log levels that differ from the configured ones. */
  levels: readonly { readonly worker: string; readonly level: string; readonly until: Date | null }[] = [];
  /** What was changed in parked messages, newest first. */
  edits: readonly ParkedEdit[] = [];
  /** Configurations that were changed, and how often. */
  readonly #configs = new Map<string, { readonly config: Readonly<Record<string, unknown>>; readonly times: number }>();
  /** Who is signed in. */
  user: string = "nomsa";
  /** How many messages were made since the start. */
  sent: number = 0;
  /** Roles by user. */
  readonly roles: Map<string, readonly string[]> = new Map();
  /** Who may not sign in. */
  readonly locked: Set<string> = new Set();
  readonly map: MapData;
  /** True: no workers, no messages. */
  readonly isEmpty: boolean;
  readonly messagesPerSecond: number;
  /** Sends an event to everybody who is connected. */
  tell: (name: string, args: Readonly<Record<string, unknown>>) => void = () => undefined;
  /** Set while it plays a gateway whose plugins are not there yet: resolves when they are. */
  starting: Promise<void> | undefined;
  readonly #now: () => Date;

  constructor(options: MemoryGatewayOptions = {}) {
    const made = Date.now();
    this.isEmpty = options.isEmpty ?? false;
    this.messagesPerSecond = options.messagesPerSecond ?? 2;
    this.#now = options.now ?? (() => new Date(startedAt.getTime() + Date.now() - made));
    const users = options.users ?? { nomsa: ["operator", "viewer"], thandi: ["admin"] };
    for (const [name, roles] of Object.entries(users)) this.roles.set(name, roles);
    const large = options.nodes === undefined ? undefined : largeMap(options.nodes);
    this.workers = this.isEmpty ? [] : [...(large?.workers ?? workerSeeds)];
    this.map = this.isEmpty ? { nodes: [], lines: [] } : (large?.map ?? mapSeed);
    this.queues = this.isEmpty ? [] : [...queueSeeds];
    this.messages = this.isEmpty ? [] : [...messageRows];
    this.parked = new Map(this.isEmpty ? [] : Object.entries(parkedSeeds()));
  }

  /** The gateway's time. */
  now(): Date {
    return this.#now();
  }

  /** Changes a worker's lamp and state and tells it. */
  setWorker(name: string, changes: Partial<Worker>): void {
    this.workers = this.workers.map((worker) => (worker.name === name ? { ...worker, ...changes } : worker));
    this.tell("workers.changed", { operation: "update", ids: [name] });
  }

  /** Answers a login: by password, by the token `memory-<name>`, or by a link with it. */
  logIn(args: Record<string, unknown>): readonly [string, number | null, string] {
    const username =
      typeof args["token"] === "string" ? (/^memory-(\w+)$/.exec(args["token"])?.[1] ?? "") : String(args["username"]);
    if (!this.roles.has(username)) throw new RpcError(13, "name and password do not fit");
    this.user = username;
    return [`memory-${username}`, 3600, username];
  }

  /** Whether who is signed in has one of these roles. */
  has(roles: readonly string[]): boolean {
    const own = this.roles.get(this.user) ?? [];
    return own.includes("admin") || roles.length === 0 || roles.some((role) => own.includes(role));
  }

  /** Refuses who lacks a role. */
  need(role: string): void {
    if (!this.has([role]))
      throw new RpcError(
        13,
        `this needs the role ${role}; ${this.user} has ${(this.roles.get(this.user) ?? []).join(", ")}`,
      );
  }

  /** A worker's configuration as it is now. */
  configOf(name: string): Readonly<Record<string, unknown>> {
    const worker = this.worker(name);
    const rules = (ruleSeeds[name] ?? []).map(({ looks_at, value, target }) => ({ looks_at, value, target }));
    const first =
      worker.kind === "router" ? { rules, fallback_application: "help-desk" } : schemaOf(worker.class).example;
    return this.#configs.get(name)?.config ?? first;
  }

  /** Changes with each change of the configuration. */
  revisionOf(name: string): string {
    return `r${this.#configs.get(name)?.times ?? 0}`;
  }

  /** Changes a worker's configuration and tells it. @throws {RpcError} ESTALE when somebody else did so since `revision`. */
  configure(name: string, config: Readonly<Record<string, unknown>>, revision?: string): void {
    if (revision !== undefined && revision !== this.revisionOf(name))
      throw new RpcError(70, `${name} was changed meanwhile; nothing was done to it`, {
        extra: { code: "WORKER_CHANGED", name, revision: this.revisionOf(name), config: this.configOf(name) },
      });
    this.#configs.set(name, { config, times: (this.#configs.get(name)?.times ?? 0) + 1 });
    this.setWorker(name, { revision: this.revisionOf(name), source: "file, changed" });
  }

  /** Names of the workers that are other than in the file. */
  get changed(): readonly string[] {
    return this.workers.filter(({ source }) => source !== "file").map(({ name }) => name);
  }

  /** The worker of a name. */
  worker(name: string): Worker {
    const found = this.workers.find((worker) => worker.name === name);
    if (found === undefined) throw new RpcError(2, `there is no worker "${name}"`);
    return found;
  }

  /** A parked message as a row of the message list. */
  parkedRow(id: string): MessageRow | undefined {
    for (const [queue, list] of this.parked) {
      const found = list.find(({ message_id }) => message_id === id);
      if (found === undefined) continue;
      const base = this.messages.find(({ state }) => state === "parked") ?? newMessage(0, found.at);
      return {
        ...base,
        id,
        at: found.at,
        person: found.person ?? "",
        content: found.content,
        channel: queue.split(".")[0] ?? "",
        state: "parked",
        error: found.error.code,
      };
    }
    return undefined;
  }

  /** The parked messages of a queue that a choice means. */
  chosen(
    queue: string,
    choice: { cause?: string; ids?: readonly string[]; newer_than_ms?: number },
  ): readonly ParkedMessage[] {
    const limit = choice.newer_than_ms === undefined ? 0 : this.now().getTime() - choice.newer_than_ms;
    return (this.parked.get(queue) ?? []).filter(
      (message) =>
        (choice.cause === undefined || message.error.code === choice.cause) &&
        (choice.ids === undefined || choice.ids.includes(message.id)) &&
        message.at.getTime() >= limit,
    );
  }

  /** Puts parked messages back, which then go out. */
  unpark(queue: string, ids: ReadonlySet<string>): void {
    const left = (this.parked.get(queue) ?? []).filter(({ id }) => !ids.has(id));
    const messageIds = new Set(
      (this.parked.get(queue) ?? []).filter(({ id }) => ids.has(id)).map(({ message_id }) => message_id),
    );
    this.parked.set(queue, left);
    this.queues = this.queues.map((each) => (each.name === queue ? { ...each, parked: left.length } : each));
    this.messages = this.messages.map((row) =>
      messageIds.has(row.id) ? { ...row, state: "sent", took_ms: 17, error: null } : row,
    );
    this.tell("bus.changed", { queues: [queue], parked: [queue] });
    this.tell("attention.changed", { count: 3, ids: [] });
  }
}
