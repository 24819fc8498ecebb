// `switchboard logs`: what the gateway's workers logged lately, or log now; and how much they log.

import { Argument, type Command, Option } from "commander";
import { withClient } from "../connection.ts";
import { logLine } from "../log-line.ts";
import { printValue, toJson } from "../output.ts";
import { count, type GatewayFlags, gatewayVerb, refuseUnknownVerb, type Row, rowsOf, textOf } from "./verb.ts";

interface Flags extends GatewayFlags {
  readonly follow?: true;
  readonly level?: string;
  readonly text?: string;
  readonly limit: number;
}

const levels = ["debug", "info", "warn", "error"];

/** The verb, with its verb `level`. */
export function logsCommand(): Command {
  return (
    gatewayVerb("logs", "print what workers logged lately, oldest first", "logs telnet --follow --level warn")
      .argument("[worker]", "only this one's")
      .option("--follow", "go on with what comes, until Ctrl-C")
      .addOption(new Option("--level <level>", "this level and above").choices(levels))
      .option("--text <text>", "only records that contain this")
      .option("--limit <n>", "at most so many of those that are there", count, 200)
      .allowExcessArguments()
      .action(logs)
      // Else this command would take the options of its verb.
      .enablePositionalOptions()
      .addCommand(levelCommand())
  );
}

function levelCommand(): Command {
  return gatewayVerb("level", "set how much a worker logs while it runs", "logs level telnet debug --for 600")
    .argument("<worker>", "which one")
    .addArgument(new Argument("<level>", "`default` puts it back").choices([...levels, "default"]))
    .option("--for <seconds>", "put it back after this (default: after an hour)", count)
    .action(async (worker: string, level: string, { for: seconds, ...flags }: GatewayFlags & { for?: number }) => {
      const wanted = level === "default" ? null : level;
      const answer = await withClient(flags, (client) =>
        client.call("logs.set_level", [worker, wanted, ...(seconds === undefined ? [] : [seconds * 1_000])]),
      );
      printValue(answer, flags);
    });
}

async function logs(worker: string | undefined, flags: Flags, command: Command): Promise<void> {
  refuseUnknownVerb(command);
  const { level, text, limit, follow = false, json = false } = flags;
  const filter = {
    ...(worker !== undefined && { worker }),
    ...(level !== undefined && { level }),
    ...(text !== undefined && { text }),
  };
  await withClient(
    flags,
    async (client) => {
      const found = await rowsOf(client.call("logs.query", [{ ...filter, limit }]));
      for (const record of found.toReversed()) print(record, json);
      if (found.length === 0 && !follow) console.error("nothing logged");
      if (!follow) return;
      for await (const batch of client.stream("logs.tail", [filter])) {
        const { rows, skipped } = batch as { readonly rows: readonly Row[]; readonly skipped: number };
        for (const record of rows) print(record, json);
        if (skipped > 0) console.error(`${skipped} more were left out`);
      }
    },
    { comesBack: follow },
  );
}

function print(record: Row, json: boolean): void {
  if (json) {
    console.log(toJson(record));
    return;
  }
  const { at, level, worker, message, fields } = record;
  const texts = { level: textOf(level), worker: textOf(worker), message: textOf(message) };
  console.log(logLine({ ...texts, at: at instanceof Date ? at : undefined, fields: (fields ?? {}) as Row }));
}
