// Objects that a service keeps in memory and announces.

import { TestClock } from "@switchboard/core/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { type Change, ObjectCache } from "../../src/datastore/index.ts";

interface Disk {
  readonly id: string;
  readonly size?: number;
  readonly online?: boolean;
}

describe("ObjectCache", () => {
  let clock: TestClock;
  let changes: Change[];
  let cache: ObjectCache<Disk>;

  beforeEach(() => {
    clock = new TestClock();
    changes = [];
    cache = new ObjectCache<Disk>({ clock, emit: (change) => changes.push(change) });
  });

  it("fills silently, then announces", () => {
    cache.update([
      ["b", { id: "b" }],
      ["a", { id: "a" }],
    ]);
    cache.remove("b");
    expect(changes).toEqual([]);
    cache.markReady();
    cache.put("c", { id: "c", size: 1 });
    cache.put("c", { id: "c", size: 2 });
    expect(changes).toEqual([
      { operation: "create", ids: ["c"] },
      { operation: "update", ids: ["c"] },
    ]);
  });

  it("says nothing when nothing changes", () => {
    cache.put("a", { id: "a", size: 1 });
    cache.markReady();
    cache.put("a", { id: "a", size: 1 });
    expect(cache.updateOne("a", { size: 1 })).toBe(true);
    expect(cache.updateOne("none", { size: 1 })).toBe(false);
    expect(cache.remove("none")).toBe(false);
    cache.update([]);
    expect(changes).toEqual([]);
  });

  it("announces several changes together", () => {
    cache.put("a", { id: "a" });
    cache.markReady();
    cache.update([
      ["a", { id: "a", size: 1 }],
      ["b", { id: "b" }],
      ["c", { id: "c" }],
    ]);
    expect(cache.updateMany([["size", "=", null]], { online: true })).toBe(2);
    expect(cache.removeMany(["a", "none", "b"])).toBe(2);
    cache.clear();
    expect(changes).toEqual([
      { operation: "create", ids: ["b", "c"] },
      { operation: "update", ids: ["a"] },
      { operation: "update", ids: ["b", "c"] },
      { operation: "delete", ids: ["a", "b"] },
      { operation: "delete", ids: ["c"] },
    ]);
    expect(cache.size).toBe(0);
  });

  it("renames, but never over another object", () => {
    cache.update([
      ["a", { id: "a", size: 1 }],
      ["b", { id: "b" }],
    ]);
    cache.markReady();
    expect(cache.rename("a", "b")).toBe(false);
    expect(cache.rename("none", "x")).toBe(false);
    expect(cache.rename("a", "x")).toBe(true);
    expect(cache.get("x")).toEqual({ id: "x", size: 1 });
    expect(changes).toEqual([{ operation: "rename", ids: [["a", "x"]] }]);
  });

  it("answers queries in the order of keys", () => {
    cache.update([
      ["c", { id: "c", size: 3 }],
      ["a", { id: "a", size: 5 }],
    ]);
    expect(cache.query([], { select: "id" })).toEqual(["a", "c"]);
    cache.put("b", { id: "b", size: 4 });
    expect(cache.query([], { select: "id" })).toEqual(["a", "b", "c"]);
    expect(cache.query([["size", ">", 3]], { sort: "size", single: true })).toEqual({ id: "b", size: 4 });
  });

  it("does not change objects in place", () => {
    const item = { id: "a", size: 1 };
    cache.put("a", item);
    cache.updateOne("a", { size: 2 });
    expect(item.size).toBe(1);
  });

  it("waits for an object, or for a time", async () => {
    const late = cache.waitFor("a", { timeoutMs: 5_000 });
    const never = cache.waitFor("b", { timeoutMs: 5_000 });
    const outcome = Promise.allSettled([never]);
    cache.put("a", { id: "a" });
    expect(await late).toEqual({ id: "a" });
    expect(await cache.waitFor("a")).toEqual({ id: "a" });
    await clock.advance(5_000);
    expect(await outcome).toMatchObject([{ status: "rejected", reason: { code: "RPC_FAILED", errno: 60 } }]);
    expect(clock.pendingTimers).toBe(0);
  });
});
