// The tasks of the past and the present in the collection `tasks` of the log store.
//
// Writes of one turn share a commit, as the datastore does it; a task that changes while its last change is still waiting to be written is written
// once. Failed writes of known tasks are tried again until they succeed, since an end that is not recorded is none.

import type { Clock, Logger, Timer } from "@switchboard/core";
import { errno, type QueryFilter, type QueryParams } from "@switchboard/protocol";
import type { Datastore, QueryHooks, StoredObject } from "../datastore/index.ts";
import { Heap } from "./heap.ts";
import type { LiveTask } from "./live-task.ts";
import { finalStates, liveStates } from "./states.ts";

/** How long records are kept. */
export interface TaskRetention {
  /** Ended tasks are forgotten after so many milliseconds. */
  readonly maxAgeMs: number;
  /** Of ended tasks so many are kept, the newest. */
  readonly maxRecords: number;
}

/** What a history is given. */
export interface HistoryOptions {
  readonly datastore: Datastore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retention: TaskRetention;
}

interface Write {
  readonly task: LiveTask;
  readonly done: Promise<void>;
  readonly resolve: () => void;
}

const collection = "tasks";
/** Enough for the datastore to fill a commit, few enough not to fill its queue. */
const maxWrites = 400;
const retryMs = 1_000;
const sweepEveryMs = 600_000;
const recoverAtOnce = 500;

/** Records of tasks. */
export class TaskHistory {
  readonly #datastore: Datastore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #retention: TaskRetention;
  #lastId = 0;
  /** Changed tasks, by number. */
  readonly #dirty = new Map<number, Write>();
  readonly #order = new Heap<Write>();
  #sequence = 0;
  readonly #writing = new Set<number>();
  readonly #timers = new Set<Timer>();
  #inserts = 0;
  readonly #insertQueue = new Heap<() => void>();
  #isClosed = false;

  private constructor({ datastore, clock, logger, retention }: HistoryOptions) {
    this.#datastore = datastore;
    this.#clock = clock;
    this.#logger = logger;
    this.#retention = retention;
  }

  /** Opens the history, and marks what a crash has left unfinished as FAILED, code EINTR. */
  static async open(options: HistoryOptions): Promise<TaskHistory> {
    await options.datastore.requireCollection(collection, "serial", { type: "log", indexes: ["state", "finished_at"] });
    const history = new TaskHistory(options);
    const [last] = (await options.datastore.query(collection, null, {
      sort: "-id",
      limit: 1,
      select: "id",
    })) as number[];
    history.#lastId = last ?? 0;
    await history.#recover();
    await history.#sweep();
    history.#sweepLater();
    return history;
  }

  /** The number of the next task. */
  newId(): number {
    return ++this.#lastId;
  }

  /** Records a new task; resolves when that is safe. */
  async add(task: LiveTask): Promise<void> {
    if (this.#inserts >= maxWrites) {
      await new Promise<void>((resolve) => this.#insertQueue.add(task.id, resolve));
    }
    this.#inserts++;
    try {
      await this.#datastore.insert(collection, { ...task.toRecord(), id: task.id });
    } finally {
      this.#inserts--;
      this.#insertQueue.take()?.();
    }
  }

  /** Records what has become of a task; resolves when that is safe. Does not resolve before that, unless the history is closed. */
  save(task: LiveTask): Promise<void> {
    const waiting = this.#dirty.get(task.id);
    if (waiting !== undefined) return waiting.done;
    let resolve: () => void = nothing;
    const done = new Promise<void>((settle) => (resolve = settle));
    const write = { task, done, resolve };
    this.#dirty.set(task.id, write);
    this.#enqueue(write);
    return done;
  }

  /** Resolves when everything that was saved before is safe. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#dirty.values(), ({ done }) => done));
    await Promise.all(this.#written.values());
  }

  /** The record of a task, or null. */
  get(id: unknown): Promise<StoredObject | null> {
    return this.#datastore.getById(collection, id);
  }

  /** Answers a query over all records; see `Datastore.query`. */
  query(filter: QueryFilter, params: (QueryParams & QueryHooks) | null): Promise<unknown> {
    return this.#datastore.query(collection, filter, params);
  }

  /** The results of a query one by one. */
  stream(filter: QueryFilter, params: (QueryParams & QueryHooks) | null): AsyncIterable<unknown> {
    return this.#datastore.queryStream(collection, filter, params);
  }

  /** Writes what is left and stops. The datastore stays its owner's to close. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.flush();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  readonly #written = new Map<number, Promise<void>>();

  #enqueue(write: Write): void {
    this.#order.add(this.#sequence++, write);
    this.#drain();
  }

  #drain(): void {
    while (this.#writing.size < maxWrites) {
      const write = this.#order.take();
      if (write === undefined) return;
      const { id } = write.task;
      // The write before is not done; it takes care of this one.
      if (this.#writing.has(id)) continue;
      this.#dirty.delete(id);
      this.#writing.add(id);
      this.#written.set(id, this.#write(write));
    }
  }

  async #write(write: Write): Promise<void> {
    const { task, resolve } = write;
    let isSafe = true;
    try {
      await this.#datastore.update(collection, task.id, task.toRecord());
    } catch (error) {
      isSafe = this.#isClosed;
      this.#logger.error({ task: task.id, error }, "the state of a task could not be recorded");
    }
    this.#writing.delete(task.id);
    this.#written.delete(task.id);
    const next = this.#dirty.get(task.id);
    if (isSafe) {
      resolve();
      if (next !== undefined) this.#order.add(this.#sequence++, next);
    } else this.#later(retryMs, () => this.#again(write));
    this.#drain();
  }

  #again(write: Write): void {
    const next = this.#dirty.get(write.task.id);
    if (next === undefined) {
      this.#dirty.set(write.task.id, write);
      this.#enqueue(write);
      return;
    }
    void next.done.then(write.resolve);
    this.#enqueue(next);
  }

  async #recover(): Promise<void> {
    for (;;) {
      const filter: QueryFilter = [["state", "in", liveStates]];
      const found = await this.#datastore.query(collection, filter, { limit: recoverAtOnce });
      if (found.length === 0) return;
      await Promise.all(found.map((record) => this.#interrupt(record)));
      this.#logger.warn({ tasks: found.length }, "tasks were not finished when the server ended; they have failed");
    }
  }

  async #interrupt(record: StoredObject): Promise<void> {
    const hasRun = record["started_at"] !== null;
    const message = `the server ended ${hasRun ? "while the task ran" : "before the task ran"}`;
    const error = { type: "TaskException", message, code: errno.EINTR, stacktrace: [] };
    const finished_at = new Date(this.#clock.now());
    await this.#datastore.update(collection, record.id, { ...record, state: "FAILED", finished_at, error });
  }

  #sweepLater(): void {
    this.#later(sweepEveryMs, () => {
      void this.#sweep()
        .catch((error: unknown) => this.#logger.warn({ error }, "old tasks could not be removed"))
        .finally(() => this.#sweepLater());
    });
  }

  async #sweep(): Promise<void> {
    const { maxAgeMs, maxRecords } = this.#retention;
    await this.#datastore.deleteWhere(collection, [["finished_at", "<", new Date(this.#clock.now() - maxAgeMs)]]);
    const ended: QueryFilter = [["state", "in", finalStates]];
    const params = { sort: "-id", offset: maxRecords, limit: 1, select: "id" } as const;
    const [newest] = (await this.#datastore.query(collection, ended, params)) as number[];
    if (newest !== undefined) await this.#datastore.deleteWhere(collection, [...ended, ["id", "<=", newest]]);
  }

  #later(delayMs: number, work: () => void): void {
    if (this.#isClosed) return;
    const timer = this.#clock.setTimer(() => {
      this.#timers.delete(timer);
      work();
    }, delayMs);
    this.#timers.add(timer);
  }
}

function nothing(): void {}
