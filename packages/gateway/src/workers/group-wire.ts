// What the gateway and the process of a group say to each other.

import { ConfigSource } from "@switchboard/messaging/config";
import type { KeyValueOptions, SqlOptions } from "@switchboard/storage";
import type { BusChoice } from "../run-worker.ts";
import type { GatewayWorkerPlan } from "./plan.ts";

/** The listener in the process of a group. */
export const groupId = "group";

/** The listener in the gateway: tells a new process its settings, hears when it is ready, and then what its workers do. */
export const gatewayId = "gateway";

/** What a process is told first. */
export interface GroupSettings {
  readonly group: string;
  readonly bus: BusChoice;
  /** The listener that lends the gateway's bus, for a bus that only one process can have open. */
  readonly busId: string;
  readonly keyValue: KeyValueOptions;
  /** Where the message store is; null when there is none. */
  readonly store: SqlOptions | null;
}

/** How a process is. */
export interface GroupReport {
  readonly memoryBytes: number;
}

/** A plan as plain data. Where its options stand is left behind: the gateway has checked them. */
export interface PlainPlan {
  readonly name: string;
  readonly className: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly folder: string | null;
}

/** A plan as it travels. */
export function toPlainPlan({ name, className, source }: GatewayWorkerPlan): PlainPlan {
  return { name, className, values: source.values, folder: source.folder ?? null };
}

/** What arrived, as a plan. */
export function fromPlainPlan(group: string, { name, className, values, folder }: PlainPlan): GatewayWorkerPlan {
  const source = new ConfigSource(values, folder === null ? {} : { folder });
  return { name, className, source, group, label: undefined, enabled: true, origin: "runtime" };
}
