// PostgreSQL's pool of connections as kysely wants it, with our errors, our limits, and numbers as numbers.

import { type Logger, silentLogger } from "@switchboard/core";
import type { PostgresPool, PostgresPoolClient } from "kysely";
import { Pool, type PoolClient, types } from "pg";
import type Cursor from "pg-cursor";
import { StorageError } from "../../errors.ts";
import type { Watchdog } from "../../watchdog.ts";
import { postgresqlError } from "./errors.ts";
import { cut, HangDetector } from "./hang-detector.ts";

/** Which server, and limits. */
export interface PoolSettings {
  readonly url: string;
  /** For error messages; without password. */
  readonly server: string;
  readonly maxConnections: number;
  /** How many may wait for a connection. */
  readonly maxPending: number;
  readonly connectTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  /** How long the server may be silent before it counts as lost. */
  readonly answerTimeoutMs: number;
  readonly logger?: Logger;
}

/**
 * Makes a pool. Connections that break are replaced when they are needed next. Those to a server that hangs are given up, and until it answers again
 * everybody is refused at once, since a new connection would hang as well.
 */
export function createPool(settings: PoolSettings): PostgresPool {
  const { server, maxPending, answerTimeoutMs, logger = silentLogger } = settings;
  const pool = new Pool({
    connectionString: settings.url,
    max: settings.maxConnections,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    idle_in_transaction_session_timeout: settings.transactionTimeoutMs,
    // Compiling a statement takes a third of a second, which none of ours is long enough for.
    options: "-c jit=off",
    // Finds out within half a minute that the other side is gone without a word.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
  });
  // Why a connection broke while somebody had it but did not use it; without a listener the process would end.
  const broken = new WeakMap<PoolClient, Error>();
  const open = new Set<PoolClient>();
  pool.on("remove", (client) => void open.delete(client));
  const detector = new HangDetector({
    url: settings.url,
    answerTimeoutMs,
    onHang: () => {
      logger.warn({ server }, "PostgreSQL hangs; its connections are given up");
      for (const client of open) cut(client);
    },
  });
  pool.on("connect", (client) => {
    open.add(client);
    client.on("error", (error) => {
      // The first says why, what follows says only that.
      if (!broken.has(client)) broken.set(client, error);
    });
  });
  pool.on("error", (error) => logger.warn({ server, reason: error.message }, "connection to PostgreSQL lost"));

  return {
    connect: async () => {
      if (detector.hangs) throw new StorageError("STORAGE_CONNECTION_LOST", `${server}: the server hangs`);
      if (pool.waitingCount >= maxPending) {
        const message = `${server}: ${maxPending} statements wait for a connection already`;
        throw new StorageError("STORAGE_OVERLOADED", message, { details: { maxPending } });
      }
      try {
        const client = await pool.connect();
        return wrapClient(client, detector.watchdog, (error) => postgresqlError(broken.get(client) ?? error, server));
      } catch (error) {
        throw postgresqlError(error, server);
      }
    },
    end: async () => {
      detector.end();
      await pool.end();
      detector.watchdog.stop();
    },
  };
}

function wrapClient(
  client: PoolClient,
  watchdog: Watchdog,
  translate: (error: unknown) => StorageError,
): PostgresPoolClient {
  const translated = async <Result>(work: Promise<Result>): Promise<Result> => {
    watchdog.called();
    try {
      return await work;
    } catch (error) {
      throw translate(error);
    } finally {
      watchdog.answered();
    }
  };
  return {
    query: ((query: string | Cursor, parameters?: unknown[]) => {
      if (typeof query === "string") return translated(client.query(query, parameters));
      const cursor = client.query(query);
      return { read: (count: number) => translated(cursor.read(count)), close: () => translated(cursor.close()) };
    }) as PostgresPoolClient["query"],
    release: () => client.release(),
  };
}

const int8 = 20;
const numeric = 1_700;

/** Numbers come as numbers, as they do from SQLite; the rest as the client library has it. */
function getTypeParser(type: number, format?: "text" | "binary"): (value: string) => unknown {
  if (type === numeric) return Number;
  if (type !== int8) return types.getTypeParser(type, format);
  return (value) => {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw new StorageError("STORAGE_FAILED", `expected a whole number within ±9007199254740991, got ${value}`);
  };
}
