// `switchboard call` and `switchboard query`: one call of a method.

import { Command } from "commander";
import { parseArguments, parseValue } from "./arguments.ts";
import { addConnectionOptions, type ConnectionFlags, withClient } from "./connection.ts";
import { parseFilter } from "./filter.ts";
import { printTable, printValue, toJson } from "./output.ts";

interface CallFlags extends ConnectionFlags {
  readonly args?: string;
  readonly json?: true;
  readonly stream?: true;
}

interface QueryFlags extends ConnectionFlags {
  readonly json?: true;
  readonly sort?: string;
  readonly limit?: string;
  readonly offset?: string;
  readonly select?: string;
  readonly count?: true;
  readonly single?: true;
}

/** The verb `call`. */
export function callCommand(): Command {
  return addConnectionOptions(new Command("call"))
    .description("call a method of the server and print its result")
    .argument("<method>", "service.method")
    .argument("[arguments...]", "each one JSON, or else a text; negative numbers behind --")
    .option("--args <json>", "all arguments as one JSON array, or an object by name")
    .option("--stream", "print the items of the result as they come, one a line")
    .option("--json", "print JSON, one line for each result")
    .addHelpText("after", '\nExample:\n  switchboard call session.query \'[["active","=",true]]\' --json')
    .action(call);
}

/** The verb `query`. */
export function queryCommand(): Command {
  return addConnectionOptions(new Command("query"))
    .description("list the objects of a service that fit filters")
    .argument("<service>", "whose method `query` is called")
    .argument(
      "[filters...]",
      "field=value, also != > < >= <= and ~ for a regular expression; or one JSON condition each",
    )
    .option("--sort <fields>", "fields with commas between; - in front of one sorts it descending")
    .option("--limit <n>", "at most so many")
    .option("--offset <n>", "skip so many")
    .option("--select <fields>", "only these columns, with commas between")
    .option("--count", "only how many there are")
    .option("--single", "only the first one")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExample:\n  switchboard query task state=FAILED --sort -id --limit 10 --select id,name,error.message",
    )
    .action(query);
}

async function call(method: string, words: readonly string[], flags: CallFlags): Promise<void> {
  const args = parseArguments(words, flags.args);
  await withClient(flags, async (client) => {
    if (!flags.stream) {
      printValue(await client.call(method, args), flags);
      return;
    }
    for await (const item of client.stream(method, args)) {
      console.log(typeof item === "string" && !flags.json ? item : toJson(item));
    }
  });
}

async function query(service: string, filters: readonly string[], flags: QueryFlags): Promise<void> {
  const filter = filters.map((text) => parseFilter(text));
  const { sort, limit, offset, select, count, single } = flags;
  const params = {
    ...(sort !== undefined && { sort: sort.split(",") }),
    ...(limit !== undefined && { limit: parseValue(limit) }),
    ...(offset !== undefined && { offset: parseValue(offset) }),
    ...(count && { count }),
    ...(single && { single }),
  };
  const result = await withClient(flags, (client) => client.call(`${service}.query`, [filter, params]));
  if (flags.json || !Array.isArray(result)) printValue(result, flags);
  else if (select === undefined) printTable(result as Record<string, unknown>[]);
  else printColumns(result, select.split(","));
}

// Selected here and not by the server, which would leave the names out.
function printColumns(rows: readonly unknown[], columns: readonly string[]): void {
  printTable(
    rows.map((row) => Object.fromEntries(columns.map((column) => [column, pick(row, column)]))),
    columns,
  );
}

function pick(row: unknown, path: string): unknown {
  return path.split(".").reduce(member, row);
}

function member(value: unknown, key: string): unknown {
  return (value as Record<string, unknown> | null | undefined)?.[key];
}
