// The declaration of the configuration as text: for `--help`, and as the page docs/server-configuration.md.

import { configKeys, describeKey, type KeyDeclaration } from "./keys.ts";

/** The page, in Markdown. */
export function configurationPage(): string {
  const sections = Object.entries(configKeys).map(([section, keys]) => {
    const rows = Object.entries<KeyDeclaration>(keys).map(([key, declaration]) => {
      const { option = "", help } = declaration;
      return `| \`${key}\` | ${describeKey(declaration)} | ${defaultOf(declaration)} | ${option} | ${help} |`;
    });
    return [
      `## ${section}`,
      "",
      "| Key | Type | Default | Option | Meaning |",
      "| --- | --- | --- | --- | --- |",
      ...rows,
      "",
    ].join("\n");
  });
  return [
    "# Server configuration",
    "",
    "Generated from `packages/server/src/server-config/keys.ts`. One file, JSON or YAML; sections that are not listed belong to other programs and to plugins.",
    "",
    ...sections,
  ].join("\n");
}

/** The keys, one line each. */
export function configurationHelp(): string {
  const lines: string[] = [];
  for (const [section, keys] of Object.entries(configKeys)) {
    lines.push(`${section}:`);
    for (const [key, declaration] of Object.entries<KeyDeclaration>(keys)) {
      lines.push(`  ${key}: ${describeKey(declaration)}. ${declaration.help}`);
    }
  }
  return lines.join("\n");
}

function defaultOf({ default: value, required }: KeyDeclaration): string {
  if (required === true) return "required";
  return value === undefined ? "" : `\`${JSON.stringify(value)}\``;
}
