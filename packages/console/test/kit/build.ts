// Builds the page with vite, as it ships or on the memory gateway.

import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Builds the page into a folder; `isTwin` puts the memory gateway into it. */
export async function buildConsole(outDir: string, isTwin: boolean): Promise<void> {
  const before = process.env["SWITCHBOARD_CONSOLE_TWIN"];
  if (isTwin) process.env["SWITCHBOARD_CONSOLE_TWIN"] = "1";
  else delete process.env["SWITCHBOARD_CONSOLE_TWIN"];
  try {
    await build({
      configFile: `${root}vite.config.ts`,
      logLevel: "error",
      mode: "production",
      build: { outDir, emptyOutDir: true },
    });
  } finally {
    if (before === undefined) delete process.env["SWITCHBOARD_CONSOLE_TWIN"];
    else process.env["SWITCHBOARD_CONSOLE_TWIN"] = before;
  }
}
