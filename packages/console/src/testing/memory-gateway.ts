// A gateway in memory for development and page tests: the services of a real one with the data of data.ts, spoken through the client's own
// frames. Never part of the shipped page. Acts change its state, so that what a page says afterwards can be checked.

import { RpcError } from "@switchboard/client";
import { MemoryPeer, type PeerServices } from "@switchboard/client/testing";
import { textOf } from "../format.ts";
import type {
  Cause,
  MessageRow,
  MetricsFrame,
  ParkedMessage,
  Queue,
  Rule,
  TaskRecord,
  Worker,
} from "../services/types.ts";
import {
  at,
  lineRates,
  mapSeed,
  messageRows,
  newMessage,
  queueSeeds,
  ruleSeeds,
  startedAt,
  workerSeeds,
} from "./data.ts";
import { catalogue, classes, methodsOf, schemaOf } from "./schemas.ts";
import { explainRules, trailOf } from "./trails.ts";

/** What a memory gateway is told. */
export interface MemoryGatewayOptions {
  /** Who logs in: name to roles. Default nomsa (operator) and thandi (admin). */
  readonly users?: Readonly<Record<string, readonly string[]>>;
  /** New messages a second in the tail. Default 2. */
  readonly messagesPerSecond?: number;
  /** True: no workers, no messages. */
  readonly isEmpty?: boolean;
  /** Present time. Default: the played minute plus what has passed since the gateway was made. */
  readonly now?: () => Date;
}

/** A gateway in memory: `peer.openSocket` is what the client connects to. */
export class MemoryGateway {
  readonly peer: MemoryPeer;
  /** Every call so far, by method. */
  readonly calls: { readonly method: string; readonly args: readonly unknown[] }[] = [];
  workers: Worker[];
  queues: Queue[];
  parked: Map<string, ParkedMessage[]>;
  messages: MessageRow[];
  tasks: TaskRecord[] = [];
  rules: Record<string, readonly Rule[]> = { ...ruleSeeds };
  readonly #options: Required<MemoryGatewayOptions>;
  readonly #roles = new Map<string, readonly string[]>();
  #user = "nomsa";
  #sent = 0;

  constructor(options: MemoryGatewayOptions = {}) {
    const made = Date.now();
    this.#options = {
      users: { nomsa: ["operator", "viewer"], thandi: ["admin"] },
      messagesPerSecond: 2,
      isEmpty: false,
      now: () => new Date(startedAt.getTime() + Date.now() - made),
      ...options,
    };
    for (const [name, roles] of Object.entries(this.#options.users)) this.#roles.set(name, roles);
    const isEmpty = this.#options.isEmpty;
    this.workers = isEmpty ? [] : [...workerSeeds];
    this.queues = isEmpty ? [] : [...queueSeeds];
    this.messages = isEmpty ? [] : [...messageRows];
    this.parked = new Map(isEmpty ? [] : Object.entries(parkedSeeds()));
    if (!isEmpty) this.tasks.push(runningTask(4708, "debug.collect", "Collect a debug archive", 35, this.now()));
    this.peer = new MemoryPeer({
      services: this.#services(),
      login: (frame) => this.#logIn(frame.args),
    });
  }

  /** The gateway's time. */
  now(): Date {
    return this.#options.now();
  }

  /** Starts to tell its seconds; returns what stops it. */
  run(): () => void {
    const timer = setInterval(
      () => this.peer.emit("metrics.second", this.frame() as unknown as Record<string, unknown>),
      1000,
    );
    return () => clearInterval(timer);
  }

  /** The figures of this second. */
  frame(): MetricsFrame {
    const isEmpty = this.#options.isEmpty;
    const parked = [...this.parked.values()].reduce((sum, list) => sum + list.length, 0);
    const measures = (worker: Worker): MetricsFrame["workers"][string] => {
      const own = this.queues.filter((queue) => queue.worker === worker.name);
      return {
        ...worker.rates,
        waiting: worker.waiting,
        oldest_ms: worker.oldest_ms,
        parked: own.reduce((sum, queue) => sum + (this.parked.get(queue.name)?.length ?? 0), 0),
      };
    };
    const lines = mapSeed.lines.map((line) => {
      const isLeft = line.outbound_queue.startsWith(line.from);
      const queue = this.queues.find(({ name }) => name === (isLeft ? line.outbound_queue : line.inbound_queue));
      const isFirst = mapSeed.lines.find((other) => other.inbound_queue === line.inbound_queue) === line;
      const set = isFirst ? (this.parked.get(queue?.name ?? "")?.length ?? 0) : 0;
      return [
        line.id,
        {
          ...(lineRates.get(line.id) ?? { in: 0, out: 0 }),
          waiting: isFirst ? (queue?.waiting ?? 0) : 0,
          oldest_ms: queue?.oldest_ms ?? null,
          parked: set,
        },
      ] as const;
    });
    return {
      at: this.now(),
      window_s: 60,
      figures: isEmpty
        ? { accepted: 0, sent: 0, failed: 0, parked: 0, latency_ms: { p50: null, p95: null, p99: null } }
        : { accepted: 926, sent: 913, failed: 4.2, parked, latency_ms: { p50: 236, p95: 640, p99: 1900 } },
      workers: Object.fromEntries(this.workers.map((worker) => [worker.name, measures(worker)])),
      lines: isEmpty ? {} : Object.fromEntries(lines),
    };
  }

  /** Changes a worker's lamp and state and tells it. */
  setWorker(name: string, changes: Partial<Worker>): void {
    this.workers = this.workers.map((worker) => (worker.name === name ? { ...worker, ...changes } : worker));
    this.peer.emit("workers.changed", { operation: "update", ids: [name] });
  }

  #logIn(args: Record<string, unknown>): readonly [string, number | null, string] {
    const username =
      typeof args["token"] === "string" ? (/^memory-(\w+)$/.exec(args["token"])?.[1] ?? "") : String(args["username"]);
    if (!this.#roles.has(username)) throw new RpcError(13, "name and password do not fit");
    this.#user = username;
    return [`memory-${username}`, 3600, username];
  }

  #has(roles: readonly string[]): boolean {
    const own = this.#roles.get(this.#user) ?? [];
    return own.includes("admin") || roles.length === 0 || roles.some((role) => own.includes(role));
  }

  #need(role: string): void {
    if (!this.#has([role]))
      throw new RpcError(
        13,
        `this needs the role ${role}; ${this.#user} has ${(this.#roles.get(this.#user) ?? []).join(", ")}`,
      );
  }

  #worker(name: string): Worker {
    const found = this.workers.find((worker) => worker.name === name);
    if (found === undefined) throw new RpcError(2, `there is no worker "${name}"`);
    return found;
  }

  #services(): PeerServices {
    const record = (services: PeerServices): PeerServices =>
      Object.fromEntries(
        Object.entries(services).map(([service, methods]) => [
          service,
          Object.fromEntries(
            Object.entries(methods).map(([name, handler]) => [
              name,
              (...args: never[]) => {
                this.calls.push({ method: `${service}.${name}`, args });
                return handler(...args);
              },
            ]),
          ),
        ]),
      );
    return record({ ...this.#reads(), ...this.#messageServices(), ...this.#busServices(), ...this.#control() });
  }

  #reads(): PeerServices {
    const byKind = (kind?: string) => (): readonly Worker[] =>
      this.workers.filter((worker) => kind === undefined || worker.kind === kind);
    return {
      map: { get: () => (this.#options.isEmpty ? { nodes: [], lines: [] } : mapSeed) },
      metrics: {
        current: () => this.frame(),
        series: (names: readonly string[], points = 60) =>
          Object.fromEntries(names.map((name) => [name, seriesOf(name, points)])),
      },
      attention: { list: () => this.#attention() },
      workers: {
        query: byKind(),
        get: (name: string) => {
          const worker = this.#worker(name);
          return {
            ...worker,
            config: worker.kind === "router" ? { rules: this.rules[name] ?? [] } : schemaOf(worker.class).example,
            config_source: "gateway.yaml:41",
            status_history: historyOf(worker),
            connectors: { inbound: [`${name}.inbound`], outbound: [`${name}.outbound`] },
          };
        },
      },
      channels: { query: byKind("channel") },
      applications: { query: byKind("application") },
      routers: {
        query: byKind("router"),
        rules: (name: string) => ({
          kind: this.#worker(name).class,
          first_match: name !== "keywords",
          rules: this.rules[name] ?? [],
        }),
        explain: (name: string, message: Record<string, unknown>) => explainRules(this.rules[name] ?? [], message),
        preview: () => ({
          of: 1000,
          changed: 14,
          moves: [
            { to: "clinic-finder", count: 12, ids: [] },
            { to: "help-desk", count: 2, ids: [] },
          ],
          per_minute: 298,
        }),
      },
      system: {
        info: () => ({
          gateway: "clinic-line",
          environment: "production",
          version: "0.1.0",
          boot_id: "b7c1",
          started_at: at("06:00:00"),
          node: "22.14.0",
          memory: { rss_bytes: 148_000_000, heap_used_bytes: 61_000_000 },
          event_loop_delay_ms: { p50: 0.4, p99: 3.1 },
          bus: { driver: "embedded", path: "var/bus", file_bytes: 84_000_000 },
          datastore: { driver: "sqlite", dsn: "var/switchboard.db" },
          folders: { data: "/srv/clinic-line/var", plugins: "/srv/clinic-line/plugins" },
          ports: { websocket: 5000, console: 8180 },
        }),
      },
      logs: {
        query: () => logRows(this.now()),
        get_levels: () => Object.fromEntries(this.workers.map(({ name }) => [name, "info"])),
        set_level: () => null,
      },
      config: {
        classes: (kind?: string) => classes.filter((each) => kind === undefined || kind === null || each.kind === kind),
        schema: (name: string) => schemaOf(name).schema,
        validate: ({ config }: { config: Record<string, unknown> }) => {
          const id = textOf(config["system_id"] ?? "");
          return {
            problems:
              id.length > 15
                ? [
                    {
                      path: "/system_id",
                      message: `${id.length} characters, at most 15`,
                      expected: "at most 15 characters",
                      got: id,
                    },
                  ]
                : [],
          };
        },
        preview: ({ name, config }: { name?: string; config: Record<string, unknown> }) =>
          previewOf(name ?? "new", config, name === undefined ? {} : schemaOf(this.#worker(name).class).example),
        origin: () => ({ source: "file", file: "gateway.yaml", line: 41 }),
        export: () => "workers: {}\n",
      },
    };
  }

  #attention(): readonly unknown[] {
    const parked = [...this.parked.values()].reduce((sum, list) => sum + list.length, 0);
    if (this.#options.isEmpty) return [];
    return [
      {
        id: "down-northtel",
        lamp: "down",
        subject: { kind: "channel", name: "sms-northtel" },
        text: "is down: the SMSC refused the bind",
        code: "ESME_RINVPASWD",
        cost: "1,204 messages wait; nothing is lost.",
        since: at("14:21:08"),
        path: "/channels/sms-northtel",
      },
      {
        id: "slow-lakecell",
        lamp: "degraded",
        subject: { kind: "channel", name: "sms-lakecell" },
        text: "is throttled by the SMSC",
        cost: "316 wait, about 2 min at the present rate.",
        since: at("14:07:31"),
        path: "/channels/sms-lakecell",
      },
      ...(parked === 0
        ? []
        : [
            {
              id: "parked",
              lamp: "parked",
              subject: { kind: "queue", name: `${parked} messages` },
              text: "are parked",
              cost: "31 throttled, 6 invalid address, 3 rejected by reminders, 1 timed out.",
              since: at("13:58:02"),
              path: "/queues/sms-lakecell.outbound",
            },
          ]),
    ];
  }

  #find(text: string): readonly MessageRow[] {
    return this.messages.filter((row) => matches(row, text));
  }

  #messageServices(): PeerServices {
    const find = (id: string): MessageRow => {
      const row = this.messages.find((message) => message.id === id) ?? this.#parkedRow(id);
      if (row === undefined) throw new RpcError(2, `there is no message ${id}`);
      return row;
    };
    const options = this.#options;
    return {
      messages: {
        query: () => this.messages.slice(0, 200),
        search: (text: string, { limit = 100 }: { limit?: number } = {}) => {
          const rows = this.#find(text);
          return { rows: rows.slice(0, limit), total: text === "" ? 55_170 : rows.length, skipped_filters: [] };
        },
        get: (id: string) => {
          const row = find(id);
          const { from_addr, to_addr, content, session_event, in_reply_to } = row;
          const message = {
            message_id: row.id,
            message_version: "20110921",
            message_type: "user_message",
            timestamp: row.at,
            from_addr,
            to_addr,
            content,
            session_event,
            in_reply_to,
            group: null,
            transport_name: row.channel,
            transport_type: row.channel.split("-")[0],
            transport_metadata: {},
            helper_metadata: {},
            routing_metadata: { rule: row.rule },
          };
          return {
            ...row,
            message,
            events:
              row.direction === "out" && row.state !== "waiting" && row.state !== "parked"
                ? [{ event_type: "ack", user_message_id: row.id, sent_message_id: "GW-88121", timestamp: row.at }]
                : [],
            answers: this.messages.filter(({ in_reply_to }) => in_reply_to === row.id).map((answer) => answer.id),
          };
        },
        trail: (id: string) => {
          const row = find(id);
          const related = this.messages.filter((other) => other.person === row.person && other.id !== id).slice(0, 5);
          return trailOf(row, related);
        },
        histogram: ({
          query = "",
          from,
          to,
          buckets = 90,
        }: {
          query?: string;
          from: Date;
          to: Date;
          buckets?: number;
        }) => {
          const step = (to.getTime() - from.getTime()) / buckets;
          const share = query === "" ? 1 : 0.1;
          return options.isEmpty
            ? []
            : Array.from({ length: buckets }, (_, index) => ({
                at: new Date(from.getTime() + index * step),
                in: Math.round((309 + wave(index) * 22) * share),
                out: Math.round((304 + wave(index + 7) * 22) * share),
                failed: index % 6 === 0 ? 4 : 0,
                parked: index > 70 && index % 3 === 0 ? 3 : 0,
              }));
        },
        tail: (query: { query?: string } = {}) => this.#tail(query.query ?? ""),
        export: ({ format = "csv" }: { format?: string } = {}) => [
          format === "csv" ? "time,channel,person,text\n" : "[]",
        ],
        resend: () => "d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0",
      },
      send: {
        in: (message: { channel: string; from_addr: string; content: string; session_event?: string }) =>
          this.#sendIn(message),
        out: () => "e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0",
      },
      phone: {
        lines: () =>
          options.isEmpty
            ? []
            : [
                { channel: "ussd-7700", kind: "ussd", address: "*120*7700#", codes: ["*120*7700#", "*120*7700*2#"] },
                { channel: "sms-lakecell", kind: "sms", address: "38080" },
                { channel: "telnet-lab", kind: "telnet", address: ":9010" },
              ],
      },
    };
  }

  async *#tail(query: string): AsyncGenerator {
    const pause = 250;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      const wanted = Math.floor((this.#options.messagesPerSecond * pause) / 1000 + (this.#sent % 2));
      const rows = Array.from({ length: Math.max(this.#options.messagesPerSecond > 0 ? 1 : 0, wanted) }, () =>
        newMessage(this.#sent++, this.now()),
      )
        .filter((row) => matches(row, query))
        .toReversed();
      this.messages = [...rows, ...this.messages].slice(0, 5000);
      if (rows.length > 0) yield { rows, skipped: 0 };
    }
  }

  #sendIn({
    channel,
    from_addr,
    content,
    session_event,
  }: {
    channel: string;
    from_addr: string;
    content: string;
    session_event?: string;
  }): string {
    const isUssd = channel.startsWith("ussd");
    const base = newMessage(this.#sent++, this.now());
    const id = base.id;
    const inbound: MessageRow = {
      ...base,
      direction: "in",
      channel,
      person: from_addr,
      from_addr,
      to_addr: isUssd ? "*120*7700#" : "38080",
      content,
      state: "answered",
      took_ms: 236,
      session_event: session_event ?? null,
      router: isUssd ? "ussd-codes" : "keywords",
      rule: isUssd ? 1 : 3,
      application: "clinic-finder",
      test: true,
    };
    const text = isUssd
      ? ussdScreen(content)
      : `Lakeside: Hill Street Clinic, 12 Hill St, open till 16:30. You wrote “${content}”.`;
    const answer: MessageRow = {
      ...inbound,
      id: `a${id.slice(1)}`,
      direction: "out",
      content: text,
      state: "sent",
      took_ms: 9,
      in_reply_to: id,
      at: new Date(this.now().getTime() + 236),
      session_event: content === "0" ? "close" : "resume",
    };
    this.messages = [answer, inbound, ...this.messages];
    return id;
  }

  #parkedRow(id: string): MessageRow | undefined {
    for (const [queue, list] of this.parked) {
      const found = list.find(({ message_id }) => message_id === id);
      if (found === undefined) continue;
      const base = this.messages.find(({ state }) => state === "parked") ?? newMessage(0, found.at);
      return {
        ...base,
        id,
        at: found.at,
        person: found.person,
        content: found.content,
        channel: queue.split(".")[0] ?? "",
        state: "parked",
        error: found.error.code,
      };
    }
    return undefined;
  }

  #chosen(
    queue: string,
    choice: { cause?: string; ids?: readonly string[]; older_than_ms?: number },
  ): readonly ParkedMessage[] {
    const limit = choice.older_than_ms === undefined ? 0 : this.now().getTime() - choice.older_than_ms;
    return (this.parked.get(queue) ?? []).filter(
      (message) =>
        (choice.cause === undefined || message.error.code === choice.cause) &&
        (choice.ids === undefined || choice.ids.includes(message.id)) &&
        message.at.getTime() >= limit,
    );
  }

  #unpark(queue: string, ids: ReadonlySet<string>): void {
    const left = (this.parked.get(queue) ?? []).filter(({ id }) => !ids.has(id));
    const messageIds = new Set(
      (this.parked.get(queue) ?? []).filter(({ id }) => ids.has(id)).map(({ message_id }) => message_id),
    );
    this.parked.set(queue, left);
    this.queues = this.queues.map((each) => (each.name === queue ? { ...each, parked: left.length } : each));
    this.messages = this.messages.map((row) =>
      messageIds.has(row.id) ? { ...row, state: "sent", took_ms: 17, error: null } : row,
    );
    this.peer.emit("bus.changed", { queue });
    this.peer.emit("attention.changed", { count: 3, ids: [] });
  }

  #busServices(): PeerServices {
    return {
      bus: {
        queues: () => this.queues,
        queue: (name: string) => {
          const queue = this.queues.find((each) => each.name === name);
          if (queue === undefined) throw new RpcError(2, `there is no queue "${name}"`);
          return queue;
        },
        parked: (
          queue: string,
          { cause, limit = 100, offset = 0 }: { cause?: string; limit?: number; offset?: number } = {},
        ) => this.#chosen(queue, cause === undefined ? {} : { cause }).slice(offset, offset + limit),
        causes: (queue?: string) =>
          [...this.parked]
            .filter(([name]) => queue === undefined || queue === null || name === queue)
            .flatMap(([name, list]) => causesOf(name, list)),
        preview: ({ queue, ...choice }: { queue: string; cause?: string; ids?: readonly string[] }) => {
          const chosen = this.#chosen(queue, choice);
          return { count: chosen.length, oldest: chosen.at(-1)?.at ?? null, estimate_ms: 113_000, position: 316 };
        },
        retry_one: (queue: string, id: string) => {
          this.#unpark(queue, new Set([id]));
          return null;
        },
        edit_and_retry: (queue: string, id: string) => {
          this.#unpark(queue, new Set([id]));
          return null;
        },
      },
    };
  }

  #control(): PeerServices {
    return {
      auth: { login_once: (link: string) => this.#logIn({ token: link }) },
      management: { ping: () => "pong" },
      discovery: {
        get_services: () => Object.keys(catalogue),
        get_methods: (service: string) =>
          methodsOf(service).map((method) => ({ ...method, allowed: this.#has(method.roles ?? []) })),
        get_tasks: () => ({
          "worker.restart": {
            description: "Restarts a worker",
            schema: [
              {
                type: "object",
                title: "worker",
                properties: { name: { type: "string", title: "Name", format: "channel" } },
                required: ["name"],
              },
            ],
            abortable: false,
          },
          "bus.retry": {
            description: "Puts parked messages back into their queue",
            schema: [
              {
                type: "object",
                title: "choice",
                properties: { queue: { type: "string", title: "Queue", format: "queue" } },
                required: ["queue"],
              },
            ],
            abortable: true,
          },
        }),
        get_event_types: () => ({
          "metrics.second": { refcount: 1 },
          "workers.changed": { refcount: 1 },
          "task.*": { refcount: 1 },
        }),
        get_schema: () => ({}),
      },
      session: {
        whoami: () => this.#user,
        get_live_user_sessions: () => [
          { id: 31, username: this.#user, address: "127.0.0.1", resource: "console", started_at: at("13:50:00") },
        ],
        query: () => [],
        get_my_session_id: () => 31,
      },
      users: {
        query: () => [...this.#roles].map(([username, groups]) => ({ username, groups, full_name: "" })),
        change_password: () => null,
        create: () => null,
        update: () => null,
        delete: () => null,
      },
      plugins: {
        query: () =>
          ["bus", "config", "messages", "metrics", "routers", "workers"].map((name) => ({
            id: name,
            name,
            state: "loaded",
            error: null,
            file: "built in",
            requires: [],
            services: [name],
            tasks: [],
            events: [],
          })),
      },
      task: {
        query: (filter: readonly unknown[] = []) =>
          filter.length === 0 ? this.tasks : this.tasks.filter(({ state }) => state === "EXECUTING"),
        status: (id: number) => {
          const task = this.tasks.find((each) => each.id === id);
          if (task === undefined) throw new RpcError(2, `there is no task ${id}`);
          return task;
        },
        submit: (name: string, args: readonly never[]) => this.#submit(name, args),
        abort: (id: number) => {
          this.#change(id, { state: "ABORTED", finished_at: this.now() });
          return null;
        },
      },
    };
  }

  #submit(name: string, args: readonly Record<string, never>[]): number {
    const id = 4709 + this.tasks.length;
    const [first = {}] = args;
    if (name === "bus.drop") this.#need("admin");
    this.tasks = [
      { ...runningTask(id, name, describeTask(name, first), 0, this.now()), args, user: this.#user },
      ...this.tasks,
    ];
    const finish = (result: unknown): void =>
      this.#change(id, {
        state: "FINISHED",
        result,
        finished_at: this.now(),
        progress: { percentage: 100, message: "done" },
      });
    setTimeout(() => {
      if (name === "bus.retry" || name === "bus.drop") {
        const chosen = this.#chosen(first["queue"] ?? "", first);
        this.#unpark(first["queue"] ?? "", new Set(chosen.map((message) => message.id)));
        finish({ done: chosen.length });
        return;
      }
      const states: Record<string, Partial<Worker>> = {
        "worker.pause": { state: "paused", lamp: "paused" },
        "worker.resume": { state: "running", lamp: "ok" },
        "worker.stop": { state: "stopped", lamp: "stopped" },
        "worker.start": { state: "running", lamp: "ok" },
        "worker.restart": { state: "running", lamp: "ok" },
        "worker.update": {},
      };
      const change = states[name];
      if (change !== undefined) this.setWorker(first["name"] ?? "", change);
      const config = first["config"] as { rules?: readonly Rule[] } | undefined;
      if (name === "worker.update" && config?.rules !== undefined)
        this.rules = { ...this.rules, [first["name"] ?? ""]: config.rules };
      finish(null);
    }, 150);
    return id;
  }

  #change(id: number, changes: Partial<TaskRecord>): void {
    this.tasks = this.tasks.map((task) => (task.id === id ? { ...task, ...changes } : task));
    this.peer.emit("task.updated", { id, state: changes.state ?? "EXECUTING" });
  }
}

function runningTask(id: number, name: string, description: string, percentage: number, now: Date): TaskRecord {
  return {
    id,
    name,
    state: "EXECUTING",
    description,
    args: [],
    user: "nomsa",
    created_at: now,
    started_at: now,
    finished_at: null,
    progress: { percentage, message: "under way" },
    warnings: [],
    resources: [],
    error: null,
  };
}

function describeTask(name: string, args: Readonly<Record<string, unknown>>): string {
  const what = name.split(".")[1] ?? name;
  return name.startsWith("bus.")
    ? `${what === "retry" ? "Retry" : "Drop"} parked messages of ${textOf(args["queue"])}`
    : `${what.charAt(0).toUpperCase()}${what.slice(1)} ${textOf(args["name"] ?? "")}`;
}

function wave(index: number): number {
  return Math.sin(index / 3.1) + Math.sin(index * 1.7) * 0.6;
}

function seriesOf(name: string, points: number): readonly number[] {
  const base: Record<string, number> = {
    "figures.accepted": 926,
    "figures.sent": 913,
    "figures.failed": 3,
    "figures.parked": 41,
    "figures.latency_ms.p50": 236,
  };
  const top = base[name] ?? 100;
  if (name === "figures.parked")
    return Array.from({ length: points }, (_, index) =>
      Math.round(top * Math.min(1, Math.max(0, (index - points * 0.35) / (points * 0.25)))),
    );
  return Array.from({ length: points }, (_, index) =>
    Math.max(0, top + wave(index) * top * 0.05 + (name === "figures.failed" && index > points * 0.6 ? 1.2 : 0)),
  );
}

function historyOf(worker: Worker): readonly unknown[] {
  return [
    { component: "connection", status: "ok", type: "bound", message: "bound as transceiver", since: at("06:00:04") },
    {
      component: "connection",
      status: "degraded",
      type: "throttled",
      message: "the SMSC says that we send too fast",
      since: at("11:31:10"),
    },
    { component: "connection", status: "ok", type: "bound", message: "bound as transceiver", since: at("11:42:55") },
    ...worker.status,
  ];
}

function parkedSeeds(): Record<string, ParkedMessage[]> {
  const make = (count: number, code: string, permanent: boolean, from: string, key: string): ParkedMessage[] =>
    Array.from({ length: count }, (_, index): ParkedMessage => {
      const row =
        index < 2 && code === "ESME_RTHROTTLED"
          ? messageRows[7 + index]
          : index === 0 && code === "ESME_RINVDSTADR"
            ? messageRows[10]
            : undefined;
      const when = row?.at ?? new Date(at(from).getTime() - index * 49_000);
      const person =
        row?.person ?? (permanent ? `07277${String(31 + index)}` : `+2772000${String(1207 + index * 373).slice(0, 4)}`);
      const content = row?.content ?? "Your results are ready. Reply STOP to stop.";
      const id = row?.id ?? `${key}${String(index).padStart(31, "0")}`;
      return {
        id: `p-${id}`,
        at: when,
        tries: permanent ? 1 : 5,
        error: { code, message: code, permanent },
        history: Array.from({ length: permanent ? 1 : 5 }, (_, n) => ({
          at: new Date(when.getTime() - (5 - n) * 16_000),
          error: code,
        })),
        body: { message_id: id, to_addr: person, content },
        message_id: id,
        person,
        content,
      };
    });
  return {
    "sms-lakecell.outbound": [
      ...make(31, "ESME_RTHROTTLED", false, "14:33:31", "1"),
      ...make(6, "ESME_RINVDSTADR", true, "14:20:00", "2"),
    ],
    "reminders.inbound": make(3, "HTTP_422", true, "14:12:00", "3"),
    "http-partner.outbound": make(1, "ETIMEDOUT", false, "14:02:00", "4"),
  };
}

const sentences: Readonly<Record<string, string>> = {
  ESME_RTHROTTLED: "The SMSC says we send too fast",
  ESME_RINVDSTADR: "The address is not a number",
  HTTP_422: "reminders rejected the message",
  ETIMEDOUT: "The partner did not answer in time",
};

function causesOf(queue: string, list: readonly ParkedMessage[]): readonly Cause[] {
  const codes = [...new Set(list.map(({ error }) => error.code))];
  return codes.map((code) => {
    const own = list.filter(({ error }) => error.code === code);
    const times = own.map((message) => message.at.getTime());
    return {
      cause: code,
      queue,
      code,
      text: code,
      sentence: sentences[code] ?? code,
      count: own.length,
      first: new Date(Math.min(...times)),
      last: new Date(Math.max(...times)),
      permanent: own[0]?.error.permanent === true,
    };
  });
}

/** Whether a message fits a search, as the server's language has it. */
export function matches(row: MessageRow, query: string): boolean {
  return query
    .split(" ")
    .filter((word) => word !== "")
    .every((word) => {
      const match = /^(-?)([a-z_]+):(.+)$/.exec(word);
      if (match === null)
        return [row.person, row.content ?? "", row.id].some((text) => text.toLowerCase().includes(word.toLowerCase()));
      const [, minus, key = "", value = ""] = match;
      const field =
        { person: row.person, to: row.to_addr, from: row.from_addr, type: row.direction }[key] ??
        (row as unknown as Record<string, unknown>)[key];
      return textOf(field).includes(value.replaceAll('"', "")) !== (minus === "-");
    });
}

function logRows(now: Date): readonly unknown[] {
  const texts = [
    ["error", "sms-northtel", "bind refused: ESME_RINVPASWD"],
    ["warn", "sms-lakecell", "throttled, waiting 0.1 s"],
    ["info", "keywords", "rule 3 sent 1,000 messages to clinic-finder"],
    ["debug", "ussd-7700", "session resume"],
  ] as const;
  return Array.from({ length: 120 }, (_, index) => {
    const [level, worker, text] = texts[index % texts.length] ?? texts[0];
    return {
      id: 9000 - index,
      at: new Date(now.getTime() - index * 1700),
      level,
      worker,
      message: text,
      fields: { attempt: index },
    };
  });
}

function previewOf(
  name: string,
  config: Readonly<Record<string, unknown>>,
  before: Readonly<Record<string, unknown>>,
): unknown {
  const yaml = (values: Readonly<Record<string, unknown>>): string =>
    [
      `${name}:`,
      "  config:",
      ...Object.entries(values).map(
        ([key, value]) => `    ${key}: ${key === "password" ? "********" : JSON.stringify(value)}`,
      ),
    ].join("\n");
  return {
    restarts: [name],
    sentences: [
      `${name} restarts, about 4 s.`,
      "1,204 waiting messages stay and go out as soon as it binds.",
      "No other channel, router or application is touched.",
    ],
    diff: { before: yaml(before), after: yaml(config) },
  };
}

function ussdScreen(content: string): string {
  if (content.startsWith("*")) return "Clinic Line\n1 Find a clinic\n2 Opening hours\n3 Talk to a nurse";
  if (content === "1") return "Which town?\n1 Lakeside\n2 Northfield\n3 Another";
  if (content === "0") return "Good-bye.";
  return "Lakeside clinics\n1 Hill Street, till 16:30\n2 Harbour Road, open now\n0 Back";
}
