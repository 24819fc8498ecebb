// When work on the database may begin, and whether it is begun again: not after the end, writes not while a backup is made, again for a while when the
// connection is lost.

import type { Clock, Logger } from "@switchboard/core";
import { StorageError } from "@switchboard/storage";
import { ServerError } from "../errors.ts";

/** After that the caller is told. */
const patienceMs = 10_000;
const delayMs = 1_000;

type Work<Result> = () => Promise<Result>;

/** The way of one datastore to its database. All work rejects with DATASTORE_CLOSED after the end. */
export class Access {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #writing = new Set<Promise<unknown>>();
  #waiting: (() => void)[] = [];
  #isLocked = false;
  #isClosed = false;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Runs `work` once. */
  async once<Result>(work: Work<Result>): Promise<Result> {
    if (this.#isClosed) throw new ServerError("DATASTORE_CLOSED", "the datastore is closed");
    return work();
  }

  /** Runs `work`, and again every second as long as it fails because the connection was lost: until ten seconds after it first began. */
  async run<Result>(work: Work<Result>): Promise<Result> {
    const deadline = this.#clock.now() + patienceMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(work);
      } catch (error) {
        const isLost = error instanceof StorageError && error.code === "STORAGE_CONNECTION_LOST";
        if (!isLost || this.#clock.now() + delayMs > deadline) throw error;
        this.#logger.warn({ attempt, reason: error.message }, "the connection to the database is lost, trying again");
        await new Promise<void>((resolve) => this.#clock.setTimer(resolve, delayMs));
      }
    }
  }

  /** {@link run}, for a write. */
  write<Result>(work: Work<Result>): Promise<Result> {
    return this.whenUnlocked(() => this.run(work));
  }

  /** Begins a write when nothing is locked. */
  async whenUnlocked<Result>(write: Work<Result>): Promise<Result> {
    while (this.#isLocked) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const running = write();
    this.#writing.add(running);
    try {
      return await running;
    } finally {
      this.#writing.delete(running);
    }
  }

  /** Makes writes wait, and resolves when those under way are done. */
  async lock(): Promise<void> {
    this.#isLocked = true;
    await Promise.allSettled(this.#writing);
  }

  /** Lets writes go on. */
  unlock(): void {
    this.#isLocked = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The end. */
  close(): void {
    this.#isClosed = true;
  }
}
