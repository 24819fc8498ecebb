// Failures that wait to be tried again, in a key-value store, under the keys of Vumi's failure worker. Unlike that one it forgets what has
// been sent again.

import type { Clock } from "@switchboard/core";
import type { KeyValue } from "@switchboard/storage";
import { bucketAfter, isoSecond } from "../components/time-buckets.ts";

/** How a store works. */
export interface FailureStoreOptions {
  /** Times are rounded up to multiples of this, milliseconds. */
  readonly granularityMs: number;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** A message that waits. */
export interface WaitingFailure {
  readonly key: string;
  /** The outbound message, as JSON. */
  readonly message: string;
}

const keysKey = "failure_keys";
const timestampsKey = "retry_timestamps";

/** The waiting failures of one transport; its key-value store is under `failures:<transport_name>`. */
export class FailureStore {
  readonly #keyValue: KeyValue;
  readonly #options: FailureStoreOptions;

  constructor(keyValue: KeyValue, options: FailureStoreOptions) {
    this.#keyValue = keyValue;
    this.#options = options;
  }

  /** Stores a message that is to be sent again after `delaySeconds`. Returns its key. */
  async add(message: string, reason: string, delaySeconds: number): Promise<string> {
    const { clock, granularityMs, newId } = this.#options;
    const now = clock.now();
    const dueMs = bucketAfter(now + delaySeconds * 1_000, granularityMs);
    const key = `failure.${isoSecond(now)}.${newId()}`;
    await this.#keyValue.atomic(async (group) => {
      group.hset(key, { message, reason, retry_delay: String(delaySeconds) });
      group.sadd(keysKey, key);
      group.sadd(bucketKey(isoSecond(dueMs)), key);
      group.zadd(timestampsKey, dueMs / 1_000, isoSecond(dueMs));
    });
    return key;
  }

  /** How many wait. */
  size(): Promise<number> {
    return this.#keyValue.scard(keysKey);
  }

  /** What is due, earliest bucket first. Nothing is taken out: `remove` it once it has been sent. */
  async *due(): AsyncIterableIterator<WaitingFailure> {
    const buckets = await this.#keyValue.zrangebyscore(timestampsKey, -Infinity, this.#options.clock.now() / 1_000);
    for (const { member: bucket } of buckets) {
      for (const key of (await this.#keyValue.smembers(bucketKey(bucket))).toSorted()) {
        const message = await this.#keyValue.hget(key, "message");
        if (message === undefined) await this.#forget(bucket, key);
        else {
          yield { key, message };
          await this.#forget(bucket, key);
        }
      }
      await this.#forgetEmpty(bucket);
    }
  }

  async #forget(bucket: string, key: string): Promise<void> {
    await this.#keyValue.atomic(async (group) => {
      group.delete(key);
      group.srem(keysKey, key);
      group.srem(bucketKey(bucket), key);
    });
  }

  async #forgetEmpty(bucket: string): Promise<void> {
    await this.#keyValue.atomic(async (group) => {
      if ((await group.scard(bucketKey(bucket))) === 0) group.zrem(timestampsKey, bucket);
    });
  }
}

function bucketKey(bucket: string): string {
  return `retry_keys.${bucket}`;
}
