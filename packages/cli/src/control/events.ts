// `switchboard events`: prints events as they happen.

import { missedEventName, type ServerEvent } from "@switchboard/client";
import { Command } from "commander";
import { addConnectionOptions, type ConnectionFlags, withClient } from "./connection.ts";
import { harmless, styled, toJson } from "./output.ts";

interface Flags extends ConnectionFlags {
  readonly json?: true;
  readonly count?: string;
}

/** The verb. */
export function eventsCommand(): Command {
  return addConnectionOptions(new Command("events"))
    .description("print events as they happen, until Ctrl-C")
    .argument("[masks...]", "which: shell patterns over names, * crossing dots (default *)")
    .option("--count <n>", "end after so many")
    .option("--json", "print JSON, one event a line")
    .addHelpText("after", "\nExample:\n  switchboard events 'task.*' '*.changed'")
    .action(events);
}

async function events(masks: readonly string[], flags: Flags): Promise<void> {
  let left = flags.count === undefined ? Infinity : Number(flags.count);
  await withClient(
    flags,
    async (client) => {
      const stream = client.events(masks.length === 0 ? ["*"] : masks);
      console.error(`listening to ${client.username ?? "the server"}'s events on ${masks.join(" ") || "*"}`);
      for await (const event of stream) {
        print(event, flags.json === true);
        if (event.name !== missedEventName && --left <= 0) break;
      }
    },
    { comesBack: true },
  );
}

function print({ name, args }: ServerEvent, json: boolean): void {
  if (json) {
    console.log(toJson({ name, args }));
    return;
  }
  const { timestamp, ...rest } = args;
  const time = timestamp instanceof Date ? `${timestamp.toISOString()} ` : "";
  console.log(`${styled("dim", time)}${styled("cyan", harmless(name))} ${harmless(toJson(rest))}`);
}
