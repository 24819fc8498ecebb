// What a worker is to be: its name, class and options, and where they come from. Read from the gateway's file here; the datastore adds others.

import { resolve } from "node:path";
import { ConfigError } from "@switchboard/messaging";
import { ConfigSource, formatIssue, loadConfigFile } from "@switchboard/messaging/config";
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
  for (const name of Object.keys(file.config.workers)) plans.push(await planOf(file, name));
  return plans;
}

/**
 * One worker of a file.
 *
 * @throws {ConfigError} CONFIG_FILE_INVALID for a `config-file` that cannot be read.
 */
export async function planOf(file: GatewayFile, name: string): Promise<GatewayWorkerPlan> {
  const worker = file.config.workers[name];
  if (worker === undefined) throw new TypeError(`the file has no worker ${name}`);
  return {
    name,
    className: worker.class,
    source: await optionsOf(file, name, worker["config-file"]),
    group: worker.group ?? undefined,
    label: worker.label ?? undefined,
    enabled: worker.enabled,
    origin: "file",
  };
}

async function optionsOf(file: GatewayFile, name: string, configFile: string | null): Promise<ConfigSource> {
  const own = sourceAt(file.source, ["workers", name, "config"]);
  if (configFile === null) return own;
  const path = resolve(file.source.folder ?? ".", configFile);
  const base = await loadConfigFile(path).catch((error: unknown) => {
    // What is wrong within it has a place of its own.
    if (!(error instanceof ConfigError) || error.issues.some(({ line }) => line !== undefined)) throw error;
    const at = file.source.locate(["workers", name, "config-file"]);
    const place = { source: at?.source, line: at?.line, column: at?.column };
    const issue = { path: `workers.${name}.config-file`, problem: error.message, hint: undefined, ...place };
    throw new ConfigError("CONFIG_FILE_INVALID", formatIssue(issue), { issues: [issue], cause: error });
  });
  return new ConfigSource(
    { ...base.values, ...own.values },
    {
      ...(base.folder !== undefined && { folder: base.folder }),
      warnings: base.warnings,
      locate: (path) => (Object.hasOwn(own.values, String(path[0])) ? own.locate(path) : base.locate(path)),
    },
  );
}
