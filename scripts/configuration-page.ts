// Builds docs/configuration.md from what the gateway's file and every class declare. `npm run docs` writes it; test/configuration.test.ts compares.

import { builtInClasses, gatewayFields } from "@switchboard/gateway";
import { configHelp, type ConfigurableClass, fieldsOf, summaryOf } from "@switchboard/messaging/config";

const titles: Readonly<Record<string, string>> = {
  transport: "Transports",
  dispatcher: "Dispatchers",
  router: "Routers",
  application: "Applications",
  middleware: "Middleware",
  worker: "Other workers",
};

/** The whole page. */
export async function configurationPage(): Promise<string> {
  const registry = builtInClasses();
  const sections: string[] = [];
  for (const [kind, title] of Object.entries(titles)) {
    sections.push(`## ${title}`, "");
    for (const { name, aliases } of registry.list().filter((entry) => entry.kind === kind)) {
      const loaded = (await registry.load(name)) as ConfigurableClass;
      const fields = fieldsOf(loaded);
      const summary = summaryOf(loaded);
      const known =
        aliases.length === 0 ? [] : [`Also known as ${aliases.map((alias) => `\`${alias}\``).join(", ")}.`, ""];
      const body =
        Object.keys(fields).length === 0 ? ["Nothing to configure."] : ["```text", configHelp(fields), "```"];
      sections.push(`### ${name}`, "", ...(summary === undefined ? [] : [summary, ""]), ...known, ...body, "");
    }
  }
  return [
    "# Configuration reference",
    "",
    "Written by `npm run docs` from what the code declares. A field that is static is the same for every message; the others may be changed for a single",
    "message by whoever handles it. Keys that nobody knows are ignored; one that is nearly the name of a field is a warning.",
    "",
    "## The gateway's file",
    "",
    "YAML or JSON; `switchboard init` writes one to begin with, `switchboard check` says what is wrong with one. The section `dispatcher` is described in",
    "[server-configuration.md](server-configuration.md).",
    "",
    "```text",
    configHelp(gatewayFields),
    "```",
    "",
    ...sections,
  ].join("\n");
}
