// All workers of the gateway: those of the file and those of the datastore, each supervised. Changes are stored before they are told.

import type { Clock, Logger } from "@switchboard/core";
import { ConfigSource } from "@switchboard/messaging/config";
import { GatewayError } from "../errors.ts";
import type { WorkerHost } from "./host.ts";
import type { GatewayWorkerPlan } from "./plan.ts";
import { checkRevision } from "./revision.ts";
import type { PlanStore, StoredPlan } from "./stored-plans.ts";
import { type DesiredState, type RestartRules, SupervisedWorker } from "./supervised-worker.ts";

/** What happened to a worker. */
export interface RosterChange {
  readonly operation: "create" | "update" | "delete";
  readonly name: string;
}

/** How a worker shall be. */
export interface WorkerRequest {
  readonly name: string;
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** What relative file names are relative to. */
  readonly folder?: string | undefined;
  readonly group?: string | undefined;
  readonly label?: string | undefined;
}

/** What a changed file led to, by names of workers. */
export interface RosterReload {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Differ in the file, and were changed at run time before, which counts. */
  readonly kept: readonly string[];
  /** Did not take the change, and are as they were, if they could be brought back. */
  readonly failed: readonly { readonly name: string; readonly error: unknown }[];
}

/** What the roster works with. */
export interface RosterOptions {
  /** The workers of the file, in its order. */
  readonly plans: readonly GatewayWorkerPlan[];
  readonly store: PlanStore;
  readonly hostOf: (group: string | undefined) => WorkerHost;
  readonly rules: RestartRules;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts, stops, changes and remembers workers. */
export class Roster {
  readonly #options: RosterOptions;
  #filePlans: Map<string, GatewayWorkerPlan>;
  readonly #workers: Map<string, SupervisedWorker> = new Map();
  readonly #stored: Map<string, StoredPlan> = new Map();
  readonly #listeners: Set<(change: RosterChange) => void> = new Set();
  /** Changes of one worker are made one after another. */
  readonly #changing: Map<string, Promise<void>> = new Map();

  static async open(options: RosterOptions): Promise<Roster> {
    const roster = new Roster(options);
    const stored = await options.store.load();
    for (const one of stored) roster.#stored.set(one.name, one);
    for (const plan of options.plans) {
      const known = roster.#stored.get(plan.name);
      if (known?.isRemoved === true) continue;
      roster.#add(
        known?.plan === undefined ? plan : { ...planOf(plan.name, known.plan, "file, changed"), enabled: plan.enabled },
      );
    }
    for (const { name, plan } of stored) {
      if (plan !== undefined && !roster.#filePlans.has(name)) roster.#add(planOf(name, plan, "runtime"));
    }
    return roster;
  }

  private constructor(options: RosterOptions) {
    this.#options = options;
    this.#filePlans = new Map(options.plans.map((plan) => [plan.name, plan]));
  }

  /** In the order of the file, then those added since. */
  get workers(): readonly SupervisedWorker[] {
    return [...this.#workers.values()];
  }

  /** @throws {GatewayError} WORKER_UNKNOWN. */
  get(name: string): SupervisedWorker {
    const worker = this.#workers.get(name);
    if (worker !== undefined) return worker;
    const names = [...this.#workers.keys()].join(", ");
    throw new GatewayError("WORKER_UNKNOWN", `there is no worker ${name}; there are ${names || "none"}`);
  }

  /** What the file says of a worker, whatever was changed since; undefined when it says nothing. */
  filePlan(name: string): GatewayWorkerPlan | undefined {
    return this.#filePlans.get(name);
  }

  /** Names of those that are on their way to another state. */
  get unsettled(): readonly string[] {
    return this.workers
      .filter(({ state }) => state !== "running" && state.endsWith("ing"))
      .map(({ plan }) => plan.name);
  }

  /** Whether a worker runs after the next start, too: as somebody asked last, else as its plan says. */
  isWanted(worker: SupervisedWorker): boolean {
    return this.#desiredOf(worker) !== "stopped";
  }

  /** Calls `listener` after each change of a worker's state or plan. Returns its remover. */
  onChange(listener: (change: RosterChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Starts what shall run. Those that do not start are tried again by themselves; they keep nobody else from starting.
   * Consumers first: applications, then routers, then transports, in the reverse order of the file, so that nothing comes in that has no way on.
   */
  async startAll(onStart: (name: string) => void = () => undefined): Promise<void> {
    for (const worker of this.workers.toReversed()) {
      const desired = this.#desiredOf(worker);
      if (desired === "stopped") continue;
      onStart(worker.plan.name);
      // It tells by itself what keeps it from starting.
      await worker.start().catch(() => undefined);
      if (desired === "paused" && worker.state === "running") await worker.pause();
    }
  }

  /** Stops all, transports first, so that what is on its way is still handled. What they shall do after the next start stays as it was. */
  async stopAll(onWait: (name: string) => void): Promise<void> {
    for (const worker of this.workers) {
      onWait(worker.plan.name);
      await worker.stop();
    }
  }

  /** @throws {GatewayError} WORKER_EXISTS, and what is wrong with the request, before anything is stored. */
  create(request: WorkerRequest): Promise<void> {
    return this.#change(request.name, async () => {
      const { name } = request;
      if (this.#workers.has(name)) throw new GatewayError("WORKER_EXISTS", `there is a worker ${name} already`);
      const plan = planOf(name, request, this.#filePlans.has(name) ? "file, changed" : "runtime");
      await this.#options.hostOf(plan.group).check(plan);
      await this.#save(name, { plan: storedOf(request), isRemoved: false, desired: "running" });
      const worker = this.#add(plan);
      this.#tell("create", name);
      await worker.start();
    });
  }

  /**
   * Changes a worker; only it is restarted. When the new one does not start, the former one goes on, and the error is given.
   *
   * @throws {GatewayError} WORKER_UNKNOWN; WORKER_CHANGED when `revision` is given and is not that of the worker as it is.
   */
  update(request: WorkerRequest, revision?: string): Promise<void> {
    return this.#change(request.name, async () => {
      const { name } = request;
      const worker = this.get(name);
      checkRevision(worker.plan, revision);
      const { enabled } = worker.plan;
      const plan = { ...planOf(name, request, this.#filePlans.has(name) ? "file, changed" : "runtime"), enabled };
      await worker.replace(plan);
      await this.#save(name, { plan: storedOf(request), isRemoved: false });
      this.#tell("update", name);
    });
  }

  /** Stops a worker and forgets it. Its queues and what they hold stay. @throws {GatewayError} WORKER_UNKNOWN, WORKER_CHANGED. */
  remove(name: string, revision?: string): Promise<void> {
    return this.#change(name, async () => {
      const worker = this.get(name);
      checkRevision(worker.plan, revision);
      await worker.stop();
      if (this.#filePlans.has(name)) await this.#save(name, { plan: undefined, isRemoved: true });
      else await this.#forget(name);
      this.#workers.delete(name);
      this.#tell("delete", name);
    });
  }

  /** Brings a worker to a state and remembers that it shall be in it. */
  bring(name: string, desired: DesiredState): Promise<void> {
    return this.#change(name, async () => {
      const worker = this.get(name);
      await this.#save(name, { desired });
      if (desired === "running") await worker.start();
      else if (desired === "paused") await worker.pause();
      else await worker.stop();
    });
  }

  /** Makes the workers of the file those of `plans`. @throws what is wrong with any of them, before anything is changed. */
  async reload(plans: readonly GatewayWorkerPlan[]): Promise<RosterReload> {
    const { kept, added, changed, removed } = this.#compare(plans);
    for (const plan of [...added, ...changed]) await this.#options.hostOf(plan.group).check(plan);
    const failed: { name: string; error: unknown }[] = [];
    const each = async (names: readonly string[], job: (name: string) => Promise<void>): Promise<string[]> => {
      const done: string[] = [];
      for (const name of names) {
        const error = await this.#change(name, () => job(name)).then(
          () => undefined,
          (reason: unknown) => ({ reason }),
        );
        if (error === undefined) done.push(name);
        else failed.push({ name, error: error.reason });
      }
      return done;
    };
    const planFor = new Map(plans.map((plan) => [plan.name, plan]));
    for (const name of kept) this.#filePlans.set(name, planFor.get(name) ?? this.get(name).plan);
    const planOfFile = (name: string): GatewayWorkerPlan => planFor.get(name) ?? this.get(name).plan;
    return {
      kept,
      removed: await each(removed, (name) => this.#dropFilePlan(name)),
      changed: await each(changed.map(nameOf), (name) => this.#takeFilePlan(planOfFile(name))),
      added: await each(added.map(nameOf).toReversed(), (name) => this.#addFilePlan(planOfFile(name))),
      failed,
    };
  }

  /**
   * Takes the workers that were changed at run time for the file's, which was written and says the same of them; nothing restarts.
   * Those whose plan is not the one in `seen` were changed again meanwhile, and stay changes.
   */
  async adopt(plans: readonly GatewayWorkerPlan[], seen: ReadonlyMap<string, GatewayWorkerPlan>): Promise<void> {
    this.#filePlans = new Map(plans.map((plan) => [plan.name, plan]));
    for (const name of this.#stored.keys()) {
      await this.#change(name, async () => {
        const [worker, plan] = [this.#workers.get(name), this.#filePlans.get(name)];
        const stored = this.#stored.get(name);
        if (stored === undefined || worker?.plan !== seen.get(name)) return;
        const isAsFile = stored.desired === undefined || plan === undefined || stored.desired === enabledState(plan);
        if (isAsFile) await this.#forget(name);
        else await this.#save(name, { plan: undefined, isRemoved: false });
        if (plan !== undefined) worker?.adopt(plan);
        this.#tell("update", name);
      });
    }
  }

  #compare(plans: readonly GatewayWorkerPlan[]): {
    readonly added: readonly GatewayWorkerPlan[];
    readonly changed: readonly GatewayWorkerPlan[];
    readonly removed: readonly string[];
    readonly kept: readonly string[];
  } {
    const isStored = (name: string): boolean => {
      const stored = this.#stored.get(name);
      return stored?.plan !== undefined || stored?.isRemoved === true;
    };
    const differing = plans.filter((plan) => !isSamePlan(plan, this.#filePlans.get(plan.name)));
    const free = differing.filter(({ name }) => !isStored(name));
    const names = new Set(plans.map(nameOf));
    return {
      added: free.filter(({ name }) => !this.#workers.has(name)),
      changed: free.filter(({ name }) => this.#workers.has(name)),
      removed: [...this.#filePlans.keys()].filter((name) => !names.has(name) && !isStored(name)),
      kept: differing.map(nameOf).filter(isStored),
    };
  }

  async #addFilePlan(plan: GatewayWorkerPlan): Promise<void> {
    this.#filePlans.set(plan.name, plan);
    const worker = this.#add(plan);
    this.#tell("create", plan.name);
    if (this.#desiredOf(worker) !== "stopped") await worker.start();
  }

  async #takeFilePlan(plan: GatewayWorkerPlan): Promise<void> {
    const worker = this.get(plan.name);
    await worker.replace(plan);
    this.#filePlans.set(plan.name, plan);
    const desired = this.#desiredOf(worker);
    if (desired === "stopped") await worker.stop();
    else if (desired === "running") await worker.start();
    this.#tell("update", plan.name);
  }

  async #dropFilePlan(name: string): Promise<void> {
    await this.get(name).stop();
    this.#filePlans.delete(name);
    this.#workers.delete(name);
    this.#tell("delete", name);
  }

  restart(name: string): Promise<void> {
    return this.#change(name, () => this.get(name).restart());
  }

  #desiredOf({ plan }: SupervisedWorker): DesiredState {
    return this.#stored.get(plan.name)?.desired ?? enabledState(plan);
  }

  #add(plan: GatewayWorkerPlan): SupervisedWorker {
    const { hostOf, rules, clock, logger } = this.#options;
    const worker = new SupervisedWorker({
      plan,
      hostOf: ({ group }) => hostOf(group),
      rules,
      clock,
      logger,
      onChange: () => this.#tell("update", plan.name),
    });
    this.#workers.set(plan.name, worker);
    return worker;
  }

  async #save(name: string, change: Partial<Omit<StoredPlan, "name">>): Promise<void> {
    const before = this.#stored.get(name) ?? { name, plan: undefined, isRemoved: false, desired: undefined };
    const stored = { ...before, ...change };
    await this.#options.store.save(stored);
    this.#stored.set(name, stored);
  }

  async #forget(name: string): Promise<void> {
    await this.#options.store.forget(name);
    this.#stored.delete(name);
  }

  #change(name: string, job: () => Promise<void>): Promise<void> {
    const done = (this.#changing.get(name) ?? Promise.resolve()).then(job);
    const settled = done.catch(() => undefined);
    this.#changing.set(name, settled);
    void settled.then(() => {
      if (this.#changing.get(name) === settled) this.#changing.delete(name);
    });
    return done;
  }

  #tell(operation: RosterChange["operation"], name: string): void {
    for (const listener of this.#listeners) listener({ operation, name });
  }
}

function enabledState({ enabled }: GatewayWorkerPlan): DesiredState {
  return enabled ? "running" : "stopped";
}

function nameOf({ name }: GatewayWorkerPlan): string {
  return name;
}

function isSamePlan(one: GatewayWorkerPlan, other: GatewayWorkerPlan | undefined): boolean {
  return other !== undefined && told(one) === told(other);
}

function told({ className, source, group, label, enabled }: GatewayWorkerPlan): string {
  return JSON.stringify([className, source.values, source.folder, group, label, enabled]);
}

function storedOf({ className, config, folder, group, label }: WorkerRequest): NonNullable<StoredPlan["plan"]> {
  return { className, config, folder, group, label };
}

function planOf(
  name: string,
  { className, config, folder, group, label }: NonNullable<StoredPlan["plan"]> | WorkerRequest,
  origin: GatewayWorkerPlan["origin"],
): GatewayWorkerPlan {
  const source = new ConfigSource(config, {
    ...(folder !== undefined && { folder }),
    locate: () => ({ source: `worker ${name}`, line: undefined, column: undefined }),
  });
  return { name, className, source, group, label, enabled: true, origin };
}
