// The messages of clinic-line's day: the last ones written out, the others after the same pattern.

import type { MessageRow } from "../../services/types.ts";
import { at } from "./clock.ts";
import { lineSeeds } from "./map.ts";

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
function messageRow(index: number, short: Short, when: Date = at(short[0])): MessageRow {
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
