// `switchboard messages` and `switchboard trail`: what was said, and the way that one message took through the gateway.

import type { Command } from "commander";
import { withClient } from "../connection.ts";
import { harmless, printTable, printValue, styled, toJson } from "../output.ts";
import { count, type GatewayFlags, gatewayVerb, memberOf, type Row, shortDuration, textOf } from "./verb.ts";

interface Flags extends GatewayFlags {
  readonly follow?: true;
  readonly limit: number;
}

/** The verb `messages`. */
export function messagesCommand(): Command {
  return gatewayVerb(
    "messages",
    "list messages, newest first, or as they come",
    "messages channel:telnet state:failed hello --limit 20",
  )
    .argument("[query...]", "words of the text, and key:value or -key:value for channel, state, person and so on")
    .option("--follow", "print new ones as they come, until Ctrl-C")
    .option("--limit <n>", "at most so many", count, 50)
    .action(messages);
}

async function messages(words: readonly string[], flags: Flags): Promise<void> {
  const query = words.join(" ");
  if (flags.follow) {
    await follow(query, flags);
    return;
  }
  const answer = await withClient(flags, (client) => client.call("messages.search", [query, { limit: flags.limit }]));
  const { rows, total, skipped_filters } = answer as {
    readonly rows: readonly Row[];
    readonly total: number;
    readonly skipped_filters: readonly unknown[];
  };
  if (skipped_filters.length > 0) console.error(`not understood and left out: ${harmless(toJson(skipped_filters))}`);
  if (flags.json) printValue(rows, flags);
  else printTable(rows.map(messageRow), columns);
  if (!flags.json && total > rows.length) console.error(`${rows.length} of ${total}; more with --limit`);
}

async function follow(query: string, flags: Flags): Promise<void> {
  await withClient(
    flags,
    async (client) => {
      for await (const batch of client.stream("messages.tail", [{ query }])) {
        const { rows, skipped } = batch as { readonly rows: readonly Row[]; readonly skipped: number };
        for (const row of rows) console.log(flags.json ? toJson(row) : line(row));
        if (skipped > 0) console.error(`${skipped} more were left out`);
      }
    },
    { comesBack: true },
  );
}

const columns = ["at", "way", "channel", "person", "state", "took", "content", "id"];

function messageRow({ id, at, direction, channel, person, state, took_ms, content }: Row): Row {
  return { at, way: direction, channel, person, state, took: shortDuration(took_ms), content, id };
}

function line(row: Row): string {
  const { at, way, channel, person, state, content, id } = messageRow(row);
  const time = at instanceof Date ? at.toISOString().slice(11, 23) : "";
  const shown = [way, channel, person, state, toJson(content), id].map((one) => textOf(one));
  return `${styled("dim", time)} ${shown.join(" ")}`;
}

/** The verb `trail`. */
export function trailCommand(): Command {
  return gatewayVerb("trail", "show the way of a message and its answer, step by step", "trail 7c1f0a…")
    .argument("<id>", "of the message")
    .action(async (id: string, flags: GatewayFlags) => {
      const trail = (await withClient(flags, (client) => client.call("messages.trail", [id]))) as {
        readonly headline: string;
        readonly rows: readonly Row[];
      };
      if (flags.json) printValue(trail, flags);
      else {
        console.log(styled("bold", harmless(trail.headline)));
        printTable(trail.rows.map(trailRow), ["after", "where", "what", "took"]);
      }
    });
}

function trailRow(row: Row): Row {
  const { kind, offset_ms, worker, queue, text } = row;
  const after = typeof offset_ms === "number" ? `+${shortDuration(offset_ms)}` : "";
  if (kind === "queue") return { after, where: queue, what: "waited", took: shortDuration(row["waited_ms"]) };
  if (kind === "event") {
    const reason = row["reason"] ?? row["delivery_status"];
    return { after, where: "network", what: [row["event_type"], reason].filter(Boolean).join(": ") };
  }
  if (kind === "try") {
    const what = `try ${textOf(row["number"])} failed: ${textOf(memberOf(row["error"], "message"))}`;
    return { after, where: worker, what, took: shortDuration(row["took_ms"]) };
  }
  if (kind === "unknown") return { after, where: "?", what: text };
  return { after, where: worker, what: row["what"], took: shortDuration(row["took_ms"]) };
}
