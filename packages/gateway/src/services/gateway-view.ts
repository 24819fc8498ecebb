// What services, events and tasks need of the running gateway. The gateway implements it; tests use a fake. Nothing here knows the control
// plane, and nothing behind it knows who asks.

import type { Bus } from "@switchboard/bus";
import type { Clock, Logger } from "@switchboard/core";
import type { ClassRegistry, JsonObject } from "@switchboard/messaging";
import type { MessageStore } from "@switchboard/messaging/store";
import type { FileChanges } from "../config/write-config.ts";
import type { Probe } from "../http/probes.ts";
import type { PlanOrigin } from "../workers/plan.ts";
import type { SupervisedState } from "../workers/supervised-worker.ts";
import type { LogBook } from "../observe/log-book.ts";
import type { GatewayObserver } from "../observe/gateway-observer.ts";

/** One worker of the gateway, as it is now. */
export interface WorkerView {
  readonly name: string;
  /** As configured: our name, Vumi's dotted path, or `./file.ts#Class`. */
  readonly className: string;
  /** Its options as written, unchecked, secrets in clear: services mask them. */
  readonly config: JsonObject;
  /** Where relative file names of the class and its options start. */
  readonly folder: string | undefined;
  readonly label: string | undefined;
  readonly group: string | undefined;
  readonly origin: PlanOrigin;
  /** Another one after each change of its class, options, group or label. */
  readonly revision: string;
  readonly state: SupervisedState;
  /** Since when it is in that state. Milliseconds since 1970. */
  readonly since: number;
  /** `gateway`, or the name of its group. */
  readonly process: string;
  readonly pid: number | undefined;
  readonly restarts: number;
  readonly lastError: unknown;
}

/** What a worker shall be, as a caller says it. */
export interface WorkerChange {
  readonly name: string;
  readonly className: string;
  readonly config: JsonObject;
  readonly group?: string;
}

/** What is wrong with a configuration, one entry per fault. */
export interface ConfigProblem {
  /** `transport_name`, `rules[2].app`; empty for the whole. */
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
  readonly got?: string;
}

/** Where the value of an option of a worker comes from. */
export interface OptionOrigin {
  readonly option: string;
  /** `runtime`: it was given or changed while the gateway ran. */
  readonly from: "file" | "runtime";
  /** Undefined where there is none, or it is not known. */
  readonly file: string | undefined;
  readonly line: number | undefined;
}

/** What happened to which workers. */
export interface WorkersChanged {
  readonly operation: "create" | "update" | "delete";
  readonly names: readonly string[];
}

/** What does not change while the gateway runs. */
export interface GatewayIdentity {
  readonly name: string;
  readonly environment: string;
  readonly version: string;
  /** Another one after each start. */
  readonly bootId: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** What it stands on, without secrets: `embedded`, `amqp`; `sqlite`, `postgresql`; `memory`, `redis`. */
  readonly drivers: { readonly bus: string; readonly datastore: string; readonly keyvalue: string };
  /** What is kept where: `data`, `bus`, … → absolute path. */
  readonly folders: Readonly<Record<string, string>>;
  /** What listens where: `control`, `console`, … → port. Known once the server has started. */
  readonly ports: () => Promise<Readonly<Record<string, number>>>;
}

/** The running gateway. Changes resolve when they are done and reject with what went wrong; nothing is half done then. */
export interface GatewayView {
  readonly identity: GatewayIdentity;
  readonly bus: Bus;
  /** Undefined when the message store is switched off. */
  readonly store: MessageStore | undefined;
  /** Ask what it stands on whether it works. */
  readonly probes: readonly Probe[];
  readonly logs: LogBook;
  readonly observer: GatewayObserver;
  readonly classes: ClassRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;

  /** In the order of the file, then those added since. */
  workers(): readonly WorkerView[];
  /** Calls `listener` after each change of a worker's state, plan or error. Returns its remover. */
  onWorkersChanged(listener: (change: WorkersChanged) => void): () => void;

  create(change: WorkerChange): Promise<void>;
  /** Leaves out what stays: an absent `className` or `group` keeps the present one. @throws {GatewayError} WORKER_CHANGED for another `revision`. */
  update(change: Pick<WorkerChange, "name" | "config"> & Partial<WorkerChange>, revision?: string): Promise<void>;
  /** @throws {GatewayError} WORKER_CHANGED for another `revision`. */
  remove(name: string, revision?: string): Promise<void>;
  start(name: string): Promise<void>;
  stop(name: string): Promise<void>;
  restart(name: string): Promise<void>;
  pause(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  /** Where each option that a worker was given comes from. @throws {GatewayError} WORKER_UNKNOWN. */
  originsOf(name: string): readonly OptionOrigin[];
  /** What is wrong with a configuration, without starting anything; empty when nothing is. */
  validate(change: WorkerChange): Promise<readonly ConfigProblem[]>;
  /** The present configuration, run-time changes included, as text of the configuration file. Secrets in clear only if `secrets`. */
  exportConfig(options?: { readonly secrets?: boolean }): Promise<string>;
  /** What of the workers is other than in the configuration file, and what writing it would do. */
  fileChanges(): Promise<FileChanges>;
  /** Writes the file; `revision`: only if the changes are those. @throws {GatewayError} GATEWAY_FILE_CHANGED, GATEWAY_FILE_READ_ONLY, GATEWAY_FILE_PARTS. */
  writeConfig(revision?: string): Promise<FileChanges>;
}
