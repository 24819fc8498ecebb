// `switchboard messages` and `switchboard trail`: what was said, and the way that one message took through the gateway.

import type { Client, Task } from "@switchboard/client";
import { type Command, InvalidArgumentError, Option } from "commander";
import { CliError } from "../../errors.ts";
import { withClient } from "../connection.ts";
import { harmless, printTable, printValue, styled, toJson } from "../output.ts";
import { followTask } from "../task.ts";
import { count, type GatewayFlags, gatewayVerb, memberOf, type Row, shortDuration, textOf } from "./verb.ts";

interface Flags extends GatewayFlags {
  readonly follow?: true;
  readonly limit: number;
  readonly since?: Date;
  readonly until?: Date;
  readonly count?: true;
  readonly resend?: true;
  readonly export?: "csv" | "json";
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
    .option("--since <time>", "not older: ISO 8601, or 15m, 2h, 7d ago", time)
    .option("--until <time>", "older", time)
    .option("--count", "only say how many there are")
    .option("--resend", "send all of them again as new ones, the oldest first")
    .addOption(new Option("--export <format>", "print all of them for other programs").choices(["csv", "json"]))
    .action(messages);
}

async function messages(words: readonly string[], flags: Flags): Promise<void> {
  const query = words.join(" ");
  const { since, until } = flags;
  const range = { ...(since !== undefined && { from: since }), ...(until !== undefined && { to: until }) };
  const choice = { query, ...range };
  if (flags.follow) await follow(query, flags);
  else if (flags.resend) {
    // People get each of them a second time, so that all is not what saying nothing may mean.
    if (query === "" && Object.keys(range).length === 0)
      throw new CliError(
        "CLI_ARGUMENTS_INVALID",
        "--resend: say which messages, by words, key:value, --since or --until",
      );
    const find = (client: Client): Promise<Task> => client.submitTask("messages.resend", [choice]);
    await followTask(flags, find, (result) => `${countOf(result, "done")} of ${countOf(result, "of")} sent again`);
  } else if (flags.count) {
    const found = await withClient(flags, (client) => client.call("messages.select", [choice]));
    expectUnderstood(found);
    printValue(flags.json ? found : memberOf(found, "count"), flags);
  } else if (flags.export !== undefined) {
    const { export: format } = flags;
    await withClient(flags, async (client) => {
      expectUnderstood(await client.call("messages.select", [choice]));
      const chunks = client.stream("messages.export", [{ ...choice, format }]);
      for await (const chunk of chunks) process.stdout.write(String(chunk));
    });
  } else await list(query, range, flags);
}

async function list(query: string, range: object, flags: Flags): Promise<void> {
  const answer = await withClient(flags, (client) =>
    client.call("messages.search", [query, { ...range, limit: flags.limit }]),
  );
  expectUnderstood(answer);
  const { rows, total } = answer as { readonly rows: readonly Row[]; readonly total: number };
  if (flags.json) printValue(rows, flags);
  else printTable(rows.map(messageRow), columns);
  if (!flags.json && total > rows.length) console.error(`${rows.length} of ${total}; more with --limit`);
}

// Left out, a word would have more messages found than were asked for, and a script would not notice.
function expectUnderstood(answer: unknown): void {
  const { problems } = answer as { readonly problems: readonly Row[] };
  if (problems.length === 0) return;
  const texts = problems.map(({ source, message }) => `${textOf(source)} (${textOf(message)})`);
  throw new CliError("CLI_ARGUMENTS_INVALID", `not understood: ${texts.join(", ")}`);
}

function countOf(result: unknown, member: string): string {
  return textOf(memberOf(result, member));
}

const ago: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function time(text: string): Date {
  const [, amount, unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const at = amount === undefined ? Date.parse(text) : Date.now() - Number(amount) * (ago[unit] ?? 0);
  if (Number.isFinite(at)) return new Date(at);
  throw new InvalidArgumentError("expected a time such as 2026-01-31T12:00Z, or 15m, 2h, 7d ago");
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
