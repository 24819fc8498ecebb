// The Redis engine: one connection, commands sent as they come. Vumi workers may use the same data.

import { type Logger, silentLogger } from "@switchboard/core";
import { Redis } from "ioredis";
import { StorageError } from "../../errors.ts";
import type { Backend } from "../backend.ts";
import { groupScript, toScriptArgs } from "./atomic-group.ts";
import { type RedisAnswer, type RedisArgs, fromRedis, toRedis } from "./commands.ts";
import { redisError } from "./errors.ts";

/** Which server, and how long to wait for it. */
export interface RedisBackendOptions {
  readonly url: string;
  readonly maxPending: number;
  readonly connectTimeoutMs: number;
  readonly answerTimeoutMs: number;
  readonly logger?: Logger;
}

type Client = Redis & { runGroup(numberOfKeys: number, ...args: string[]): Promise<unknown> };

// Vumi's: from 10 ms up to 5 s.
const minReconnectMs = 10;
const maxReconnectMs = 5_000;
const scanCount = "1000";

/**
 * Connects to a Redis server. Later it reconnects by itself; what is called meanwhile rejects at once.
 *
 * @throws {StorageError} STORAGE_CONNECTION_LOST when that takes longer than `connectTimeoutMs`, STORAGE_PERMISSION.
 */
export async function openRedisBackend(options: RedisBackendOptions): Promise<Backend> {
  const { url, maxPending, connectTimeoutMs, answerTimeoutMs, logger = silentLogger } = options;
  const server = describeUrl(url);
  const redis = new Redis(url, {
    lazyConnect: true,
    protocol: 2,
    disableClientInfo: true,
    stringNumbers: true,
    connectTimeout: connectTimeoutMs,
    socketTimeout: answerTimeoutMs,
    retryStrategy: (times) => Math.min(minReconnectMs * 2 ** Math.min(times - 1, 10), maxReconnectMs),
    // After a fail-over the old master answers so.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
    // Nothing waits in memory for a server that is away, and nothing is sent twice: what has no answer when the connection breaks rejects.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    scripts: { runGroup: { lua: groupScript } },
  }) as Client;
  await connect(redis, server, connectTimeoutMs);
  redis.on("close", () => logger.warn({ server }, "connection to Redis lost"));
  redis.on("ready", () => logger.info({ server }, "connection to Redis is back"));

  let pending = 0;
  let onIdle: (() => void) | undefined;
  const send = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
    if (pending >= maxPending) {
      const message = `${server}: ${maxPending} calls wait for an answer already`;
      throw new StorageError("STORAGE_OVERLOADED", message, { details: { maxPending } });
    }
    pending++;
    gatherWrites(redis);
    try {
      return await call();
    } catch (error) {
      throw redisError(error, server);
    } finally {
      if (--pending === 0) onIdle?.();
    }
  };
  const run = (args: RedisArgs): Promise<RedisAnswer> => send(async () => (await redis.call(...args)) as RedisAnswer);

  return {
    run: async (command) => {
      const args = toRedis(command);
      return args === undefined ? null : run(args);
    },
    decoder: fromRedis,
    commit: async (group) => {
      const args = toScriptArgs(group);
      return (await send(() => redis.runGroup(0, ...args))) === "1";
    },
    async *scan(pattern) {
      let cursor = "0";
      do {
        const answer = await run(["SCAN", cursor, "MATCH", pattern, "COUNT", scanCount]);
        const [next, keys] = answer as [string, string[]];
        yield* keys;
        cursor = next;
      } while (cursor !== "0");
    },
    close: async () => {
      if (pending > 0) await new Promise<void>((resolve) => (onIdle = resolve));
      redis.removeAllListeners("close");
      redis.disconnect();
    },
  };
}

/** Tries until the server is ready, or time is up, or it refuses the login. */
async function connect(redis: Redis, server: string, timeoutMs: number): Promise<void> {
  let last: unknown = new Error("no answer");
  // Stays for good: a lost connection is an "error" event too, which would otherwise end the process.
  redis.on("error", (error) => (last = error));
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(redisError(last, server)), timeoutMs);
      const stop = (settle: () => void): void => {
        clearTimeout(timer);
        settle();
      };
      redis.once("ready", () => stop(resolve));
      redis.on("error", (error) => {
        const told = redisError(error, server);
        if (told.code === "STORAGE_PERMISSION") stop(() => reject(told));
      });
      // Its rejection is the first of the "error" events.
      redis.connect().catch(() => undefined);
    });
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

const gathering = new WeakSet<Redis>();

/** Lets the commands of one turn of the event loop leave in one write to the socket; without it each is a system call. */
function gatherWrites(redis: Redis): void {
  if (gathering.has(redis) || redis.status !== "ready") return;
  gathering.add(redis);
  const { stream } = redis;
  stream.cork();
  process.nextTick(() => {
    gathering.delete(redis);
    stream.uncork();
  });
}

function describeUrl(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    throw new StorageError("STORAGE_ARGUMENT_INVALID", "expected a URL such as redis://127.0.0.1:6379/0 for Redis");
  }
}
