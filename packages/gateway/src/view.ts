// The running gateway as services see it: the roster's workers, what may be done with them, and the configuration as it stands now.

import { ConfigError } from "@switchboard/messaging";
import { ConfigSource } from "@switchboard/messaging/config";
import { type CurrentFile, exportConfig, fileChanges, writeConfig } from "./config/write-config.ts";
import type { GatewayFile } from "./config/gateway-file.ts";
import type { ConfigProblem, GatewayView, OptionOrigin, WorkerChange, WorkerView } from "./services/gateway-view.ts";
import type { WorkerHost } from "./workers/host.ts";
import type { GatewayWorkerPlan } from "./workers/plan.ts";
import { revisionOf } from "./workers/revision.ts";
import type { Roster, WorkerRequest } from "./workers/roster.ts";
import type { SupervisedWorker } from "./workers/supervised-worker.ts";

/** What a view is made of besides what it passes on. */
export interface ViewOptions extends Omit<GatewayView, keyof WorkerCalls> {
  readonly current: CurrentFile;
  readonly roster: Roster;
  readonly hostOf: (group: string | undefined) => WorkerHost;
}

type WorkerCalls = Pick<
  GatewayView,
  | "workers"
  | "onWorkersChanged"
  | "create"
  | "update"
  | "remove"
  | "start"
  | "stop"
  | "restart"
  | "pause"
  | "resume"
  | "originsOf"
  | "validate"
  | "exportConfig"
  | "fileChanges"
  | "writeConfig"
>;

/** Makes the view of a gateway. */
export function createView({ current, roster, hostOf, ...passedOn }: ViewOptions): GatewayView {
  const sources = { current, roster, classes: passedOn.classes };
  const requestOf = (change: WorkerChange): WorkerRequest => ({ ...change, folder: current.file.source.folder });
  return {
    ...passedOn,
    workers: () => roster.workers.map(viewOf),
    onWorkersChanged: (listener) => roster.onChange(({ operation, name }) => listener({ operation, names: [name] })),
    create: (change) => roster.create(requestOf(change)),
    update: async (change, revision) => {
      const { plan } = roster.get(change.name);
      const { className = plan.className, group = plan.group, config, name } = change;
      const { folder } = plan.source;
      await roster.update({ name, className, config, group, label: plan.label, folder }, revision);
    },
    remove: (name, revision) => roster.remove(name, revision),
    start: (name) => roster.bring(name, "running"),
    stop: (name) => roster.bring(name, "stopped"),
    restart: (name) => roster.restart(name),
    pause: (name) => roster.bring(name, "paused"),
    resume: (name) => roster.bring(name, "running"),
    originsOf: (name) => originsOf(roster, name),
    validate: (change) => problemsOf(planOf(change, current.file), hostOf(change.group)),
    exportConfig: ({ secrets = false } = {}) => exportConfig(sources, { secrets }),
    fileChanges: () => fileChanges(sources),
    writeConfig: (revision) => writeConfig(sources, revision),
  };
}

function viewOf({ plan, state, since, process, pid, restarts, lastError }: SupervisedWorker): WorkerView {
  const { name, className, source, label, group, origin } = plan;
  return {
    name,
    className,
    config: source.values as WorkerView["config"],
    folder: source.folder,
    label,
    group,
    origin,
    revision: revisionOf(plan),
    state,
    since,
    process,
    pid,
    restarts,
    lastError,
  };
}

/** What is as the file says comes from there, also in a worker that was changed otherwise. */
function originsOf(roster: Roster, name: string): OptionOrigin[] {
  const { values } = roster.get(name).plan.source;
  const inFile = roster.filePlan(name)?.source;
  return Object.entries(values).map(([option, value]) => {
    const isSame = inFile !== undefined && JSON.stringify(inFile.values[option]) === JSON.stringify(value);
    const place = isSame ? inFile.locate([option]) : undefined;
    return { option, from: isSame ? "file" : "runtime", file: place?.source, line: place?.line };
  });
}

function planOf({ name, className, config, group }: WorkerChange, file: GatewayFile): GatewayWorkerPlan {
  const folder = file.source.folder;
  const source = new ConfigSource(config, folder === undefined ? {} : { folder });
  return { name, className, source, group, label: undefined, enabled: true, origin: "runtime" };
}

/** Everything that is wrong with a plan. */
async function problemsOf(plan: GatewayWorkerPlan, host: WorkerHost): Promise<readonly ConfigProblem[]> {
  try {
    await host.check(plan);
    return [];
  } catch (error) {
    if (error instanceof ConfigError && error.issues.length > 0) {
      return error.issues.map(({ path, problem, hint }) => ({
        path,
        message: hint === undefined ? problem : `${problem}; ${hint}`,
      }));
    }
    return [{ path: "", message: error instanceof Error ? error.message : String(error) }];
  }
}
