// The workers of clinic-line, the gateway that the memory gateway plays: eight channels, three routers, five applications, and what ails them.

import type { LampState, Worker, WorkerKind } from "../../services/types.ts";
import { at } from "./clock.ts";

/** What one worker is and carries in the minute that is played. */
export interface Seed {
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

/** Every worker in short. */
export const seeds: readonly Seed[] = [
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
    last_error:
      seed.lamp === "down" ? { code: "ESME_RINVPASWD", message: "the SMSC refused the bind", at: since } : null,
    rates: { in: seed.in, out: seed.out, failed: seed.name === "http-partner" ? 4.2 : 0 },
    waiting: seed.waiting ?? 0,
    oldest_ms: seed.oldestMs ?? null,
    parked: seed.parked ?? 0,
    ...(seed.rules === undefined ? {} : { rules: seed.rules }),
  };
});
