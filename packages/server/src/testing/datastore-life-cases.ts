// Cases of the datastore's contract: what is told of changes, limits, backups, the config store, the end.

import { TestClock } from "@switchboard/core/testing";
import { expect, it } from "vitest";
import { type Change, ConfigStore, Datastore } from "../datastore/index.ts";
import type { DatastoreWorld } from "./datastore-world.ts";

/** Lines 13 to 18. */
export function lifeCases({ clock, datastore, newName, sql }: DatastoreWorld): void {
  it("13 listeners are told of each change after it is safe, and a failing one hurts nobody", async () => {
    const name = newName();
    await datastore().createCollection(name, "text");
    const changes: [string, Change][] = [];
    const stopFailing = datastore().onChange(() => {
      throw new Error("listener");
    });
    const stop = datastore().onChange((collection, change) => changes.push([collection, change]));
    await datastore().insert(name, {}, "a");
    await datastore().update(name, "a", {});
    await datastore().upsert(name, "a", {});
    await datastore().upsert(name, "b", {});
    await datastore().update(name, "a", { id: "c" });
    await datastore().delete(name, "c");
    await datastore().delete(name, "c");
    await expect(datastore().insert(name, {}, "b")).rejects.toMatchObject({ code: "DATASTORE_DUPLICATE_KEY" });
    stop();
    stopFailing();
    await datastore().delete(name, "b");
    expect(changes).toEqual([
      [name, { operation: "create", ids: ["a"] }],
      [name, { operation: "update", ids: ["a"] }],
      [name, { operation: "update", ids: ["a"] }],
      [name, { operation: "create", ids: ["b"] }],
      [name, { operation: "rename", ids: [["a", "c"]] }],
      [name, { operation: "delete", ids: ["c"] }],
    ]);
  });

  it("14 a capped collection keeps its newest objects", async () => {
    const name = newName();
    await datastore().createCollection(name, "serial", { type: "log", cap: 4_000 });
    for (let n = 0; n < 100; n++) await datastore().insert(name, { n, text: "x".repeat(100) });
    const kept = (await datastore().query(name, [], { select: "n" })) as number[];
    expect(kept.at(-1)).toBe(99);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => 100 - kept.length + index));
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.length).toBeLessThan(20);
  });

  it("15 objects whose time is over are removed", async () => {
    const name = newName();
    await datastore().createCollection(name, "text", { ttl_index: "expires" });
    await datastore().insert(name, { expires: new Date(clock.now() + 30_000) }, "soon");
    await datastore().insert(name, { expires: new Date(clock.now() + 600_000) }, "later");
    await datastore().insert(name, {}, "never");
    const gone = new Promise<void>((resolve) => {
      const stop = datastore().onChange((collection) => {
        if (collection !== name) return;
        stop();
        resolve();
      });
    });
    await clock.advance(60_000);
    await gone;
    expect(await datastore().query(name, [], { select: "id" })).toEqual(["later", "never"]);
  });

  it("16 a lock makes writes wait, reads go on, and those under way end first", async () => {
    const name = newName();
    await datastore().createCollection(name, "text");
    const before = datastore().insert(name, {}, "before");
    await datastore().exists(name);
    await datastore().lock();
    expect(await datastore().getById(name, "before")).not.toBeNull();
    await before;
    let isDone = false;
    const waiting = datastore()
      .insert(name, {}, "after")
      .then(() => (isDone = true));
    expect(await datastore().query(name, [], { count: true })).toBe(1);
    expect(isDone).toBe(false);
    datastore().unlock();
    await waiting;
    expect(await datastore().query(name, [], { count: true })).toBe(2);
  });

  it("17 the config store keeps values by key, with factory values and branches", async () => {
    const config = await ConfigStore.open(datastore(), { "middleware.token_lifetime": 600 });
    expect(await config.get("middleware.token_lifetime")).toBe(600);
    expect(await config.exists("middleware.token_lifetime")).toBe(false);
    await config.set("middleware.token_lifetime", 60);
    expect(await config.get("middleware.token_lifetime")).toBe(60);
    await config.delete("middleware.token_lifetime");
    expect(await config.get("middleware.token_lifetime")).toBe(600);
    expect(await config.get("constructor")).toBeNull();
    expect(await config.get("none", "fallback")).toBe("fallback");

    const values: Readonly<Record<string, unknown>> = {
      "a.b": 1,
      "a.b.c": [2],
      "a.d": null,
      a: 0,
      ab: 9,
      "a-b": 9,
      "a/b": 9,
      aXb: 9,
    };
    for (const [key, value] of Object.entries(values)) await config.set(key, value);
    expect(await config.listChildren("a")).toEqual(["a.b", "a.b.c", "a.d"]);
    expect(await config.childrenDict("a")).toEqual({ b: 1, "b.c": [2], d: null });
    expect(await config.listChildren("a.d")).toEqual([]);
    expect(await config.childrenDict("none")).toEqual({});
    expect((await config.listChildren("")).length).toBe(8);

    const node = config.node("a");
    expect([await node.value(), await node.get("b"), await node.contains("b"), await node.contains("x")]).toEqual([
      0,
      1,
      true,
      false,
    ]);
    await node.update({ b: 5, e: { f: 1 } });
    await node.node("g").set("h", true);
    expect(await node.children()).toEqual({ b: 5, "b.c": [2], d: null, e: { f: 1 }, "g.h": true });
  });

  it("18 after closing, calls are refused and no timer runs", async () => {
    const ownClock = new TestClock();
    const other = await Datastore.open(sql(), { clock: ownClock, prefix: "closing" });
    await other.createCollection("things");
    other.close();
    other.close();
    await expect(other.query("things")).rejects.toMatchObject({ code: "DATASTORE_CLOSED", retryable: true });
    await expect(other.insert("things", {})).rejects.toMatchObject({ code: "DATASTORE_CLOSED" });
    expect(ownClock.pendingTimers).toBe(0);
  });
}
