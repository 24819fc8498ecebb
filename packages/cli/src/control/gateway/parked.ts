// `switchboard parked`: what was set aside from a queue and why: listed, shown, edited, written down, put back or dropped.

import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { Client, Task } from "@switchboard/client";
import { Argument, type Command } from "commander";
import { CliError } from "../../errors.ts";
import { withClient } from "../connection.ts";
import { printTable, printValue } from "../output.ts";
import { followTask } from "../task.ts";
import { count, type GatewayFlags, gatewayVerb, memberOf, type Row, rowsOf, textOf } from "./verb.ts";

interface Flags extends GatewayFlags {
  readonly cause?: string;
  readonly id?: readonly string[];
  readonly limit: number;
  readonly save?: true;
  readonly bodyFile?: string;
  readonly header?: readonly string[];
}

const actions = ["show", "edit", "export", "retry", "drop"] as const;

/** The verb. */
export function parkedCommand(): Command {
  return gatewayVerb(
    "parked",
    "list the messages that were set aside from a queue, look into them, put them back, or drop them",
    "parked echo.inbound retry --cause TIMEOUT\n  switchboard parked echo.inbound export > parked.jsonl",
  )
    .argument("<queue>", "which queue, as `queues` lists them")
    .addArgument(new Argument("[action]", "what to do with them (default: list them)").choices([...actions]))
    .option("--cause <cause>", "only those that failed with this")
    .option("--id <ids...>", "only these")
    .option("--limit <n>", "list at most so many", count, 100)
    .option("--save", "with drop: first write them into a file in the gateway's data folder")
    .option("--body-file <file>", "with edit: the new body; - or none for standard input")
    .option("--header <headers...>", "with edit: name=value, in place of all headers that it has")
    .action(parked);
}

async function parked(queue: string, action: (typeof actions)[number] | undefined, flags: Flags): Promise<void> {
  const { cause, id: ids } = flags;
  const choice = { queue, ...(cause !== undefined && { cause }), ...(ids !== undefined && { ids }) };
  if (action === "retry" || action === "drop") {
    const argument = { ...choice, ...(flags.save && action === "drop" && { save: true }) };
    const find = (client: Client): Promise<Task> => client.submitTask(`bus.${action}`, [argument]);
    await followTask(flags, find, (result) => describeResult(result, action === "retry" ? "put back" : "dropped"));
  } else if (action === "export") {
    await withClient(flags, (client) => write(client, choice));
  } else if (action === "show") {
    const id = onlyId(flags);
    printValue(await withClient(flags, (client) => client.call("bus.parked_get", [queue, id])), flags);
  } else if (action === "edit") {
    await edit(queue, flags);
  } else {
    await list(queue, flags);
  }
}

function describeResult(result: unknown, done: string): string {
  const saved = memberOf(result, "saved_to");
  const place = typeof saved === "string" ? `; they are in ${saved}` : "";
  return `${textOf(memberOf(result, "done"))} of ${textOf(memberOf(result, "of"))} ${done}${place}`;
}

async function list(queue: string, { cause, id: ids, limit, ...flags }: Flags): Promise<void> {
  const options = { limit, ...(cause !== undefined && { cause }) };
  const all = await withClient(flags, (client) => rowsOf(client.call("bus.parked", [queue, options])));
  const found = ids === undefined ? all : all.filter(({ id }) => ids.includes(textOf(id)));
  if (flags.json) printValue(found, flags);
  else if (found.length === 0)
    console.error(`${queue}: nothing parked${cause === undefined && ids === undefined ? "" : " that fits"}`);
  else printTable(found.map(parkedRow), ["id", "at", "tries", "code", "error", "person", "content"]);
}

async function write(client: Client, choice: object): Promise<void> {
  for await (const chunk of client.stream("bus.parked_export", [choice])) process.stdout.write(String(chunk));
}

async function edit(queue: string, flags: Flags): Promise<void> {
  const { bodyFile = "-", header } = flags;
  const id = onlyId(flags);
  const body = bodyFile === "-" ? await text(process.stdin) : await readFile(bodyFile, "utf8");
  const options = header === undefined ? {} : { headers: Object.fromEntries(header.map(headerOf)) };
  await withClient(flags, (client) => client.call("bus.edit_and_retry", [queue, id, body, options]));
}

/** Headers are texts, whatever they look like. */
function headerOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new CliError("CLI_ARGUMENTS_INVALID", `--header: expected name=value, got ${JSON.stringify(text)}`);
}

function onlyId({ id = [] }: Flags): string {
  const [only, ...more] = id;
  if (only !== undefined && more.length === 0) return only;
  throw new CliError("CLI_ARGUMENTS_INVALID", "--id: expected one, as `parked QUEUE` lists them");
}

function parkedRow({ id, at, tries, error, person, content }: Row): Row {
  return { id, at, tries, code: memberOf(error, "code"), error: memberOf(error, "message"), person, content };
}
