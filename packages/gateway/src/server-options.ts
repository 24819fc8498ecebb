// What the control server is started with: the sections of the file that are its own, and the gateway's plugins.

import { join } from "node:path";
import type { ServerOptions } from "@switchboard/server";
import { serverOptionsOf as optionsOfSection } from "@switchboard/server/config";
import type { Datastore } from "@switchboard/server/datastore";
import type { Plugin } from "@switchboard/server/plugins";
import type { ResolvedOptions } from "./gateway-options.ts";

/** What accounts may do by their group where the file does not say: what the console offers. */
const usualRoles = { viewer: ["viewer"], operator: ["operator", "viewer"], admin: ["admin"] };

/** The options of the gateway's server. Throws the system's error when the certificate or its key cannot be read. */
export function serverOptionsOf(
  { file, ports, clock, logger, consoleFolder }: ResolvedOptions,
  datastore: Datastore,
  plugins: readonly Plugin[],
): ServerOptions {
  const { dispatcher, source, dataFolder } = file;
  const options = optionsOfSection(dispatcher, source.values);
  return {
    ...options,
    auth: { groupRoles: usualRoles, ...options.auth },
    datastore,
    plugins,
    listen: {
      ...(consoleFolder !== undefined && { staticFolder: consoleFolder }),
      ...options.listen,
      ...(ports.control !== undefined && { websocketPort: ports.control }),
      ...(ports.console !== undefined && { frontendPort: ports.console }),
    },
    crashFolder: dispatcher["crash-dir"] ?? join(dataFolder, "crashes"),
    clock,
    logger,
  };
}
