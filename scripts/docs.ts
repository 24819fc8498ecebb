// `npm run docs`: writes the pages that are generated from the code.

import { writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import { errorsPage } from "./errors-page.ts";

const page = new URL("../docs/errors.md", import.meta.url).pathname;
writeFileSync(page, await format(errorsPage(), { ...(await resolveConfig(page)), parser: "markdown" }));
