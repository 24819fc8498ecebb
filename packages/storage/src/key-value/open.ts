// Opens a key-value store by the name of its driver. Drivers are loaded when they are asked for, so that nobody loads Redis's client in vain.

import type { Clock, Logger } from "@switchboard/core";
import { StorageError } from "../errors.ts";
import type { Backend } from "./backend.ts";
import { type KeyNaming, createKeyValueStore } from "./client.ts";
import type { KeyValueStore } from "./key-value.ts";

/** What all drivers take. */
export interface KeyValueCommonOptions extends KeyNaming {
  /** How many calls may wait for an answer, default 10_000. Memory never waits. */
  readonly maxPending?: number;
}

/** Keys that end with the process. */
export interface MemoryKeyValueOptions extends KeyValueCommonOptions {
  readonly driver: "memory";
  /** Decides when keys expire. */
  readonly clock?: Clock;
}

/** Keys in a file of their own. */
export interface SqliteKeyValueOptions extends KeyValueCommonOptions {
  readonly driver: "sqlite";
  /** The file; it and its folder are made when absent. */
  readonly path: string;
  /** How long to wait for another process that writes to the file, milliseconds, default 5_000. */
  readonly lockTimeoutMs?: number;
  /** Decides when keys expire. */
  readonly clock?: Clock;
}

/** Keys in a Redis server. */
export interface RedisKeyValueOptions extends KeyValueCommonOptions {
  readonly driver: "redis";
  /** `redis://[[user]:password@]host[:port][/database]`, or `rediss://` for TLS. */
  readonly url: string;
  /** How long to try to connect before giving up, milliseconds, default 10_000. Later it tries for ever. */
  readonly connectTimeoutMs?: number;
  /** How long the server may leave calls without an answer before the connection counts as lost, milliseconds, default 10_000. */
  readonly answerTimeoutMs?: number;
  /** Told when the connection is lost and when it is back. */
  readonly logger?: Logger;
}

/** How to open a key-value store. */
export type KeyValueOptions = MemoryKeyValueOptions | SqliteKeyValueOptions | RedisKeyValueOptions;

/**
 * Opens a key-value store.
 *
 * @throws {StorageError} SQLite: STORAGE_LOCKED, STORAGE_CORRUPT, STORAGE_PERMISSION, STORAGE_PATH_INVALID, STORAGE_DISK_FULL,
 *   STORAGE_SCHEMA_NEWER. Redis: STORAGE_CONNECTION_LOST, STORAGE_PERMISSION. STORAGE_ARGUMENT_INVALID for options.
 */
export async function openKeyValue(options: KeyValueOptions): Promise<KeyValueStore> {
  return createKeyValueStore(await openBackend(options), options);
}

async function openBackend(options: KeyValueOptions): Promise<Backend> {
  const { driver, maxPending = 10_000 } = options;
  switch (driver) {
    case "memory":
      return (await import("./memory/index.ts")).openMemoryBackend(options);
    case "sqlite": {
      const { lockTimeoutMs = 5_000 } = options;
      const { openSqliteBackend } = await import("./sqlite/index.ts");
      return openSqliteBackend({ ...options, maxPending, lockTimeoutMs });
    }
    case "redis": {
      const { connectTimeoutMs = 10_000, answerTimeoutMs = 10_000 } = options;
      const { openRedisBackend } = await import("./redis/index.ts");
      return openRedisBackend({ ...options, maxPending, connectTimeoutMs, answerTimeoutMs });
    }
    default:
      throw new StorageError(
        "STORAGE_ARGUMENT_INVALID",
        `driver: expected "memory", "sqlite" or "redis", got ${JSON.stringify(driver)}`,
      );
  }
}
