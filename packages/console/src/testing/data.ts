// The gateway that the memory gateway plays: clinic-line at 14:36:12 on 12 March 2026, the same in every run. Workers, lines, queues, messages.

import type {
  LampState,
  MapData,
  MapLine,
  MapNode,
  MessageRow,
  Queue,
  Rule,
  Worker,
  WorkerKind,
} from "../services/types.ts";

/** The minute at which it plays. */
export const startedAt: Date = new Date("2026-03-12T12:36:12Z");

/** A moment of that day, in the gateway's zone (UTC+2): `14:21:08` or with milliseconds. */
export function at(clock: string): Date {
  return new Date(`2026-03-12T${clock.length === 8 ? `${clock}.000` : clock}+02:00`);
}

interface Seed {
  readonly name: string;
  readonly kind: WorkerKind;
  readonly class: string;
  readonly label: string;
  readonly address: string;
  readonly in: number;
  readonly out: number;
  readonly lamp?: LampState;
  readonly state?: string;
  readonly since?: string;
  readonly waiting?: number;
  readonly oldestMs?: number;
  readonly parked?: number;
  readonly status?: readonly [type: string, message: string];
  readonly rules?: number;
}

const seeds: readonly Seed[] = [
  {
    name: "sms-northtel",
    kind: "channel",
    class: "SmppTransceiverTransport",
    label: "SMPP",
    address: "38080",
    in: 0,
    out: 0,
    lamp: "down",
    since: "14:21:08",
    waiting: 1204,
    oldestMs: 904_000,
    status: ["bind_refused", "the SMSC refused the bind (ESME_RINVPASWD)"],
  },
  {
    name: "sms-lakecell",
    kind: "channel",
    class: "SmppTransceiverTransport",
    label: "SMPP",
    address: "38080",
    in: 212,
    out: 198,
    lamp: "degraded",
    since: "14:07:31",
    waiting: 316,
    oldestMs: 94_000,
    parked: 37,
    status: ["throttled", "the SMSC says that we send too fast (ESME_RTHROTTLED)"],
  },
  {
    name: "http-partner",
    kind: "channel",
    class: "HttpRpcTransport",
    label: "HTTP API",
    address: "/partner",
    in: 86,
    out: 91,
    parked: 1,
  },
  {
    name: "ussd-7700",
    kind: "channel",
    class: "SsmiTransport",
    label: "USSD",
    address: "*120*7700#",
    in: 612,
    out: 608,
    waiting: 1,
    oldestMs: 3,
  },
  {
    name: "ussd-east",
    kind: "channel",
    class: "SsmiTransport",
    label: "USSD",
    address: "*384*77#",
    in: 0,
    out: 0,
    lamp: "starting",
    state: "starting",
    since: "14:36:00",
    status: ["binding", "binding to the gateway of the network"],
  },
  {
    name: "xmpp-help",
    kind: "channel",
    class: "XmppTransport",
    label: "XMPP",
    address: "help@clinic.example",
    in: 14,
    out: 14,
  },
  { name: "irc-ops", kind: "channel", class: "IrcTransport", label: "IRC", address: "#clinic-ops", in: 2, out: 2 },
  {
    name: "telnet-lab",
    kind: "channel",
    class: "TelnetServerTransport",
    label: "Telnet",
    address: ":9010",
    in: 0,
    out: 0,
    lamp: "paused",
    state: "paused",
    since: "11:02:40",
    status: ["paused", "paused by thandi"],
  },
  {
    name: "keywords",
    kind: "router",
    class: "ContentKeywordRouter",
    label: "by keyword",
    address: "9 rules",
    in: 298,
    out: 289,
    rules: 9,
  },
  {
    name: "ussd-codes",
    kind: "router",
    class: "ToAddrRouter",
    label: "by address",
    address: "3 rules",
    in: 612,
    out: 608,
    rules: 3,
  },
  {
    name: "desk",
    kind: "router",
    class: "ChannelRouter",
    label: "by channel",
    address: "3 rules",
    in: 16,
    out: 16,
    rules: 3,
  },
  {
    name: "reminders",
    kind: "application",
    class: "HttpRelayApplication",
    label: "HTTP relay",
    address: "",
    in: 52,
    out: 61,
    parked: 3,
  },
  {
    name: "survey",
    kind: "application",
    class: "JavascriptSandbox",
    label: "JS sandbox",
    address: "",
    in: 260,
    out: 259,
  },
  {
    name: "clinic-finder",
    kind: "application",
    class: "JavascriptSandbox",
    label: "JS sandbox",
    address: "",
    in: 569,
    out: 563,
    waiting: 2,
    oldestMs: 4,
  },
  {
    name: "help-desk",
    kind: "application",
    class: "HttpRelayApplication",
    label: "HTTP relay",
    address: "",
    in: 45,
    out: 43,
  },
  { name: "echo", kind: "application", class: "EchoWorker", label: "Echo", address: "", in: 0, out: 0 },
];

/** All workers. */
export const workerSeeds: readonly Worker[] = seeds.map((seed): Worker => {
  const since = at(seed.since ?? "06:00:02");
  const lamp = seed.lamp ?? (seed.parked === undefined || seed.kind === "channel" ? "ok" : "ok");
  return {
    id: seed.name,
    name: seed.name,
    class: seed.class,
    label: seed.label,
    kind: seed.kind,
    address: seed.address,
    state: seed.state ?? "running",
    since,
    lamp,
    status: [
      {
        component: seed.kind === "channel" ? "connection" : "worker",
        status: lamp,
        type: seed.status?.[0] ?? "running",
        message: seed.status?.[1] ?? "works",
        since,
      },
    ],
    process: "gateway",
    pid: 4711,
    source: seed.name === "sms-northtel" ? "file, changed" : "file",
    restarts: 0,
    last_error: seed.lamp === "down" ? "bind refused: ESME_RINVPASWD" : null,
    rates: { in: seed.in, out: seed.out, failed: seed.name === "http-partner" ? 4.2 : 0 },
    waiting: seed.waiting ?? 0,
    oldest_ms: seed.oldestMs ?? null,
    parked: seed.parked ?? 0,
    ...(seed.rules === undefined ? {} : { rules: seed.rules }),
  };
});

const lineSeeds: readonly (readonly [from: string, to: string, inRate: number, outRate: number])[] = [
  ["sms-northtel", "keywords", 0, 0],
  ["sms-lakecell", "keywords", 212, 198],
  ["http-partner", "keywords", 86, 91],
  ["ussd-7700", "ussd-codes", 612, 608],
  ["ussd-east", "ussd-codes", 0, 0],
  ["xmpp-help", "desk", 14, 14],
  ["irc-ops", "desk", 2, 2],
  ["telnet-lab", "desk", 0, 0],
  ["keywords", "reminders", 52, 61],
  ["keywords", "survey", 130, 128],
  ["keywords", "clinic-finder", 87, 84],
  ["keywords", "help-desk", 29, 27],
  ["ussd-codes", "survey", 130, 131],
  ["ussd-codes", "clinic-finder", 482, 479],
  ["desk", "help-desk", 16, 16],
  ["desk", "echo", 0, 0],
];

const isChannel = (name: string): boolean => seeds.some((seed) => seed.name === name && seed.kind === "channel");

/** The map. */
export const mapSeed: MapData = {
  nodes: seeds.map(({ name, kind, label, address, class: ofClass }): MapNode => ({
    name,
    kind,
    label,
    address,
    class: ofClass,
  })),
  lines: lineSeeds.map(([from, to]): MapLine => {
    const end = isChannel(from) ? from : to;
    return { id: `${from}>${to}`, from, to, inbound_queue: `${end}.inbound`, outbound_queue: `${end}.outbound` };
  }),
};

/** Rates of the lines by id. */
export const lineRates: ReadonlyMap<string, { readonly in: number; readonly out: number }> = new Map(
  lineSeeds.map(([from, to, inRate, outRate]) => [`${from}>${to}`, { in: inRate, out: outRate }]),
);

/** The rules of the routers. */
export const ruleSeeds: Readonly<Record<string, readonly Rule[]>> = {
  keywords: [
    ["keyword", "stop", "reminders", 212],
    ["keyword", "start", "survey", 980],
    ["keyword", "clinic", "clinic-finder", 5210],
    ["keyword", "survey", "survey", 6100],
    ["keyword", "help", "help-desk", 1640],
    ["keyword", "nurse", "help-desk", 88],
    ["keyword", "results", "reminders", 2811],
    ["from_addr", "^partner-", "reminders", 96],
    ["keyword", "anything else", "help-desk", 12],
  ].map(([looks_at, value, target, hits], index) => ({
    number: index + 1,
    looks_at: String(looks_at),
    value: String(value),
    target: String(target),
    hits_last_hour: Number(hits),
  })),
  "ussd-codes": [
    {
      number: 1,
      looks_at: "to_addr",
      value: String.raw`^\*120\*7700#$`,
      target: "clinic-finder",
      hits_last_hour: 28_900,
    },
    { number: 2, looks_at: "to_addr", value: String.raw`^\*120\*7700\*2#`, target: "survey", hits_last_hour: 7800 },
    { number: 3, looks_at: "to_addr", value: String.raw`^\*384\*77#`, target: "clinic-finder", hits_last_hour: 0 },
  ],
  desk: [
    { number: 1, looks_at: "channel", value: "xmpp-help", target: "help-desk", hits_last_hour: 840 },
    { number: 2, looks_at: "channel", value: "irc-ops", target: "help-desk", hits_last_hour: 120 },
    { number: 3, looks_at: "channel", value: "telnet-lab", target: "echo", hits_last_hour: 0 },
  ],
};

/** Every queue that has a consumer, two for each channel and application. */
export const queueSeeds: readonly Queue[] = seeds
  .filter(({ kind }) => kind !== "router")
  .flatMap((seed) =>
    (["inbound", "outbound"] as const).map((direction): Queue => {
      const isBusy = (seed.kind === "channel") === (direction === "outbound");
      const rate = direction === "inbound" ? seed.in : seed.out;
      const isDown = seed.lamp === "down" && direction === "outbound";
      const lamp: LampState = isDown
        ? "down"
        : seed.lamp === "degraded" && isBusy
          ? "degraded"
          : seed.lamp === "paused"
            ? "paused"
            : "ok";
      return {
        id: `${seed.name}.${direction}`,
        name: `${seed.name}.${direction}`,
        worker: seed.name,
        direction: direction === "inbound" ? "from people" : "to people",
        waiting: isBusy ? (seed.waiting ?? 0) : 0,
        oldest_ms: isBusy ? (seed.oldestMs ?? null) : null,
        in: isDown ? 12 : seed.name === "sms-lakecell" && direction === "outbound" ? 199 : rate,
        out: rate,
        in_flight: isDown ? 0 : Math.min(2, seed.waiting ?? 0),
        consumers: isDown ? 0 : 1,
        parked: isBusy ? (seed.parked ?? 0) : 0,
        state: lamp,
        depths: Array.from({ length: 60 }, (_, index) =>
          isBusy ? Math.round(((seed.waiting ?? 0) * (20 + Math.min(index, 50))) / 72) : 0,
        ),
      };
    }),
  );

type Short = readonly [
  time: string,
  direction: "in" | "out",
  channel: string,
  person: string,
  content: string,
  state: MessageRow["state"],
  tookMs: number | null,
  application: string,
  rule: number,
];

const messageSeeds: readonly Short[] = [
  [
    "14:36:04.118",
    "out",
    "sms-northtel",
    "+27830004410",
    "Your results are ready. Reply STOP to stop.",
    "waiting",
    null,
    "reminders",
    8,
  ],
  [
    "14:35:57.858",
    "out",
    "ussd-7700",
    "+27820001122",
    "Lakeside clinics\n1 Hill Street, till 16:30\n2 Harbour Road, open now\n0 Back",
    "sent",
    9,
    "clinic-finder",
    1,
  ],
  ["14:35:57.622", "in", "ussd-7700", "+27820001122", "1", "answered", 236, "clinic-finder", 1],
  ["14:35:51.040", "in", "sms-lakecell", "+27720009087", "CLINIC lakeside", "answered", 1400, "clinic-finder", 3],
  [
    "14:35:49.377",
    "out",
    "http-partner",
    "partner-7",
    '{"ticket":4471,"state":"closed"}',
    "failed",
    71,
    "reminders",
    8,
  ],
  [
    "14:35:44.902",
    "in",
    "xmpp-help",
    "ayanda@clinic.example",
    "is the pharmacy open on saturday",
    "answered",
    130_000,
    "help-desk",
    1,
  ],
  [
    "14:34:12.660",
    "out",
    "sms-lakecell",
    "+27720003315",
    "Your results are ready. Reply STOP to stop.",
    "delivered",
    38_000,
    "reminders",
    7,
  ],
  [
    "14:33:42.031",
    "out",
    "sms-lakecell",
    "+27720007731",
    "Your results are ready. Reply STOP to stop.",
    "parked",
    null,
    "reminders",
    7,
  ],
  [
    "14:33:40.557",
    "out",
    "sms-lakecell",
    "+27720007704",
    "Your results are ready. Reply STOP to stop.",
    "parked",
    null,
    "reminders",
    7,
  ],
  ["14:33:12.209", "in", "irc-ops", "thandi", "!status lakecell", "answered", 88, "help-desk", 2],
  [
    "14:32:58.881",
    "out",
    "sms-lakecell",
    "0727731",
    "Your results are ready. Reply STOP to stop.",
    "parked",
    null,
    "reminders",
    7,
  ],
  ["14:32:51.014", "in", "sms-lakecell", "+27720001190", "STOP", "answered", 640, "reminders", 1],
  ["14:32:50.700", "in", "ussd-7700", "+27820005561", "3", "answered", 212, "survey", 2],
  [
    "14:32:44.115",
    "out",
    "sms-lakecell",
    "+27720006418",
    "You will get no more messages from us. Reply START to begin again.",
    "delivered",
    11_000,
    "reminders",
    1,
  ],
  ["14:32:31.960", "in", "http-partner", "partner-7", '{"ticket":4471}', "answered", 71, "reminders", 8],
  [
    "14:32:31.002",
    "out",
    "xmpp-help",
    "ayanda@clinic.example",
    "Yes, until 13:00 on Saturday.",
    "sent",
    21,
    "help-desk",
    1,
  ],
  ["14:32:30.004", "in", "ussd-7700", "+27820005561", "*120*7700#", "answered", 220, "survey", 2],
  [
    "14:32:22.194",
    "out",
    "sms-lakecell",
    "+27720005082",
    "Your results are ready. Reply STOP to stop.",
    "delivered",
    19_000,
    "reminders",
    7,
  ],
];

const known: Readonly<Record<number, string>> = {
  0: "5b1e0c9a7d3f4e6f8a2b4c6d8e0f1a2b",
  2: "5b1e0c9a7d3f4e6f8a2b4c6d8e0f1a2b",
  1: "c0ffee00c0ffee00c0ffee00c0ffee00",
  7: "f3a91c075d2e4b189c70aa316e4f2d90",
};

/** The id of the n-th message of the day, the same in every run. */
export function messageId(index: number): string {
  const id = index === 0 ? undefined : known[index];
  const digits = [0, 1, 2, 3].map((word) => {
    let mixed = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(word + 1, 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
    return ((mixed ^ (mixed >>> 13)) >>> 0).toString(16).padStart(8, "0");
  });
  return id ?? digits.join("");
}

const codes: Readonly<Record<string, string>> = {
  "ussd-7700": "*120*7700#",
  "ussd-east": "*384*77#",
  "sms-lakecell": "38080",
  "sms-northtel": "38080",
  "irc-ops": "#clinic-ops",
  "xmpp-help": "help@clinic.example",
};
const routers: Readonly<Record<string, string>> = Object.fromEntries(
  lineSeeds.slice(0, 8).map(([from, to]) => [from, to]),
);

/** A message of the day from its short form. */
export function messageRow(index: number, short: Short, when: Date = at(short[0])): MessageRow {
  const [, direction, channel, person, content, state, took_ms, application, rule] = short;
  const own = codes[channel] ?? channel;
  return {
    id: messageId(index),
    direction,
    at: when,
    channel,
    person,
    from_addr: direction === "in" ? person : own,
    to_addr: direction === "in" ? own : person,
    content,
    state,
    took_ms,
    session_event: channel.startsWith("ussd") ? (content.startsWith("*") ? "new" : "resume") : null,
    in_reply_to: index === 1 ? messageId(2) : null,
    provider: channel.startsWith("sms") ? channel.slice(4) : null,
    application,
    router: routers[channel] ?? null,
    rule,
    tags: [],
    test: false,
    error:
      state === "parked"
        ? person.startsWith("+")
          ? "ESME_RTHROTTLED"
          : "ESME_RINVDSTADR"
        : state === "failed"
          ? "502"
          : null,
  };
}

/** The last messages, newest first, then the same pattern again back to the begin of the range. */
export const messageRows: readonly MessageRow[] = Array.from({ length: 400 }, (_, index) => {
  const short = messageSeeds[index % messageSeeds.length] as Short;
  const round = Math.floor(index / messageSeeds.length);
  if (round > 0 && (short[5] === "parked" || short[5] === "waiting")) {
    return messageRow(
      index,
      [...short.slice(0, 5), "delivered", 12_000, short[7], short[8]] as unknown as Short,
      new Date(at(short[0]).getTime() - round * 240_000),
    );
  }
  return messageRow(index, short, new Date(at(short[0]).getTime() - round * 240_000));
});

/** The n-th new message after the minute at which the gateway plays. */
export function newMessage(count: number, when: Date): MessageRow {
  const short = messageSeeds[(count * 7 + 3) % messageSeeds.length] as Short;
  const state = short[5] === "parked" ? "sent" : short[5];
  return { ...messageRow(10_000 + count, short, when), state, error: null };
}

/** A map of so many nodes, for layouts: the first of them down. */
export function largeMap(size: number): { readonly map: MapData; readonly workers: readonly Worker[] } {
  const channels = Math.round(size * 0.7);
  const routerCount = Math.max(1, Math.round(size * 0.08));
  const [template] = workerSeeds;
  const kinds = ["SMS", "USSD", "HTTP", "XMPP", "Telnet"];
  const nodes = Array.from({ length: size }, (_, index): MapNode => {
    const kind: WorkerKind = index < channels ? "channel" : index < channels + routerCount ? "router" : "application";
    const label =
      kind === "channel"
        ? (kinds[(index * index) % 5] ?? "SMS")
        : kind === "router"
          ? (["by keyword", "by address", "by channel"][index % 3] ?? "")
          : (["JS sandbox", "HTTP relay", "Echo"][index % 3] ?? "");
    return { name: `${kind}-${String(index).padStart(3, "0")}`, kind, label, address: "", class: label };
  });
  const ofKind = (kind: WorkerKind): readonly MapNode[] => nodes.filter((node) => node.kind === kind);
  const [lefts, middles, rights] = [ofKind("channel"), ofKind("router"), ofKind("application")];
  const line = (from: MapNode, to: MapNode): MapLine => {
    const end = from.kind === "channel" ? from.name : to.name;
    return {
      id: `${from.name}>${to.name}`,
      from: from.name,
      to: to.name,
      inbound_queue: `${end}.inbound`,
      outbound_queue: `${end}.outbound`,
    };
  };
  const pick = (list: readonly MapNode[], index: number): MapNode => list[index % list.length] as MapNode;
  const lines = [
    ...lefts.map((node, index) => line(node, pick(middles, index * 5))),
    ...rights.map((node, index) => line(pick(middles, index * 3), node)),
  ];
  const workers = nodes.map((node, index): Worker => ({
    ...(template as Worker),
    ...node,
    id: node.name,
    lamp: index === 17 ? "down" : index === 40 ? "parked" : "ok",
    state: "running",
    parked: 0,
    waiting: 0,
    rates: { in: index % 4, out: 1 },
  }));
  return { map: { nodes, lines }, workers };
}
