// `switchboard classes`: what a configuration can name, and what each can be configured with.

import { builtInClasses } from "@switchboard/gateway";
import { configSchema, fieldsOf, type ConfigurableClass } from "@switchboard/messaging/config";
import { Command } from "commander";

/** The verb. */
export function classesCommand(): Command {
  return new Command("classes")
    .description("list transports, dispatchers, routers, middleware and applications")
    .option("--json", "for programs: with all names and the JSON Schema of each configuration")
    .addHelpText(
      "after",
      "\nExample:\n  switchboard classes\n  switchboard worker --worker-class TelnetServerTransport --worker-help",
    )
    .action(list);
}

async function list({ json }: { readonly json?: true }): Promise<void> {
  const registry = builtInClasses();
  const classes = registry.list();
  if (json) {
    const described = await Promise.all(
      classes.map(async (entry) => ({
        ...entry,
        schema: configSchema(fieldsOf((await registry.load(entry.name)) as ConfigurableClass)),
      })),
    );
    console.log(JSON.stringify(described, null, 2));
    return;
  }
  for (const kind of new Set(classes.map((entry) => entry.kind))) {
    console.log(kind);
    for (const { name, aliases } of classes.filter((entry) => entry.kind === kind)) {
      console.log(`  ${name.padEnd(40)} ${aliases[0] ?? ""}`.trimEnd());
    }
  }
}
