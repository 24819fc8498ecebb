// Where the console's files are: served by gateways and by dispatcher servers that this command starts.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder with the console's files; undefined when they were not built. */
export function consoleFolder(): string | undefined {
  const folder = fileURLToPath(new URL("dist", import.meta.resolve("@switchboard/console/package.json")));
  return existsSync(join(folder, "index.html")) ? folder : undefined;
}
