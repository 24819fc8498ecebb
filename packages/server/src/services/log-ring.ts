// The latest lines of the log, in memory, for the service `syslog`.

import type { Events } from "../events/index.ts";
import { logLevels } from "./log-levels.ts";

/** A line of the log, as it is asked for. */
export interface LogEntry {
  readonly id: number;
  readonly timestamp: Date;
  readonly level: string;
  readonly message: string;
  /** What the line says besides. */
  readonly fields: Readonly<Record<string, unknown>>;
}

// Pino writes numbers: 10, 20 and so on.
const levelNames = Object.keys(logLevels);

/** Keeps the latest lines. It is a stream that a pino logger writes to. */
export class LogRing {
  readonly #maxEntries: number;
  #entries: LogEntry[] = [];
  #lastId = 0;
  #added: ((ids: readonly number[]) => void) | undefined;
  #toTell: number[] = [];

  /** `maxEntries`: how many lines are kept, default 1,000. */
  constructor({ maxEntries = 1_000 }: { readonly maxEntries?: number } = {}) {
    this.#maxEntries = maxEntries;
  }

  /** Takes one line of JSON as pino writes it. Never throws. */
  write(line: string): void {
    try {
      const {
        level,
        time,
        msg,
        pid: _pid,
        hostname: _hostname,
        ...fields
      } = JSON.parse(line) as Record<string, unknown>;
      this.#add({
        id: ++this.#lastId,
        timestamp: new Date(Number(time)),
        level: levelNames[Number(level) / 10 - 1] ?? String(level),
        message: typeof msg === "string" ? msg : "",
        fields,
      });
    } catch {
      // A line that is no JSON does not come from the logger.
    }
  }

  /** The lines, oldest first. */
  entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** Makes the event type `syslog.changed`, whose events tell of new lines while somebody listens. Returns how to end that. */
  announceIn(events: Events): () => void {
    const enable = (): void => {
      this.#added = (ids) => void events.emit("syslog.changed", { operation: "create", ids, nolog: true });
    };
    const disable = (): void => {
      this.#added = undefined;
    };
    const options = { description: "New lines of the log", roles: ["admin"], demand: { enable, disable } };
    return events.registerType("syslog.changed", options);
  }

  #add(entry: LogEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > this.#maxEntries * 1.1) this.#entries = this.#entries.slice(-this.#maxEntries);
    if (this.#added === undefined) return;
    if (this.#toTell.push(entry.id) > 1) return;
    // One event for all lines of this turn.
    setImmediate(() => this.#added?.(this.#toTell.splice(0)));
  }
}
