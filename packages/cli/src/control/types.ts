// `switchboard types`: declarations of the server's methods, for typed calls.

import { writeFile } from "node:fs/promises";
import type { Client } from "@switchboard/client";
import { Command } from "commander";
import { addConnectionOptions, type ConnectionFlags, withClient } from "./connection.ts";
import { declareMethods, type Described, type MethodDescription } from "./method-types.ts";

interface Flags extends ConnectionFlags {
  readonly out?: string;
}

/** The verb. */
export function typesCommand(): Command {
  return addConnectionOptions(new Command("types"))
    .description("make TypeScript declarations of the server's methods, for connect<Methods>()")
    .option("--out <file>", "write them there instead of printing them")
    .addHelpText("after", "\nExample:\n  switchboard types --out src/methods.d.ts")
    .action(async ({ out, ...flags }: Flags) => {
      const text = declareMethods(await withClient(flags, describe));
      if (out === undefined) process.stdout.write(text);
      else await writeFile(out, text);
    });
}

async function describe(client: Client): Promise<Described> {
  const names = (await client.call("discovery.get_services")) as string[];
  const services = await Promise.all(
    names.map(
      async (name) => [name, (await client.call("discovery.get_methods", [name])) as MethodDescription[]] as const,
    ),
  );
  const { definitions = {} } = (await client.call("discovery.get_schema")) as {
    definitions?: Described["definitions"];
  };
  return { services: Object.fromEntries(services), definitions };
}
