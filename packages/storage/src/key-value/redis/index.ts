// The Redis engine: one connection, commands sent as they come. Vumi workers may use the same data.

import type { Redis } from "ioredis";
import { StorageError } from "../../errors.ts";
import type { Backend } from "../backend.ts";
import type { Command, CommandName } from "../commands.ts";
import type { Group } from "../group.ts";
import { toScriptArgs } from "./atomic-group.ts";
import { fromRedis, toRedis } from "./commands.ts";
import { type RedisClient, type RedisConnectOptions, connectRedis, describeRedisUrl } from "./connect.ts";
import { redisError } from "./errors.ts";
import { Watchdog } from "../../watchdog.ts";

/** Which server, and limits. */
export interface RedisBackendOptions extends RedisConnectOptions {
  readonly maxPending: number;
  /** How long the server may leave calls without an answer. */
  readonly answerTimeoutMs: number;
}

const scanCount = "1000";
// With less under way, waiting for others would only cost time.
const minGathered = 4;

/** Connects to a Redis server. @throws {StorageError} STORAGE_CONNECTION_LOST, STORAGE_PERMISSION, STORAGE_ARGUMENT_INVALID. */
export async function openRedisBackend(options: RedisBackendOptions): Promise<Backend> {
  const server = describeRedisUrl(options.url);
  return new RedisBackend(await connectRedis(options, server), server, options);
}

class RedisBackend implements Backend {
  readonly #redis: RedisClient;
  readonly #server: string;
  readonly #maxPending: number;
  readonly #watchdog: Watchdog;
  #onIdle: (() => void) | undefined;

  constructor(redis: RedisClient, server: string, { maxPending, answerTimeoutMs }: RedisBackendOptions) {
    this.#redis = redis;
    this.#server = server;
    this.#maxPending = maxPending;
    this.#watchdog = new Watchdog(answerTimeoutMs, () => {
      redis.stream.destroy(new Error(`no answer for ${answerTimeoutMs} ms`));
    });
  }

  run(command: Command): Promise<unknown> {
    const words = toRedis(command);
    if (words === undefined) return Promise.resolve(null);
    // As a list, since there may be more than fit on the stack.
    const [name, ...args] = words;
    return this.#send(() => this.#redis.call(name, args));
  }

  decoder(name: CommandName): (answer: unknown) => unknown {
    return fromRedis(name);
  }

  async commit(group: Group): Promise<boolean> {
    const args = toScriptArgs(group);
    return (await this.#send(() => this.#redis.runGroup(0, args))) === "1";
  }

  async *scan(pattern: string): AsyncGenerator<string> {
    let cursor = "0";
    do {
      const args = [cursor, "MATCH", pattern, "COUNT", scanCount];
      const [next, keys] = (await this.#send(() => this.#redis.call("SCAN", args))) as [string, string[]];
      yield* keys;
      cursor = next;
    } while (cursor !== "0");
  }

  async close(): Promise<void> {
    if (this.#watchdog.waiting > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    this.#watchdog.stop();
    this.#redis.removeAllListeners("close");
    this.#redis.disconnect();
  }

  #send(call: () => Promise<unknown>): Promise<unknown> {
    if (this.#watchdog.waiting >= this.#maxPending) {
      const message = `${this.#server}: ${this.#maxPending} calls wait for an answer already`;
      return Promise.reject(
        new StorageError("STORAGE_OVERLOADED", message, { details: { maxPending: this.#maxPending } }),
      );
    }
    this.#watchdog.called();
    if (this.#watchdog.waiting > minGathered) gatherWrites(this.#redis);
    return call().then(
      (answer) => {
        this.#done();
        return answer;
      },
      (error: unknown) => {
        this.#done();
        throw redisError(error, this.#server);
      },
    );
  }

  #done(): void {
    this.#watchdog.answered();
    if (this.#watchdog.waiting === 0) this.#onIdle?.();
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
