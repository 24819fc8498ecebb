// The lines between the workers of clinic-line: which channel leads to which router, and on to which application, with what they carry.

import type { MapData, MapLine, MapNode } from "../../services/types.ts";
import { seeds } from "./workers.ts";

/** Every line: its two ends, and how many messages a minute go in and out. */
export const lineSeeds: readonly (readonly [from: string, to: string, inRate: number, outRate: number])[] = [
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
