// Brings what workers did into the message store, in groups, behind their backs: nobody waits for it, and when the store cannot keep up,
// entries are dropped and counted rather than heaped up.

import type { Clock, Logger, Timer } from "@switchboard/core";
import type { MessageStore, TrailEntry } from "@switchboard/messaging/store";

/** How entries are recorded. */
export interface TrailRecorderOptions {
  readonly store: Pick<MessageStore, "addTrail">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long entries gather, milliseconds, default 500. Steps of one message that are written together share a row. */
  readonly gatherMs?: number;
  /** How many entries may wait, default 50_000; further ones are dropped. */
  readonly maxWaiting?: number;
}

const largestGroup = 20_000;

/** Records entries. */
export class TrailRecorder {
  readonly #options: Required<TrailRecorderOptions>;
  #waiting: TrailEntry[] = [];
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #dropped = 0;
  #isClosed = false;

  constructor(options: TrailRecorderOptions) {
    this.#options = { gatherMs: 500, maxWaiting: 50_000, ...options };
  }

  /** How many entries were dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes an entry; it is safe some time later. */
  add(entry: TrailEntry): void {
    const { maxWaiting, logger } = this.#options;
    if (this.#isClosed) return;
    if (this.#waiting.length >= maxWaiting) {
      if (this.#dropped % maxWaiting === 0) {
        logger.warn({ waiting: maxWaiting }, "the message store cannot keep up; steps of trails are dropped");
      }
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(entry);
    if (this.#waiting.length >= largestGroup) this.#start();
    else this.#gather();
  }

  /** Writes what waits; resolves when it is safe or lost. */
  async flush(): Promise<void> {
    await this.#writing;
    this.#start();
    await this.#writing;
  }

  /** Writes what waits, and takes no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.flush();
  }

  // What comes while others are being written gathers just as long: whatever is written at once is a row of its own.
  #gather(): void {
    if (this.#writing !== undefined) return;
    this.#timer ??= this.#options.clock.setTimer(() => this.#start(), this.#options.gatherMs);
  }

  #start(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#waiting.length > 0) this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    const group = this.#waiting;
    this.#waiting = [];
    try {
      await this.#options.store.addTrail(group);
    } catch (error) {
      this.#dropped += group.length;
      this.#options.logger.error({ err: error, steps: group.length }, "steps of trails could not be stored");
    }
    this.#writing = undefined;
    if (this.#waiting.length > 0) this.#gather();
  }
}
