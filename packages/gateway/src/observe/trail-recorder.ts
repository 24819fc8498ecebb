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

/** So many are handed over at a time: what is kept for long is moved about with each collection of garbage. */
const handful = 256;

/** Records entries. */
export class TrailRecorder {
  readonly #options: Required<TrailRecorderOptions>;
  #waiting: TrailEntry[] = [];
  #writtenAt = Number.NEGATIVE_INFINITY;
  /** What comes next is to be written at once. */
  #isUrgent = false;
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
    if (this.#waiting.length >= handful) this.#start();
    else this.#gather();
  }

  /** Writes all that was added; resolves when it is safe or lost. */
  async flush(): Promise<void> {
    this.#isUrgent = true;
    await this.#writing;
    this.#start();
    await this.#writing;
  }

  /** Writes all that was added, and takes no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.flush();
    this.#timer?.cancel();
  }

  #gather(): void {
    this.#timer ??= this.#options.clock.setTimer(() => {
      this.#timer = undefined;
      this.#start();
    }, this.#options.gatherMs);
  }

  #start(): void {
    this.#writing ??= this.#write();
  }

  /** True when it is time to write; until then entries gather in the store, which needs fewer transactions and rows the more come together. */
  #isDue(): boolean {
    const { clock, gatherMs } = this.#options;
    const now = clock.now();
    if (!this.#isUrgent && now - this.#writtenAt < gatherMs / 4) return false;
    this.#writtenAt = now;
    this.#isUrgent = false;
    return true;
  }

  async #write(): Promise<void> {
    const { store, logger } = this.#options;
    const group = this.#waiting;
    this.#waiting = [];
    const mayWait = !this.#isDue();
    try {
      await store.addTrail(group, { mayWait });
    } catch (error) {
      this.#dropped += group.length;
      logger.error({ err: error, steps: group.length }, "steps of trails could not be stored");
    }
    this.#writing = undefined;
    if (this.#waiting.length >= handful) this.#start();
    else if (this.#waiting.length > 0 || mayWait) this.#gather();
  }
}
