// `switchboard events` and `switchboard emit`: prints events as they happen, and makes one happen.

import { missedEventName, type ServerEvent } from "@switchboard/client";
import { Command } from "commander";
import { parseMember } from "./arguments.ts";
import { addConnectionOptions, type ConnectionFlags, withClient } from "./connection.ts";
import { harmless, styled, toJson } from "./output.ts";

interface Flags extends ConnectionFlags {
  readonly json?: true;
  readonly count?: string;
}

/** The verb `events`. */
export function eventsCommand(): Command {
  return addConnectionOptions(new Command("events"))
    .description("print events as they happen, until Ctrl-C")
    .argument("[masks...]", "which: shell patterns over names, * crossing dots (default *)")
    .option("--count <n>", "end after so many")
    .option("--json", "print JSON, one event a line")
    .addHelpText("after", "\nExample:\n  switchboard events 'task.*' '*.changed'")
    .action(events);
}

/** The verb `emit`. */
export function emitCommand(): Command {
  return addConnectionOptions(new Command("emit"))
    .description("emit an event; the server hands it to all who listen")
    .argument("<name>", "of the event")
    .argument("[members...]", "name=value: the value JSON, or else a text")
    .addHelpText("after", "\nExample:\n  switchboard emit weather.changed city=Oslo degrees=5")
    .action(async (name: string, words: readonly string[], flags: ConnectionFlags) => {
      const args = Object.fromEntries(words.map((word) => parseMember(word)));
      await withClient(flags, async (client) => {
        client.emit(name, args);
        // Events are not answered: once a later call is, this one has arrived.
        await client.call("management.ping");
      });
    });
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
