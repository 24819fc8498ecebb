// A task engine on a real datastore, with events that are only written down.

import { type Clock, systemClock } from "@switchboard/core";
import { openSql } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";
import { onTestFinished } from "vitest";
import type { Caller } from "../../src/rpc/index.ts";
import { ConfigStore, Datastore } from "../../src/datastore/index.ts";
import { SchemaRegistry } from "../../src/schema/index.ts";
import { defineTask, type TaskClass, type TaskContext, TaskEngine, type TaskLimits } from "../../src/tasks/index.ts";

export interface Recorded {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface World {
  readonly engine: TaskEngine;
  readonly events: Recorded[];
  readonly log: Datastore;
  readonly reported: unknown[];
  /** States of a task in the order of its events. */
  readonly states: (id: number) => unknown[];
  readonly status: (
    id: number,
  ) => Promise<
    Record<string, unknown> & { readonly error: { code: number; message: string; type: string; extra?: unknown } }
  >;
}

export async function openWorld({
  limits = {},
  clock = systemClock,
  path = `${tempFolder()}/tasks.db`,
}: { limits?: TaskLimits; clock?: Clock; path?: string } = {}): Promise<World> {
  const sql = await openSql({ driver: "sqlite", path });
  const datastore = await Datastore.open(sql);
  const log = await Datastore.open(sql, { prefix: "datastore_log" });
  const configstore = await ConfigStore.open(datastore);
  const events: Recorded[] = [];
  const reported: unknown[] = [];
  const engine = new TaskEngine({
    services: { call: async (method, args) => ({ method, args }) },
    events: { emit: async (name, args = {}) => void events.push({ name, args }) },
    schemas: new SchemaRegistry(),
    clock,
    limits,
    reportError: (_, error) => void reported.push(error),
  });
  await engine.start({ datastore, datastoreLog: log, configstore });
  onTestFinished(async () => {
    await engine.close();
    log.close();
    datastore.close();
    await sql.close();
  });
  return {
    engine,
    events,
    log,
    reported,
    states: (id) =>
      events
        .filter(({ name, args }) => args["id"] === id && /created|updated/.test(name))
        .map(({ args }) => args["state"]),
    status: async (id) => (await engine.status(id)) as never,
  };
}

/** A task that runs until it is told to end, and says when it runs. */
export function gate(resources: readonly string[] = []): {
  readonly taskClass: TaskClass;
  readonly open: (id?: number) => void;
  readonly running: number[];
} {
  const running: number[] = [];
  const waiting = new Map<number, () => void>();
  const taskClass = defineTask({
    name: "gate",
    verify: (_: TaskContext, ...named: string[]) => (named.length > 0 ? named : resources),
    run: async ({ id }) => {
      running.push(id);
      await new Promise<void>((resolve) => waiting.set(id, resolve));
    },
  });
  return {
    taskClass,
    running,
    open: (id) => {
      for (const [one, resolve] of waiting) {
        if (id !== undefined && one !== id) continue;
        waiting.delete(one);
        resolve();
      }
    },
  };
}

export function caller(name: string, roles: readonly string[] = []): Caller {
  return {
    id: name,
    address: "127.0.0.1,1",
    resource: undefined,
    principal: { kind: "user", name, roles: new Set(roles) },
    sessionId: 7,
    features: new Set(),
    onClose: () => () => undefined,
  };
}
