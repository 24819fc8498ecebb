// The configuration reference says what the code declares.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { expect, it } from "vitest";
import { configurationPage } from "../scripts/configuration-page.ts";

it("the page is what the code declares (mend with `npm run docs`)", async () => {
  const path = fileURLToPath(new URL("../docs/configuration.md", import.meta.url));
  const text = await format(await configurationPage(), { ...(await resolveConfig(path)), parser: "markdown" });
  expect(readFileSync(path, "utf8")).toBe(text);
});
