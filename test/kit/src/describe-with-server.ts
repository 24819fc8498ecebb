// Suites that need a real server: run when it is installed, skipped with the reason in their name when not (the reporter counts by it).

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { postgresqlPrograms, startPostgresql } from "./servers/postgresql.ts";
import { type RabbitmqServer, rabbitmqPrograms, startRabbitmq } from "./servers/rabbitmq.ts";
import { startRedis } from "./servers/redis.ts";
import type { Server } from "./servers/server.ts";

/** The servers that tests may ask for, by name. */
export interface Servers {
  readonly redis: Server;
  readonly postgresql: Server;
  readonly rabbitmq: RabbitmqServer;
}

const kinds: { readonly [Name in keyof Servers]: { isInstalled(): boolean; start(): Promise<Servers[Name]> } } = {
  redis: { isInstalled: () => isOnPath("redis-server"), start: startRedis },
  postgresql: { isInstalled: () => postgresqlPrograms() !== undefined, start: startPostgresql },
  rabbitmq: { isInstalled: () => existsSync(`${rabbitmqPrograms}/rabbitmq-server`), start: startRabbitmq },
};

// Module state is per test file: each file has a process, or at least a module graph, of its own.
const running: { -readonly [Name in keyof Servers]?: Promise<Servers[Name]> } = {};

/**
 * Declares a suite that uses a real server. All suites of one file share one server of a kind, started before the first of them and
 * stopped after the file; `server()` returns it inside hooks and tests. For a suite that starts its own, and takes no `server`, none is started.
 *
 * Without the server the suite is skipped, or fails if the environment says `SWITCHBOARD_REQUIRE_SERVERS=1`.
 */
export function describeWithServer<Name extends keyof Servers>(
  kind: Name,
  name: string,
  suite: (server: () => Servers[Name]) => void,
): void {
  const canRun = process.env["SWITCHBOARD_REQUIRE_SERVERS"] === "1" || kinds[kind].isInstalled();
  describe.runIf(canRun)(`${name}${canRun ? "" : ` [needs ${kind}]`}`, () => {
    let server: Servers[Name] | undefined;
    // A suite that does not take the server starts its own.
    if (suite.length > 0) {
      beforeAll(async () => {
        server = await shared(kind);
      });
    }
    suite(() => {
      if (server === undefined) throw new Error("the server runs only while hooks and tests do");
      return server;
    });
  });
  afterAll(async () => {
    const promise = running[kind];
    delete running[kind];
    await (await promise)?.stop();
  });
}

function shared<Name extends keyof Servers>(kind: Name): Promise<Servers[Name]> {
  const existing: Promise<Servers[Name]> | undefined = running[kind];
  if (existing !== undefined) return existing;
  const starting = kinds[kind].start();
  running[kind] = starting as (typeof running)[Name];
  return starting;
}

function isOnPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
}
