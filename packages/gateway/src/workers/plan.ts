// What a worker is to be: its name, class and options, and where they come from. Read from the gateway's file here; the datastore adds others.

import { resolve } from "node:path";
import { ConfigSource, loadConfigFile } from "@switchboard/messaging/config";
import { type GatewayFile, sourceAt } from "../config/gateway-file.ts";

/** Where a plan stands: in the file, or only in the datastore; or in the file, and changed since. */
export type PlanOrigin = "file" | "runtime" | "file, changed";

/** A worker that shall be. */
export interface GatewayWorkerPlan {
  readonly name: string;
  readonly className: string;
  /** Unchecked options, with where each stands. */
  readonly source: ConfigSource;
  /** Which process it runs in besides others of the same name; undefined: the gateway's. */
  readonly group: string | undefined;
  readonly label: string | undefined;
  /** False: known, and not started. */
  readonly enabled: boolean;
  readonly origin: PlanOrigin;
}

/**
 * The workers of a file, in its order.
 *
 * @throws {ConfigError} CONFIG_FILE_INVALID for a `config-file` that cannot be read.
 */
export async function plansOf(file: GatewayFile): Promise<GatewayWorkerPlan[]> {
  const plans: GatewayWorkerPlan[] = [];
  for (const [name, worker] of Object.entries(file.config.workers)) {
    plans.push({
      name,
      className: worker.class,
      source: await optionsOf(file, name, worker["config-file"]),
      group: worker.group ?? undefined,
      label: worker.label ?? undefined,
      enabled: worker.enabled,
      origin: "file",
    });
  }
  return plans;
}

async function optionsOf(file: GatewayFile, name: string, configFile: string | null): Promise<ConfigSource> {
  const own = sourceAt(file.source, ["workers", name, "config"]);
  if (configFile === null) return own;
  const base = await loadConfigFile(resolve(file.source.folder ?? ".", configFile));
  return new ConfigSource(
    { ...base.values, ...own.values },
    {
      ...(base.folder !== undefined && { folder: base.folder }),
      warnings: base.warnings,
      locate: (path) => (Object.hasOwn(own.values, String(path[0])) ? own.locate(path) : base.locate(path)),
    },
  );
}
