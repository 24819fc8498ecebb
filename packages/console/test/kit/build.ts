// Builds the page with vite, as it ships or on the memory gateway: once per run of the tests, into a folder of its own.

import { fileURLToPath } from "node:url";
import { oncePerRun } from "@switchboard/testkit";
import { build } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Returns the folder of the built page; `isTwin` puts the memory gateway into it. To be read, not changed: others read it too. */
export function builtConsole(isTwin: boolean): Promise<string> {
  return oncePerRun(isTwin ? "console-twin" : "console", (folder) => buildConsole(folder, isTwin));
}

async function buildConsole(outDir: string, isTwin: boolean): Promise<void> {
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
