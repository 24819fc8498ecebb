// `switchboard classes`: what a configuration can name, and what each can be configured with.

import { builtInClasses } from "@switchboard/gateway";
import type { ClassRegistry } from "@switchboard/messaging";
import { configHelp, configSchema, type ConfigurableClass, fieldsOf } from "@switchboard/messaging/config";
import { Command } from "commander";

/** The verb. */
export function classesCommand(): Command {
  return new Command("classes")
    .description("list transports, dispatchers, routers, middleware and applications, or the settings of one")
    .argument("[name]", "ours, Vumi's dotted path, or ./file.ts#Class: print what it can be configured with")
    .option("--json", "for programs: with all names and the JSON Schema of each configuration")
    .addHelpText("after", "\nExample:\n  switchboard classes\n  switchboard classes ContentKeywordRouter")
    .action(print);
}

async function print(name: string | undefined, { json }: { readonly json?: true }): Promise<void> {
  const registry = builtInClasses();
  if (name === undefined) {
    console.log(json ? await allAsJson(registry) : allAsText(registry));
    return;
  }
  const fields = fieldsOf((await registry.load(name)) as ConfigurableClass);
  console.log(json ? JSON.stringify(configSchema(fields), null, 2) : configHelp(fields));
}

async function allAsJson(registry: ClassRegistry): Promise<string> {
  const described = await Promise.all(
    registry.list().map(async ({ name, kind, aliases }) => {
      const loaded = (await registry.load(name)) as ConfigurableClass;
      return { name, kind, aliases, schema: configSchema(fieldsOf(loaded)) };
    }),
  );
  return JSON.stringify(described, null, 2);
}

function allAsText(registry: ClassRegistry): string {
  const classes = registry.list();
  const lines: string[] = [];
  for (const kind of new Set(classes.map((entry) => entry.kind))) {
    lines.push(kind);
    for (const { name, aliases } of classes.filter((entry) => entry.kind === kind)) {
      lines.push(`  ${name.padEnd(40)} ${aliases[0] ?? ""}`.trimEnd());
    }
  }
  return lines.join("\n");
}
