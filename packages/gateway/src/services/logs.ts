// Service `logs`: what workers and the gateway have logged lately, live, with levels that can be changed while they run.

import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import {
  type LevelView,
  type LogBook,
  type LogFilter,
  type LogLevel,
  logLevels,
  type LogRecord,
} from "../observe/log-book.ts";
import { date, doNothing, noSuch, operators, throttled } from "./common.ts";
import type { GatewayView } from "./gateway-view.ts";
import { objectArgument, textArgument } from "./schemas.ts";

const level = { enum: [...logLevels, null] };
const filterProperties = {
  worker: { type: ["string", "null"] },
  level,
  text: { type: ["string", "null"] },
};

interface LogOptions {
  readonly worker?: string | null;
  readonly level?: LogLevel | null;
  readonly text?: string | null;
  readonly limit?: number;
  readonly before?: number | null;
}

/** Shows logs. */
export function logsPlugin(view: GatewayView): Plugin {
  const { logs, clock } = view;
  let stopWatching = doNothing;
  return definePlugin({
    name: "logs",
    events: { "logs.changed": { description: "New records were logged, or a level was changed." } },
    services: {
      logs: {
        description: "The latest records of the log, kept in memory.",
        methods: {
          query: {
            description: "Records, newest first.",
            accepts: [
              objectArgument("options", {
                ...filterProperties,
                limit: { type: "integer", minimum: 1, maximum: 5_000 },
                before: { type: ["integer", "null"] },
              }),
            ],
            handler: (options: LogOptions = {}) => {
              checkWriter(view, options.worker);
              return logs.query(filterOf(options), options.limit ?? 200).map(recordView);
            },
          },
          tail: {
            description: "Records as they come, in batches, with the number of those left out.",
            generator: true,
            accepts: [objectArgument("options", filterProperties)],
            handler: (options: LogOptions = {}) => {
              checkWriter(view, options.worker);
              return tailLogs(logs, { clock, filter: filterOf(options) });
            },
          },
          get_levels: {
            description: "The level of each worker that differs from the configured one, and until when.",
            accepts: [],
            handler: () => logs.levels().map(levelView),
          },
          set_level: {
            description: "Sets a worker's level, for some milliseconds or for good; null puts it back.",
            roles: operators,
            accepts: [
              textArgument("worker"),
              { ...level, title: "level" },
              { title: "for_ms", type: ["integer", "null"], minimum: 1_000, default: 3_600_000 },
            ],
            handler: (worker: string, wanted: LogLevel | null, forMs?: number | null) => {
              checkWriter(view, worker);
              logs.setLevel(worker, wanted ?? undefined, forMs === null ? undefined : (forMs ?? 3_600_000));
            },
          },
        },
      },
    },
    start: (context) => {
      const later = throttled(view, 1_000, () => void context.emitEvent("logs.changed", {}));
      const remove = logs.onRecord({}, () => later.ask());
      stopWatching = () => {
        remove();
        later.cancel();
      };
    },
    stop: () => stopWatching(),
  });
}

/** Does nothing for the name of a worker, or of anybody else who has written into the log, such as a worker that was removed. @throws {RpcError} ENOENT. */
function checkWriter(view: GatewayView, name: string | null | undefined): void {
  if (name === undefined || name === null) return;
  const workers = view.workers().map((worker) => worker.name);
  if (workers.includes(name)) return;
  const writers = view.logs.writers();
  if (!writers.has(name)) throw noSuch("worker", name, [...workers, ...writers]);
}

function filterOf({ worker, level: wanted, text, before }: LogOptions): LogFilter {
  return {
    ...(worker !== undefined && worker !== null && { worker }),
    ...(wanted !== undefined && wanted !== null && { level: wanted }),
    ...(text !== undefined && text !== null && text !== "" && { text }),
    ...(before !== undefined && before !== null && { before }),
  };
}

function levelView({ until, ...level }: LevelView): object {
  return { ...level, until: date(until) };
}

function recordView({ at, ...record }: LogRecord): object {
  return { ...record, at: date(at) };
}

const maxWaiting = 1_000;
const everyMs = 250;

async function* tailLogs(
  logs: LogBook,
  { clock, filter }: { readonly clock: GatewayView["clock"]; readonly filter: LogFilter },
): AsyncGenerator<object, void, undefined> {
  let waiting: LogRecord[] = [];
  let skipped = 0;
  const remove = logs.onRecord(filter, (record) => {
    waiting.push(record);
    if (waiting.length <= maxWaiting) return;
    waiting.shift();
    skipped += 1;
  });
  try {
    for (;;) {
      await new Promise<void>((resolve) => void clock.setTimer(resolve, everyMs));
      if (waiting.length === 0) continue;
      const batch = { rows: waiting.map(recordView), skipped };
      waiting = [];
      skipped = 0;
      yield batch;
    }
  } finally {
    remove();
  }
}
