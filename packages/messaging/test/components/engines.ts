// Runs a suite of a component on the key-value store in memory and on a real Redis, each test with keys of its own.

import { randomUUID } from "node:crypto";
import { TestClock } from "@switchboard/core/testing";
import { type KeyValueStore, openKeyValue } from "@switchboard/storage";
import { describeWithServer } from "@switchboard/testkit";
import { describe, onTestFinished } from "vitest";

/** What a test gets: an empty store, and the clock that the component shall use. */
export interface Engine {
  readonly keyValue: KeyValueStore;
  readonly clock: TestClock;
}

/** Declares the suite once per engine. `open` is for use inside of tests. */
export function onEachEngine(name: string, suite: (open: () => Promise<Engine>) => void): void {
  describe(`${name} in memory`, () => {
    suite(async () => {
      const clock = new TestClock();
      return { clock, keyValue: closedAfterwards(await openKeyValue({ driver: "memory", clock })) };
    });
  });
  describeWithServer("redis", `${name} on Redis`, (server) => {
    suite(async () => {
      const store = await openKeyValue({ driver: "redis", url: server().url, keyPrefix: randomUUID() });
      return { clock: new TestClock(), keyValue: closedAfterwards(store) };
    });
  });
}

function closedAfterwards(store: KeyValueStore): KeyValueStore {
  onTestFinished(() => store.close());
  return store;
}
