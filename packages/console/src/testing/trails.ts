// Trails and explanations as the memory gateway tells them: sums that are right, errors that were tried five times.

import { textOf } from "../format.ts";
import type { Explanation, MessageRow, Rule, TrailData, TrailRow } from "../services/types.ts";

/** The life of one message. */
export function trailOf(row: MessageRow, related: readonly MessageRow[]): TrailData {
  if (row.state === "parked") return parkedTrail(row, related);
  const total = row.took_ms;
  const at = (offset: number): Date => new Date(row.at.getTime() + offset);
  const [channel, router, application] = [row.channel, row.router ?? "keywords", row.application ?? "clinic-finder"];
  const own = total === null ? 0 : Math.max(0, total - 22);
  let offset = 0;
  const rows: TrailRow[] = [];
  const hop = (
    worker: string,
    kind: "channel" | "router" | "application",
    direction: "in" | "turn" | "out",
    what: string,
    took: number,
    more: object = {},
  ): void => {
    rows.push({
      kind: "hop",
      worker,
      worker_kind: kind,
      what,
      at: at(offset),
      offset_ms: offset,
      took_ms: took,
      direction,
      ...more,
    });
    offset += took;
  };
  const queue = (name: string, waited: number): void => {
    rows.push({ kind: "queue", queue: name, at: at(offset), offset_ms: offset, waited_ms: waited });
    offset += waited;
  };
  if (total === null) {
    hop(application, "application", "out", "sent, not a reply", 3);
    queue(`${application}.outbound`, 1);
    hop(router, "router", "out", `to ${channel}`, 1);
    return { headline: "Waiting behind 1,203", total_ms: offset, rows, related };
  }
  hop(channel, "channel", "in", row.session_event === null ? "accepted" : `accepted, session ${row.session_event}`, 1, {
    middleware: [{ name: "logging", took_ms: 0.2 }],
  });
  queue(`${channel}.inbound`, 3);
  hop(router, "router", "in", `to ${application}`, 1, { rule: row.rule ?? 1 });
  queue(`${application}.inbound`, 2);
  hop(application, "application", "turn", "town → clinics, replied", own, {
    reply_id: "c0ffee00c0ffee00c0ffee00c0ffee00",
  });
  queue(`${application}.outbound`, 2);
  hop(router, "router", "out", "back the way it came", 1);
  queue(`${channel}.outbound`, 3);
  hop(channel, "channel", "out", "sent", 9);
  const sum = offset;
  rows.push({ kind: "event", event_type: "ack", network_id: "GW-88121", at: at(sum + 345), offset_ms: sum + 345 });
  if (row.state === "delivered")
    rows.push({
      kind: "event",
      event_type: "delivery_report",
      delivery_status: "delivered",
      at: at(sum + 8000),
      offset_ms: sum + 8000,
    });
  return { headline: row.direction === "in" ? "Answered" : "Sent", total_ms: sum, rows, related };
}

function parkedTrail(row: MessageRow, related: readonly MessageRow[]): TrailData {
  const start = row.at.getTime() - 87_000;
  const at = (offset: number): Date => new Date(start + offset);
  const error = row.error ?? "ESME_RTHROTTLED";
  const tries = error === "ESME_RTHROTTLED" ? [0, 1000, 5000, 21_000, 85_000] : [0];
  const rows: TrailRow[] = [
    {
      kind: "hop",
      worker: row.application ?? "reminders",
      worker_kind: "application",
      what: "sent, not a reply",
      at: at(0),
      offset_ms: 0,
      took_ms: 3,
      direction: "out",
    },
    {
      kind: "hop",
      worker: row.router ?? "keywords",
      worker_kind: "router",
      what: `from 38080 to ${row.channel}`,
      rule: row.rule ?? 7,
      at: at(3),
      offset_ms: 3,
      took_ms: 1,
      direction: "out",
    },
    { kind: "queue", queue: `${row.channel}.outbound`, at: at(4), offset_ms: 4, waited_ms: 1915 },
    {
      kind: "hop",
      worker: row.channel,
      worker_kind: "channel",
      what: "submit_sm, 1 part",
      at: at(1919),
      offset_ms: 1919,
      took_ms: 17,
      direction: "out",
    },
    ...tries.map((offset, index): TrailRow => ({
      kind: "try",
      number: index + 1,
      worker: row.channel,
      error: { code: error, message: error, permanent: false },
      took_ms: 0,
      next_in_ms: index === tries.length - 1 ? null : ([1000, 4000, 16_000, 64_000][index] ?? null),
      at: at(1936 + offset),
      offset_ms: 1936 + offset,
    })),
  ];
  return {
    headline: `Parked after ${tries.length === 1 ? "1 try" : `${tries.length} tries`}`,
    total_ms: 1936,
    rows,
    related,
  };
}

/** Which rules fit a message, and why the others do not. */
export function explainRules(rules: readonly Rule[], message: Readonly<Record<string, unknown>>): Explanation {
  const content =
    textOf(message["content"] ?? "")
      .trim()
      .split(/\s+/)[0]
      ?.toLowerCase() ?? "";
  const fits = (rule: Rule): boolean => {
    if (rule.looks_at === "keyword") return rule.value === content;
    const value = textOf(message[rule.looks_at === "channel" ? "transport_name" : rule.looks_at] ?? "");
    return rule.value.startsWith("^") ? new RegExp(rule.value).test(value) : rule.value === value;
  };
  const why = rules.map((rule) => ({
    number: rule.number,
    matched: fits(rule),
    reason: fits(rule) ? "matches" : `other ${rule.looks_at}`,
  }));
  const first = rules.find(fits) ?? (message["test_fallback"] === true ? rules.at(-1) : undefined);
  return {
    targets: first === undefined ? [] : [{ endpoint: "default", application: first.target, rule: first.number }],
    why,
  };
}
