// What SIGHUP does to a running gateway: plugins are loaded anew, and the workers of the file become those that it has now.

import type { Logger } from "@switchboard/core";
import type { Gateway, GatewayFile } from "@switchboard/gateway";

/** What a reload needs. */
export interface ReloadOptions {
  /** Reads the file anew. */
  readonly read: () => Promise<GatewayFile>;
  /** The file that the gateway was started with. */
  readonly before: GatewayFile;
  readonly logger: Logger;
}

/** Reloads. Never rejects: a file that cannot be used changes nothing, and the log says why. */
export async function reloadGateway(gateway: Gateway, { read, before, logger }: ReloadOptions): Promise<void> {
  try {
    const file = await read();
    const others = restartSections(before, file);
    if (others.length > 0) logger.warn({ sections: others }, "changes of these sections count from the next start");
    const { failed, ...done } = await gateway.reload(file);
    for (const { name, error } of failed) {
      logger.error({ worker: name, err: error }, "a worker of the changed file does not start");
    }
    logger.info(done, "the workers of the file were reloaded");
  } catch (error) {
    logger.error({ err: error }, "the configuration file was not reloaded; nothing was changed");
  }
  try {
    await gateway.server.plugins.reload();
    logger.info({}, "plugins reloaded");
  } catch (error) {
    logger.error({ err: error }, "the plugins could not be reloaded");
  }
}

/** Sections other than the workers that differ. */
function restartSections(one: GatewayFile, other: GatewayFile): string[] {
  const { workers: _workers, ...before } = one.source.values;
  const { workers: _others, ...after } = other.source.values;
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}
