// The memory gateway's messages: search, trail, live tail, and what a person at the phone sends and is answered.

import { RpcError } from "@switchboard/client";
import type { PeerServices } from "@switchboard/client/testing";
import { textOf } from "../../format.ts";
import type { MessageRow } from "../../services/types.ts";
import { newMessage } from "../data/messages.ts";
import { trailOf } from "../trails.ts";
import type { World } from "../world.ts";
import { wave } from "./figures.ts";

/** `messages`, `send` and `phone`. */
export function messageServices(world: World): PeerServices {
  const find = (id: string): MessageRow => {
    const row = world.messages.find((message) => message.id === id) ?? world.parkedRow(id);
    if (row === undefined) throw new RpcError(2, `there is no message ${id}`);
    return row;
  };
  return {
    messages: {
      select: ({ query = "", ids }: { query?: string; ids?: readonly string[] }) => ({
        count: ids?.length ?? (query === "" ? 55_170 : findRows(world, query).length),
        is_capped: false,
        newest: world.now(),
        skipped_filters: [],
      }),
      query: () => world.messages.slice(0, 200),
      search: (text: string, { limit = 100 }: { limit?: number } = {}) => {
        const rows = findRows(world, text);
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
          answers: world.messages.filter(({ in_reply_to }) => in_reply_to === row.id).map((answer) => answer.id),
        };
      },
      trail: (id: string) => {
        const row = find(id);
        const related = world.messages.filter((other) => other.person === row.person && other.id !== id).slice(0, 5);
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
        return world.isEmpty
          ? []
          : Array.from({ length: buckets }, (_, index) => ({
              at: new Date(from.getTime() + index * step),
              in: Math.round((309 + wave(index) * 22) * share),
              out: Math.round((304 + wave(index + 7) * 22) * share),
              failed: index % 6 === 0 ? 4 : 0,
              parked: index > 70 && index % 3 === 0 ? 3 : 0,
            }));
      },
      tail: (query: { query?: string } = {}) => tail(world, query.query ?? ""),
      export: ({ format = "csv" }: { format?: string } = {}) => [
        format === "csv" ? "time,channel,person,text\n" : "[]",
      ],
      resend: () => "d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0",
    },
    send: {
      in: (message: { channel: string; from_addr: string; content: string | null; session_event?: string }) =>
        sendIn(world, message),
      out: () => "e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0",
    },
    phone: {
      lines: () =>
        world.isEmpty
          ? []
          : [
              {
                channel: "ussd-7700",
                kind: "ussd",
                address: "*120*7700#",
                codes: ["*120*7700#", "*120*7700*2#"],
                session_timeout_s: 120,
              },
              { channel: "sms-lakecell", kind: "sms", address: "38080" },
              { channel: "telnet-lab", kind: "telnet", address: ":9010" },
            ],
    },
  };
}

function findRows(world: World, text: string): readonly MessageRow[] {
  return world.messages.filter((row) => matches(row, text));
}

async function* tail(world: World, query: string): AsyncGenerator {
  const pause = 250;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    const wanted = Math.floor((world.messagesPerSecond * pause) / 1000 + (world.sent % 2));
    const rows = Array.from({ length: Math.max(world.messagesPerSecond > 0 ? 1 : 0, wanted) }, () =>
      newMessage(world.sent++, world.now()),
    )
      .filter((row) => matches(row, query))
      .toReversed();
    world.messages = [...rows, ...world.messages].slice(0, 5000);
    if (rows.length > 0) yield { rows, skipped: 0 };
  }
}

function sendIn(
  world: World,
  {
    channel,
    from_addr,
    content,
    session_event,
  }: {
    channel: string;
    from_addr: string;
    content: string | null;
    session_event?: string;
  },
): string {
  const isUssd = channel.startsWith("ussd");
  const base = newMessage(world.sent++, world.now());
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
    ? ussdScreen(content ?? "")
    : `Lakeside: Hill Street Clinic, 12 Hill St, open till 16:30. You wrote “${content ?? ""}”.`;
  const answer: MessageRow = {
    ...inbound,
    id: `a${id.slice(1)}`,
    direction: "out",
    content: text,
    state: "sent",
    took_ms: 9,
    in_reply_to: id,
    at: new Date(world.now().getTime() + 236),
    session_event: content === "0" ? "close" : "resume",
  };
  world.messages = session_event === "close" ? [inbound, ...world.messages] : [answer, inbound, ...world.messages];
  return id;
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

function ussdScreen(content: string): string {
  if (content.startsWith("*")) return "Clinic Line\n1 Find a clinic\n2 Opening hours\n3 Talk to a nurse";
  if (content === "1") return "Which town?\n1 Lakeside\n2 Northfield\n3 Another";
  if (content === "0") return "Good-bye.";
  return "Lakeside clinics\n1 Hill Street, till 16:30\n2 Harbour Road, open now\n0 Back";
}
