// The rules of clinic-line's three routers.

import type { Rule } from "../../services/types.ts";

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
