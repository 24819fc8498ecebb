// `npm run docs`: writes the pages that are generated from the code.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { configurationPage } from "./configuration-page.ts";
import { errorsPage } from "./errors-page.ts";

const pages = { "errors.md": errorsPage(), "configuration.md": await configurationPage() };
for (const [name, text] of Object.entries(pages)) {
  const path = fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
  writeFileSync(path, await format(text, { ...(await resolveConfig(path)), parser: "markdown" }));
}
