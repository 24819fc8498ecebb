// The hosts of all groups: the gateway's own, and one for each group, made when it is first asked for.

import type { Clock, Logger } from "@switchboard/core";
import type { GatewayFile } from "../config/gateway-file.ts";
import type { Engines } from "../engines.ts";
import type { GatewayObserver } from "../observe/gateway-observer.ts";
import { GroupHost } from "./group-host.ts";
import type { WorkerHost } from "./host.ts";
import { LocalHost } from "./local-host.ts";
import type { SharedParts } from "./surroundings.ts";

/** What hosts are made of. */
export interface HostsOptions {
  readonly file: GatewayFile;
  /** What the workers of this process share. */
  readonly shared: SharedParts;
  readonly observer: GatewayObserver;
  /** How another process opens the same. */
  readonly engines: Pick<Engines, "busChoice" | "keyValueOptions" | "storeOptions">;
  readonly clock: Clock;
  readonly logger: Logger;
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
export function openHosts({ file, shared, engines, observer, clock, logger, onLog }: HostsOptions): Hosts {
  const local = new LocalHost(shared);
  const groups = new Map<string, GroupHost>();
  const maxMemory = file.config.supervisor["max-memory"];
  const maxLoopDelay = file.config.supervisor["max-loop-delay"];
  const hostOf = (group: string | undefined): WorkerHost => {
    if (group === undefined) return local;
    const known = groups.get(group);
    if (known !== undefined) return known;
    const made = new GroupHost(group, {
      bus: shared.bus,
      busChoice: engines.busChoice,
      keyValue: engines.keyValueOptions,
      store: engines.storeOptions,
      onObserved: (batch) => observer.receive(batch),
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
