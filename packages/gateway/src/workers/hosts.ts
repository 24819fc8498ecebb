// The hosts of all groups: the gateway's own, and one for each group, made when it is first asked for.

import type { Bus } from "@switchboard/bus";
import type { Clock, Logger } from "@switchboard/core";
import type { KeyValue, KeyValueOptions } from "@switchboard/storage";
import type { GatewayFile } from "../config/gateway-file.ts";
import type { BusChoice } from "../run-worker.ts";
import { GroupHost } from "./group-host.ts";
import type { WorkerHost } from "./host.ts";
import { LocalHost } from "./local-host.ts";

/** What hosts are made of. */
export interface HostsOptions {
  readonly file: GatewayFile;
  readonly bus: Bus;
  readonly busChoice: BusChoice;
  readonly keyValue: KeyValue;
  readonly keyValueOptions: KeyValueOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly loggerOf: (worker: string) => Logger;
  /** Gets each line that the process of a group logs. */
  readonly onLog: (group: string, line: string) => void;
}

/** Where workers run. */
export interface Hosts {
  /** The host of a group; undefined means the gateway's own process. */
  readonly of: (group: string | undefined) => WorkerHost;
  readonly close: () => Promise<void>;
}

const mebibyte = 1_048_576;

/** Makes the gateway's own host, and those of groups as they are needed. */
export function openHosts({ file, keyValueOptions, loggerOf, ...shared }: HostsOptions): Hosts {
  const { bus, busChoice, keyValue, clock, logger, onLog } = shared;
  const local = new LocalHost({ bus, keyValue, loggerOf });
  const groups = new Map<string, GroupHost>();
  const maxMemory = file.config.supervisor["max-memory"];
  const maxLoopDelay = file.config.supervisor["max-loop-delay"];
  const hostOf = (group: string | undefined): WorkerHost => {
    if (group === undefined) return local;
    const known = groups.get(group);
    if (known !== undefined) return known;
    const made = new GroupHost(group, {
      bus,
      busChoice,
      keyValue: keyValueOptions,
      clock,
      logger,
      onLog,
      check: (plan) => local.check(plan),
      ...(maxMemory !== null && { maxMemoryBytes: maxMemory * mebibyte }),
      ...(maxLoopDelay !== null && { maxLoopDelayMs: maxLoopDelay * 1_000 }),
    });
    groups.set(group, made);
    return made;
  };
  return {
    of: hostOf,
    close: async () => {
      await Promise.all([...groups.values()].map((group) => group.close()));
    },
  };
}
