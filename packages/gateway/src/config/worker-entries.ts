// What of the running workers is other than in the configuration file, as parts of that file.

import { isDeepStrictEqual } from "node:util";
import type { GatewayWorkerPlan } from "../workers/plan.ts";
import type { GatewayFile } from "./gateway-file.ts";
import type { Options } from "./masking.ts";
import type { WorkerEntry } from "./written-text.ts";

/** A worker as it is. */
export interface PresentWorker {
  readonly plan: GatewayWorkerPlan;
  /** False: it is not started when the gateway is. */
  readonly isEnabled: boolean;
}

/** A file and what runs. */
export interface Running {
  readonly file: GatewayFile;
  readonly workers: readonly PresentWorker[];
}

/** The parts of the file that are to be others. */
export function entriesOf(plans: readonly GatewayWorkerPlan[], { file, workers }: Running): WorkerEntry[] {
  const running = new Set(workers.map(({ plan }) => plan.name));
  const inFile = new Map(plans.map((plan) => [plan.name, plan]));
  const raw = file.source.section("workers").values as Readonly<Record<string, Options>>;
  const gone = plans
    .filter(({ name }) => !running.has(name))
    .map(({ name }) => ({ name, before: raw[name], after: undefined }));
  const others = workers.filter((worker) => !isSame(worker, inFile.get(worker.plan.name)));
  return [
    ...gone,
    ...others.map((worker) => {
      const before = raw[worker.plan.name];
      return { name: worker.plan.name, before, after: entryOf(worker, before ?? {}) };
    }),
  ];
}

/** Whether a worker is as a file says. */
export function isSame(worker: PresentWorker, plan: GatewayWorkerPlan | undefined): boolean {
  return plan !== undefined && isDeepStrictEqual(told(worker.plan, worker.isEnabled), told(plan, plan.enabled));
}

function told({ className, source, group, label }: GatewayWorkerPlan, enabled: boolean): unknown {
  return [className, plain(source.values), group, label, enabled];
}

/** The worker's part of the file; what only the file knows of it stays. */
function entryOf({ plan, isEnabled }: PresentWorker, before: Options): Options {
  const { className, source, group, label } = plan;
  const { "config-file": configFile, ...entry }: Record<string, unknown> = before;
  const set = (key: string, value: unknown): void => {
    if (value === undefined) delete entry[key];
    else entry[key] = value;
  };
  set("class", className);
  set("label", label);
  set("group", group);
  const config = plain(source.values);
  if (configFile !== undefined || !isDeepStrictEqual(entry["config"] ?? {}, config)) set("config", config);
  if (isEnabled !== (entry["enabled"] !== false)) set("enabled", isEnabled ? undefined : false);
  return entry;
}

/** As it comes back from a file: without what is undefined. */
function plain(values: Options): Options {
  return JSON.parse(JSON.stringify(values)) as Options;
}
