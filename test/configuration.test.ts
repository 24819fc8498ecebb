// The configuration reference says what the code declares.

import { readFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import { expect, it } from "vitest";
import { configurationPage } from "../scripts/configuration-page.ts";

it("the page is what the code declares (mend with `npm run docs`)", async () => {
  const path = new URL("../docs/configuration.md", import.meta.url).pathname;
  const text = await format(await configurationPage(), { ...(await resolveConfig(path)), parser: "markdown" });
  expect(readFileSync(path, "utf8")).toBe(text);
});
