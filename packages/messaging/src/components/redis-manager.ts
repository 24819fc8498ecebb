// What configuration files of Vumi say under `redis_manager`: where the Redis is, and what keys begin with.

import type { RedisKeyValueOptions } from "@switchboard/storage";
import { ConfigSource, readConfig } from "../config/index.ts";
import type { JsonObject } from "../message/json.ts";

/** The fields of a `redis_manager` section. */
export const redisManagerFields = {
  host: { type: "text", default: "127.0.0.1", static: true, doc: "Host of the Redis." },
  port: { type: "int", min: 1, max: 65535, default: 6379, static: true, doc: "Port of the Redis." },
  db: { type: "int", min: 0, default: 0, static: true, doc: "Number of the database." },
  password: { type: "text", secret: true, static: true, doc: "Password at the Redis." },
  key_prefix: { type: "text", static: true, doc: "What keys begin with." },
  key_separator: {
    type: "text",
    default: ":",
    static: true,
    doc: "What stands between the prefix and the rest of a key.",
  },
} as const;

/**
 * Reads a `redis_manager` section as options for `openKeyValue`.
 *
 * @throws {ConfigError} CONFIG_INVALID.
 */
export async function redisManagerOptions(section: JsonObject): Promise<RedisKeyValueOptions> {
  const config = await readConfig(redisManagerFields, new ConfigSource(section));
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  const login = config.password === null ? "" : `:${encodeURIComponent(config.password)}@`;
  return {
    driver: "redis",
    url: `redis://${login}${host}:${config.port}/${config.db}`,
    keySeparator: config.key_separator,
    ...(config.key_prefix !== null && { keyPrefix: config.key_prefix }),
  };
}
