// Flow control: per window, items wait in line, and only so many are in flight at a time. Keys are Vumi's, so that its workers and ours can
// share windows. What runs over windows by itself (clearing overdue flights, feeding a callback) is in window-monitor.ts.

import { type Clock, systemClock } from "@switchboard/core";
import { type AtomicGroup, type KeyValue, StorageError } from "@switchboard/storage";
import { newMessageId } from "../message/envelope.ts";
import type { JsonValue } from "../message/json.ts";
import { ComponentError } from "./errors.ts";
import { parseStored } from "./stored-json.ts";

/** The limits of windows, and where time and ids come from. */
export interface WindowManagerOptions {
  /** How many items of a window may be in flight, default 100. */
  readonly windowSize?: number;
  /** How long a flight may take before it no longer takes up room, milliseconds, default 1_000_000 (Vumi's 10 s × window size). */
  readonly flightLifetimeMs?: number;
  /** How long an overdue flight is remembered, so that a late answer finds it, milliseconds, default a week. */
  readonly forgetAfterMs?: number;
  readonly clock?: Clock;
  readonly newId?: () => string;
}

const weekMs = 604_800_000;
/** All windows by the time of their creation. */
const windowsKey = "windows";

/** Windows in a key-value store. Errors are those of the store where not said otherwise. */
export class WindowManager {
  readonly #keyValue: KeyValue;
  readonly #windowSize: number;
  readonly #flightLifetimeMs: number;
  readonly #forgetAfterMs: number;
  readonly #clock: Clock;
  readonly #newId: () => string;

  constructor(keyValue: KeyValue, options: WindowManagerOptions = {}) {
    this.#keyValue = keyValue;
    this.#windowSize = options.windowSize ?? 100;
    this.#flightLifetimeMs = options.flightLifetimeMs ?? 10_000 * this.#windowSize;
    this.#forgetAfterMs = options.forgetAfterMs ?? weekMs;
    this.#clock = options.clock ?? systemClock;
    this.#newId = options.newId ?? newMessageId;
  }

  /**
   * Creates a window; one that exists gets the present time.
   *
   * @throws {ComponentError} WINDOW_EXISTS when `strict` and it exists.
   */
  async createWindow(window: string, { strict = false }: { readonly strict?: boolean } = {}): Promise<void> {
    await this.#keyValue.atomic(async (group) => {
      if (strict && (await group.zscore(windowsKey, window)) !== undefined) {
        throw new ComponentError("WINDOW_EXISTS", `window ${window} exists`, { details: { window } });
      }
      group.zadd(windowsKey, this.#clock.now() / 1_000, window);
    });
  }

  async windowExists(window: string): Promise<boolean> {
    return (await this.#keyValue.zscore(windowsKey, window)) !== undefined;
  }

  /** The windows, oldest first. */
  async windows(): Promise<string[]> {
    return (await this.#keyValue.zrange(windowsKey, 0, -1)).map(({ member }) => member);
  }

  /**
   * Removes a window and what is known of its flights.
   *
   * @throws {ComponentError} WINDOW_NOT_EMPTY while keys wait; flights do not prevent it.
   */
  async removeWindow(window: string): Promise<void> {
    await this.#keyValue.atomic(async (group) => {
      const waiting = await group.llen(waitingKey(window));
      if (waiting > 0) {
        throw new ComponentError("WINDOW_NOT_EMPTY", `${waiting} keys wait in window ${window}`, {
          details: { window, waiting },
        });
      }
      group.zrem(windowsKey, window);
    });
    for (const { member } of await this.#keyValue.zrange(statsKey(window), 0, -1)) await this.removeKey(window, member);
    await this.#keyValue.delete(flightKey(window), statsKey(window));
  }

  /** Removes a window in which nothing waits and nothing flies. Returns whether it was so. */
  async removeIdleWindow(window: string): Promise<boolean> {
    const isIdle = await this.#keyValue.atomic(async (group) => {
      if ((await group.llen(waitingKey(window))) > 0 || (await group.llen(flightKey(window))) > 0) return false;
      group.zrem(windowsKey, window);
      return true;
    });
    if (isIdle) await this.removeWindow(window);
    return isIdle;
  }

  /** Puts data into the line of a window, which is created when it is absent. Returns the key, by default a fresh id. */
  async add(window: string, data: JsonValue, key: string = this.#newId()): Promise<string> {
    await this.#keyValue.atomic(async (group) => {
      const isNew = (await group.zscore(windowsKey, window)) === undefined;
      if (isNew) group.zadd(windowsKey, this.#clock.now() / 1_000, window);
      group.set(dataKey(window, key), JSON.stringify(data));
      group.lpush(waitingKey(window), key);
    });
    return key;
  }

  /** Takes the key that has waited longest, unless the window is full; undefined then, or when none waits, or when others are quicker. */
  async nextKey(window: string): Promise<string | undefined> {
    try {
      return await this.#keyValue.atomic((group) => this.#takeOff(group, window));
    } catch (error) {
      // So many managers race for this window that it is served well without this one.
      if (error instanceof StorageError && error.code === "STORAGE_CONFLICT") return undefined;
      throw error;
    }
  }

  async countWaiting(window: string): Promise<number> {
    return await this.#keyValue.llen(waitingKey(window));
  }

  async countInFlight(window: string): Promise<number> {
    return await this.#keyValue.llen(flightKey(window));
  }

  /**
   * Returns the data of a key, waiting or in flight; undefined when there is none.
   *
   * @throws {ComponentError} COMPONENT_STORED_VALUE_INVALID.
   */
  async data(window: string, key: string): Promise<JsonValue | undefined> {
    const stored = await this.#keyValue.get(dataKey(window, key));
    return stored === undefined ? undefined : parseStored(stored, dataKey(window, key));
  }

  /** Ends a flight: its room is free, its data and ids are gone. */
  async removeKey(window: string, key: string): Promise<void> {
    await this.#keyValue.atomic(async (group) => {
      const externalId = await group.get(externalKey(window, key));
      if (externalId !== undefined) group.delete(internalKey(window, externalId));
      group.lrem(flightKey(window), 1, key);
      group.delete(dataKey(window, key), externalKey(window, key));
      group.zrem(statsKey(window), key);
    });
  }

  /** Remembers under which id somebody else (an SMSC) knows a key. */
  async setExternalId(window: string, key: string, externalId: string): Promise<void> {
    await this.#keyValue.atomic(async (group) => {
      group.set(externalKey(window, key), externalId);
      group.set(internalKey(window, externalId), key);
    });
  }

  async externalId(window: string, key: string): Promise<string | undefined> {
    return await this.#keyValue.get(externalKey(window, key));
  }

  /** The key that somebody else knows under `externalId`. */
  async internalKey(window: string, externalId: string): Promise<string | undefined> {
    return await this.#keyValue.get(internalKey(window, externalId));
  }

  /** Forgets the id of a key on both sides. */
  async clearExternalId(window: string, key: string): Promise<void> {
    await this.#keyValue.atomic(async (group) => {
      const externalId = await group.get(externalKey(window, key));
      if (externalId === undefined) return;
      group.delete(externalKey(window, key), internalKey(window, externalId));
    });
  }

  /** The keys whose flights are overdue and not forgotten, oldest first. */
  async overdueKeys(window: string): Promise<string[]> {
    return await this.#takenOffBefore(window, this.#clock.now() - this.#flightLifetimeMs);
  }

  /**
   * Frees the room of overdue flights in all windows. Their data, ids and times stay, so that a late answer finds them; after
   * `forgetAfterMs` they go too.
   */
  async clearOverdueFlights(): Promise<void> {
    for (const window of await this.windows()) {
      for (const key of await this.overdueKeys(window)) await this.#keyValue.lrem(flightKey(window), 1, key);
      const forgotten = await this.#takenOffBefore(
        window,
        this.#clock.now() - this.#forgetAfterMs - this.#flightLifetimeMs,
      );
      for (const key of forgotten) await this.removeKey(window, key);
    }
  }

  async #takeOff(group: AtomicGroup, window: string): Promise<string | undefined> {
    if ((await group.llen(flightKey(window))) >= this.#windowSize) return undefined;
    const [next] = await group.lrange(waitingKey(window), -1, -1);
    if (next === undefined) return undefined;
    group.rpoplpush(waitingKey(window), flightKey(window));
    group.zadd(statsKey(window), this.#clock.now() / 1_000, next);
    return next;
  }

  async #takenOffBefore(window: string, timeMs: number): Promise<string[]> {
    const flights = await this.#keyValue.zrangebyscore(statsKey(window), -Infinity, timeMs / 1_000);
    return flights.map(({ member }) => member);
  }
}

function waitingKey(window: string): string {
  return `${windowsKey}:${window}`;
}

function dataKey(window: string, key: string): string {
  return `${windowsKey}:${window}:${key}`;
}

function flightKey(window: string): string {
  return `${windowsKey}:inflight:${window}`;
}

function statsKey(window: string): string {
  return `${windowsKey}:flightstats:${window}`;
}

/** Holds the external id of a key. */
function externalKey(window: string, key: string): string {
  return `${windowsKey}:keymap:${window}:external:${key}`;
}

/** Holds the key of an external id. */
function internalKey(window: string, externalId: string): string {
  return `${windowsKey}:keymap:${window}:internal:${externalId}`;
}
