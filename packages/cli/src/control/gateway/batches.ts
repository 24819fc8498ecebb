// `switchboard batches`: sets of stored messages that belong together.

import type { Command } from "commander";
import { CliError } from "../../errors.ts";
import { parseMember } from "../arguments.ts";
import { withClient } from "../connection.ts";
import { printTable, printValue, toJson } from "../output.ts";
import { type GatewayFlags, gatewayVerb, refuseUnknownVerb, rowsOf } from "./verb.ts";

interface StartFlags extends GatewayFlags {
  readonly tag?: readonly string[];
}

/** The verb, with verbs of its own. */
export function batchesCommand(): Command {
  return (
    gatewayVerb("batches", "list batches of stored messages, or show one; begin and end them", "batches")
      .argument("[id]", "show what is in this one, and what became of it")
      .allowExcessArguments()
      .action(async (id: string | undefined, flags: GatewayFlags, command: Command) => {
        refuseUnknownVerb(command);
        await list(id, flags);
      })
      // Else this command would take the options of its verbs.
      .enablePositionalOptions()
      .addCommand(
        gatewayVerb("start", "begin a batch and print its id", "batches start --tag codes:8000 campaign=spring")
          .argument("[metadata...]", "name=value")
          .option("--tag <tags...>", "pool:name; messages with it are in the batch from now on")
          .action(start),
      )
      .addCommand(
        gatewayVerb("finish", "end a batch; its messages stay", "batches finish 0af7651916cd43dd8448eb211c80319c")
          .argument("<id>", "which batch")
          .action((id: string, flags: GatewayFlags) =>
            withClient(flags, async (client) => void (await client.call("batches.finish", [id]))),
          ),
      )
  );
}

async function list(id: string | undefined, flags: GatewayFlags): Promise<void> {
  if (id !== undefined) {
    printValue(await withClient(flags, (client) => client.call("batches.get", [id])), flags);
    return;
  }
  const batches = await withClient(flags, (client) => rowsOf(client.call("batches.query")));
  if (flags.json) printValue(batches, flags);
  else printTable(batches, ["id", "tags", "metadata"]);
}

async function start(words: readonly string[], flags: StartFlags): Promise<void> {
  const members = words.map((word) => parseMember(word));
  // What is not plain is kept as its JSON, as metadata are texts.
  const metadata = Object.fromEntries(
    members.map(([name, value]) => [name, typeof value === "object" ? toJson(value) : value]),
  );
  const tags = (flags.tag ?? []).map(tagOf);
  printValue(await withClient(flags, (client) => client.call("batches.start", [{ tags, metadata }])), flags);
}

function tagOf(text: string): readonly [pool: string, name: string] {
  const at = text.indexOf(":");
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw new CliError("CLI_ARGUMENTS_INVALID", `--tag: expected pool:name, got ${JSON.stringify(text)}`);
}
