// What the control server is started with: the sections of the file that are its own, and the gateway's plugins.

import { join, resolve } from "node:path";
import type { ListenOptions, ServerOptions } from "@switchboard/server";
import type { Datastore } from "@switchboard/server/datastore";
import type { Plugin } from "@switchboard/server/plugins";
import type { GatewayFile } from "./config/gateway-file.ts";
import type { ResolvedOptions } from "./gateway.ts";

/** The options of the gateway's server. */
export function serverOptionsOf(
  { file, clock, logger, consoleFolder }: ResolvedOptions,
  datastore: Datastore,
  plugins: readonly Plugin[],
): ServerOptions {
  const { values } = file.source.section("dispatcher");
  const folders = Array.isArray(values["plugin-dirs"]) ? values["plugin-dirs"].map(String) : [];
  return {
    datastore,
    plugins,
    pluginDirs: folders.map((folder) => resolve(file.source.folder ?? ".", folder)),
    listen: { ...listenOf(file), ...(consoleFolder !== undefined && { staticFolder: consoleFolder }) },
    crashFolder: join(file.dataFolder, "crashes"),
    config: (section) => file.source.section(section).values,
    clock,
    logger,
  };
}

function listenOf({ source }: GatewayFile): ListenOptions {
  const { values } = source.section("dispatcher");
  const portOf = (key: string): number | undefined => (typeof values[key] === "number" ? values[key] : undefined);
  const [websocketPort, frontendPort] = [portOf("websocket-port"), portOf("frontend-port")];
  return { ...(websocketPort !== undefined && { websocketPort }), ...(frontendPort !== undefined && { frontendPort }) };
}
