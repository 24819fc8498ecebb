// What the gateway's parts have logged lately: a ring of records in memory for the console, levels that can be changed per worker while it
// runs, and the loggers that feed it. Where the lines go besides (pino, a file) is the business of the logger it is given.

import type { Clock, Logger, Timer } from "@switchboard/core";
import { redact } from "./redact.ts";

/** How loud a record is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** The levels, quietest first. */
export const logLevels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** One line. */
export interface LogRecord {
  /** Rises by one with each record since the start. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: LogLevel;
  /** The worker that wrote it, or a part of the gateway: `gateway`, `bus`. */
  readonly worker: string;
  readonly message: string;
  /** The rest, secrets masked, as JSON can have it. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What is wanted of the log. Everything given must hold. */
export interface LogFilter {
  readonly worker?: string;
  /** This level and above. */
  readonly level?: LogLevel;
  /** Part of the sentence or of a field; case does not matter. */
  readonly text?: string;
  /** Only records older than the one of this id. */
  readonly before?: number;
}

/** What a level is now, and until when. */
export interface LevelView {
  readonly worker: string;
  readonly level: LogLevel;
  /** When it goes back to what was configured. Milliseconds since 1970; undefined: it stays. */
  readonly until: number | undefined;
}

/** How a log book is made. */
export interface LogBookOptions {
  readonly clock: Clock;
  /** Gets every record that its worker's level lets through, with `worker` among the fields. */
  readonly output: Logger;
  /** How many records are kept, default 5_000. */
  readonly maxRecords?: number;
  /** Default `info`. */
  readonly level?: LogLevel;
}

interface OwnLevel {
  readonly level: LogLevel;
  readonly until: number | undefined;
  readonly timer: Timer | undefined;
}

/** The log of one gateway. */
export class LogBook {
  readonly #options: Required<LogBookOptions>;
  readonly #ring: LogRecord[] = [];
  readonly #levels = new Map<string, OwnLevel>();
  readonly #listeners = new Set<(record: LogRecord) => void>();
  #nextId = 1;

  constructor(options: LogBookOptions) {
    this.#options = { maxRecords: 5_000, level: "info", ...options };
  }

  /** Returns the logger of a worker: what it writes is kept, masked, and passed on if the worker's level lets it through. */
  loggerOf(worker: string): Logger {
    const write =
      (level: LogLevel) =>
      (fields: object, message: string): void =>
        this.#write(worker, level, { fields, message });
    return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  }

  /** Keeps and tells a record that was let through and written elsewhere, such as in another process. Its fields are masked here. */
  add(record: Omit<LogRecord, "id">): void {
    const kept: LogRecord = { ...record, id: this.#nextId++, fields: redact(record.fields) };
    const { maxRecords } = this.#options;
    this.#ring[kept.id % maxRecords] = kept;
    for (const listener of this.#listeners) listener(kept);
  }

  /** The newest records that `filter` lets through, newest first. */
  query(filter: LogFilter = {}, limit = 200): LogRecord[] {
    const wanted = matcher(filter);
    const found: LogRecord[] = [];
    const newest = this.#nextId - 1;
    const oldest = Math.max(1, newest - this.#options.maxRecords + 1);
    for (let id = newest; id >= oldest && found.length < limit; id--) {
      const record = this.#ring[id % this.#options.maxRecords];
      if (record !== undefined && wanted(record)) found.push(record);
    }
    return found;
  }

  /** Who has written any of the records that are kept. */
  writers(): ReadonlySet<string> {
    return new Set(this.#ring.flatMap((record) => record.worker));
  }

  /** Calls `listener` with each record from now on that `filter` lets through. Returns its remover. */
  onRecord(filter: LogFilter, listener: (record: LogRecord) => void): () => void {
    const wanted = matcher(filter);
    const filtered = (record: LogRecord): void => {
      if (wanted(record)) listener(record);
    };
    this.#listeners.add(filtered);
    return () => this.#listeners.delete(filtered);
  }

  /** The level of a worker. */
  levelOf(worker: string): LogLevel {
    return this.#levels.get(worker)?.level ?? this.#options.level;
  }

  /** What was set and still holds. */
  levels(): LevelView[] {
    return [...this.#levels].map(([worker, { level, until }]) => ({ worker, level, until }));
  }

  /** Sets the level of a worker, for `forMs` milliseconds or for good; undefined puts it back to what was configured. */
  setLevel(worker: string, level: LogLevel | undefined, forMs?: number): void {
    this.#levels.get(worker)?.timer?.cancel();
    this.#levels.delete(worker);
    if (level === undefined) return;
    const { clock } = this.#options;
    const timer = forMs === undefined ? undefined : clock.setTimer(() => this.#levels.delete(worker), forMs);
    this.#levels.set(worker, { level, until: forMs === undefined ? undefined : clock.now() + forMs, timer });
  }

  /** Forgets what was set for a while, so that no timer keeps the process. */
  close(): void {
    for (const { timer } of this.#levels.values()) timer?.cancel();
    this.#levels.clear();
    this.#listeners.clear();
  }

  #write(worker: string, level: LogLevel, line: { readonly fields: object; readonly message: string }): void {
    if (logLevels.indexOf(level) < logLevels.indexOf(this.levelOf(worker))) return;
    const fields = redact(line.fields);
    this.#options.output[level]({ ...fields, worker }, line.message);
    this.add({ at: this.#options.clock.now(), level, worker, message: line.message, fields });
  }
}

function matcher({ worker, level, text, before }: LogFilter): (record: LogRecord) => boolean {
  const least = level === undefined ? 0 : logLevels.indexOf(level);
  const needle = text?.toLowerCase();
  return (record) =>
    (worker === undefined || record.worker === worker) &&
    logLevels.indexOf(record.level) >= least &&
    (before === undefined || record.id < before) &&
    (needle === undefined || `${record.message} ${JSON.stringify(record.fields)}`.toLowerCase().includes(needle));
}
