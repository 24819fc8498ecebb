// `switchboard classes`: what a configuration can name, and what each can be configured with.

import { builtInClasses } from "@switchboard/gateway";
import type { ClassRegistry } from "@switchboard/messaging";
import { configHelp, configSchema, type ConfigurableClass, fieldsOf, summaryOf } from "@switchboard/messaging/config";
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
    console.log(json ? await allAsJson(registry) : await allAsText(registry));
    return;
  }
  const loaded = (await registry.load(name)) as ConfigurableClass;
  const fields = fieldsOf(loaded);
  const summary = summaryOf(loaded);
  if (!json) {
    const aliases = registry.list().find((entry) => [entry.name, ...entry.aliases].includes(name))?.aliases ?? [];
    const known = aliases.length === 0 ? [] : [`Also known as ${aliases.join(", ")}.`];
    const head = [...(summary === undefined ? [] : [summary]), ...known];
    if (head.length > 0) console.log(`${head.join("\n")}\n`);
  }
  console.log(json ? JSON.stringify(configSchema(fields), null, 2) : configHelp(fields));
}

async function allAsJson(registry: ClassRegistry): Promise<string> {
  const described = await Promise.all(
    registry.list().map(async ({ name, kind, aliases }) => {
      const loaded = (await registry.load(name)) as ConfigurableClass;
      return { name, kind, summary: summaryOf(loaded) ?? null, aliases, schema: configSchema(fieldsOf(loaded)) };
    }),
  );
  return JSON.stringify(described, null, 2);
}

async function allAsText(registry: ClassRegistry): Promise<string> {
  const classes = registry.list();
  const width = Math.max(...classes.map(({ name }) => name.length));
  const lines: string[] = [];
  for (const kind of new Set(classes.map((entry) => entry.kind))) {
    lines.push(kind);
    for (const { name } of classes.filter((entry) => entry.kind === kind)) {
      const summary = summaryOf((await registry.load(name)) as ConfigurableClass);
      lines.push(`  ${name.padEnd(width)}  ${summary ?? ""}`.trimEnd());
    }
  }
  return lines.join("\n");
}
