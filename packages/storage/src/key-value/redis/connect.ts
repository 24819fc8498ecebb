// Connects to Redis, and keeps the connection the way the key-value contract wants it.

import { type Logger, silentLogger } from "@switchboard/core";
import { Redis } from "ioredis";
import { StorageError } from "../../errors.ts";
import { groupScript } from "./atomic-group.ts";
import { redisError } from "./errors.ts";

/** Which server, and how long to try. */
export interface RedisConnectOptions {
  readonly url: string;
  readonly connectTimeoutMs: number;
  readonly logger?: Logger;
}

/** A connected client that knows the script of atomic groups. */
export type RedisClient = Redis & { runGroup(numberOfKeys: number, args: readonly string[]): Promise<unknown> };

// Vumi's: from 10 ms up to 5 s.
const minReconnectMs = 10;
const maxReconnectMs = 5_000;

/**
 * Connects. Later the client reconnects by itself; what is called meanwhile rejects at once.
 *
 * @throws {StorageError} STORAGE_CONNECTION_LOST when that takes longer than `connectTimeoutMs`, STORAGE_PERMISSION.
 */
export async function connectRedis(options: RedisConnectOptions, server: string): Promise<RedisClient> {
  const { url, connectTimeoutMs, logger = silentLogger } = options;
  const redis = new Redis(url, {
    lazyConnect: true,
    protocol: 2,
    disableClientInfo: true,
    stringNumbers: true,
    connectTimeout: connectTimeoutMs,
    retryStrategy: (times) => Math.min(minReconnectMs * 2 ** Math.min(times - 1, 10), maxReconnectMs),
    // After a fail-over the old master answers so.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
    // Nothing waits in memory for a server that is away, and nothing is sent twice: what has no answer when the connection breaks rejects.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    scripts: { runGroup: { lua: groupScript } },
  }) as RedisClient;
  try {
    await firstConnection(redis, server, connectTimeoutMs);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  redis.on("close", () => logger.warn({ server }, "connection to Redis lost"));
  redis.on("ready", () => logger.info({ server }, "connection to Redis is back"));
  return redis;
}

/** Tries until the server is ready, or time is up, or it refuses the login. */
function firstConnection(redis: Redis, server: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let last: unknown = new Error("no answer");
    const timer = setTimeout(() => reject(redisError(last, server)), timeoutMs);
    redis.once("ready", () => {
      clearTimeout(timer);
      resolve();
    });
    // Stays for good: a lost connection is an "error" event too, which would otherwise end the process.
    redis.on("error", (error) => {
      last = error;
      const told = redisError(error, server);
      if (told.code !== "STORAGE_PERMISSION") return;
      clearTimeout(timer);
      reject(told);
    });
    // Its rejection is the first of the "error" events.
    redis.connect().catch(() => undefined);
  });
}

/** The server's address for messages, without user and password. @throws {StorageError} STORAGE_ARGUMENT_INVALID. */
export function describeRedisUrl(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    throw new StorageError("STORAGE_ARGUMENT_INVALID", "expected a URL such as redis://127.0.0.1:6379/0 for Redis");
  }
}
