// Delivers payloads later. Keys are those of Vumi's message scheduler; unlike it, this one delivers everything that is due, also what fell
// due while nobody ran, and forgets a payload only once it has been delivered.

import { type Clock, type Logger, silentLogger, systemClock } from "@switchboard/core";
import type { KeyValue } from "@switchboard/storage";
import { newMessageId } from "../message/envelope.ts";
import type { JsonValue } from "../message/json.ts";
import { ComponentError } from "./errors.ts";
import { Repeat } from "./repeat.ts";
import { parseStored } from "./stored-json.ts";
import { bucketAfter, isoSecond } from "./time-buckets.ts";

/** How a scheduler works. */
export interface MessageSchedulerOptions {
  /** Delivery times are rounded up to multiples of this, milliseconds, default 5_000. */
  readonly granularityMs?: number;
  /** Pause between two looks for what is due, milliseconds, default 3_000. */
  readonly intervalMs?: number;
  /**
   * For how long a payload in delivery is left alone by other schedulers on the same store, milliseconds, default 60_000. When a scheduler
   * dies in the middle, the payload is delivered again after that.
   */
  readonly claimMs?: number;
  readonly clock?: Clock;
  readonly newId?: () => string;
  readonly logger?: Logger;
}

/** Delivers one payload. When it rejects, it is called again with the same payload later. */
export type Deliver = (payload: JsonValue) => Promise<void>;

/** Bucket times by the moment they stand for. */
const timestampsKey = "scheduler#scheduled_timestamps";
/** All scheduled keys. */
const allKey = "scheduler#scheduled_keys";

/** Payloads with a time, in a key-value store. Errors are those of the store where not said otherwise. */
export class MessageScheduler {
  readonly #keyValue: KeyValue;
  readonly #granularityMs: number;
  readonly #intervalMs: number;
  readonly #claimMs: number;
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #logger: Logger;
  #repeat: Repeat | undefined;

  constructor(keyValue: KeyValue, options: MessageSchedulerOptions = {}) {
    this.#keyValue = keyValue;
    this.#granularityMs = options.granularityMs ?? 5_000;
    this.#intervalMs = options.intervalMs ?? 3_000;
    this.#claimMs = options.claimMs ?? 60_000;
    this.#clock = options.clock ?? systemClock;
    this.#newId = options.newId ?? newMessageId;
    this.#logger = options.logger ?? silentLogger;
  }

  /** Has `payload` delivered `delayMs` from now, at the end of its bucket. Returns the key by which it can be cleared. */
  async schedule(delayMs: number, payload: JsonValue): Promise<string> {
    const now = this.#clock.now();
    const dueMs = bucketAfter(now + delayMs, this.#granularityMs);
    const bucket = isoSecond(dueMs);
    const key = `scheduler#scheduled.${bucket}.${this.#newId()}`;
    await this.#keyValue.atomic(async (group) => {
      group.hset(key, {
        payload: JSON.stringify(payload),
        scheduled_at: isoSecond(now),
        bucket_key: bucketKey(bucket),
      });
      group.sadd(bucketKey(bucket), key);
      group.sadd(allKey, key);
      group.zadd(timestampsKey, dueMs / 1_000, bucket);
    });
    return key;
  }

  /** Forgets a payload. Returns whether it was scheduled; one in delivery may arrive all the same. */
  async clear(key: string): Promise<boolean> {
    const bucket = bucketOf(key);
    return await this.#keyValue.atomic(async (group) => {
      const isScheduled = await group.sismember(allKey, key);
      const isInBucket = await group.sismember(bucketKey(bucket), key);
      if (isInBucket && (await group.scard(bucketKey(bucket))) === 1) group.zrem(timestampsKey, bucket);
      group.srem(bucketKey(bucket), key);
      group.srem(allKey, key);
      group.delete(key, claimKey(key));
      return isScheduled;
    });
  }

  /** Returns a scheduled payload; undefined when there is none. */
  async payload(key: string): Promise<JsonValue | undefined> {
    const stored = await this.#keyValue.hget(key, "payload");
    return stored === undefined ? undefined : parseStored(stored, key);
  }

  /**
   * Delivers what is due, now and from now on, bucket by bucket.
   *
   * @throws {ComponentError} COMPONENT_ALREADY_RUNNING.
   */
  start(deliver: Deliver): void {
    if (this.#repeat !== undefined)
      throw new ComponentError("COMPONENT_ALREADY_RUNNING", "the message scheduler runs already");
    this.#repeat = new Repeat(() => this.#deliverDue(deliver), {
      intervalMs: this.#intervalMs,
      clock: this.#clock,
      logger: this.#logger,
      what: "delivering scheduled messages",
      immediately: true,
    });
  }

  /** Resolves when no delivery is on the way any more. Idempotent; may be started again. */
  async stop(): Promise<void> {
    const repeat = this.#repeat;
    this.#repeat = undefined;
    await repeat?.stop();
  }

  async #deliverDue(deliver: Deliver): Promise<void> {
    const due = await this.#keyValue.zrangebyscore(timestampsKey, -Infinity, this.#clock.now() / 1_000);
    for (const { member: bucket } of due) {
      for (const key of (await this.#keyValue.smembers(bucketKey(bucket))).toSorted()) {
        if (this.#repeat === undefined) return;
        await this.#deliverOne(key, deliver);
      }
      await this.#forgetEmpty(bucket);
    }
  }

  async #deliverOne(key: string, deliver: Deliver): Promise<void> {
    if (!(await this.#keyValue.setnx(claimKey(key), "", { ttlMs: this.#claimMs }))) return;
    try {
      const payload = await this.payload(key);
      // Cleared since the bucket was read, or left behind by a peer that took it.
      if (payload !== undefined) await deliver(payload);
    } catch (error) {
      this.#logger.error({ key, err: error }, "a scheduled message could not be delivered; it is tried again");
      await this.#keyValue.delete(claimKey(key));
      return;
    }
    await this.clear(key);
  }

  /** Buckets end empty when a peer took their keys one by one. */
  async #forgetEmpty(bucket: string): Promise<void> {
    await this.#keyValue.atomic(async (group) => {
      if ((await group.scard(bucketKey(bucket))) === 0) group.zrem(timestampsKey, bucket);
    });
  }
}

function bucketKey(bucket: string): string {
  return `${allKey}.${bucket}`;
}

function bucketOf(key: string): string {
  return key.split(".")[1] ?? "";
}

function claimKey(key: string): string {
  return `${key}.claim`;
}
