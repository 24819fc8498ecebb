import { StorageError } from "@switchboard/storage";
import { describe, expect, it } from "vitest";
import { WriteQueue } from "../../src/store/write-queue.ts";

interface Group {
  readonly items: readonly number[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

function queue(options: { readonly maxGroup?: number; readonly maxPending?: number } = {}) {
  const groups: Group[] = [];
  const made = new WriteQueue<number>({
    maxGroup: 3,
    maxPending: 10,
    ...options,
    write: (items) => new Promise((resolve, reject) => groups.push({ items, resolve, reject })),
  });
  return { groups, queue: made };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("WriteQueue", () => {
  it("writes what comes in one turn together, and what comes meanwhile next, in groups of a limited size", async () => {
    const { groups, queue: writes } = queue();
    const first = [1, 2].map((item) => writes.add(item));
    await turn();
    for (const item of [3, 4, 5, 6]) void writes.add(item);
    await turn();
    expect(groups.map(({ items }) => items)).toEqual([[1, 2]]);
    groups[0]?.resolve();
    await Promise.all(first);
    await turn();
    groups[1]?.resolve();
    await turn();
    expect(groups.map(({ items }) => items)).toEqual([[1, 2], [3, 4, 5], [6]]);
    expect(writes.pending).toBe(0);
  });

  it("has one group on its way at a time", async () => {
    const { groups, queue: writes } = queue();
    for (const item of [1, 2, 3]) {
      void writes.add(item);
      await turn();
    }
    expect(groups.map(({ items }) => items)).toEqual([[1]]);
    groups[0]?.resolve();
    await turn();
    expect(groups.map(({ items }) => items)).toEqual([[1], [2, 3]]);
  });

  it("finds the one that cannot be written, and writes the others", async () => {
    const { groups, queue: writes } = queue();
    const results = Promise.allSettled([1, 2, 3].map((item) => writes.add(item)));
    await turn();
    groups[0]?.reject(new Error("one is bad"));
    for (const [index, isBad] of [false, true, false].entries()) {
      await turn();
      if (isBad) groups[index + 1]?.reject(new Error("bad"));
      else groups[index + 1]?.resolve();
    }
    expect((await results).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(groups.map(({ items }) => items)).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  it("does not try each alone when the database is away", async () => {
    const { groups, queue: writes } = queue();
    const results = Promise.allSettled([1, 2].map((item) => writes.add(item)));
    await turn();
    groups[0]?.reject(new StorageError("STORAGE_CONNECTION_LOST", "gone"));
    expect((await results).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(groups).toHaveLength(1);
  });

  it("refuses what would heap up, and everything once it is closed, which waits for what was taken", async () => {
    const { groups, queue: writes } = queue({ maxPending: 1 });
    const taken = writes.add(1);
    await expect(writes.add(2)).rejects.toMatchObject({ code: "STORAGE_OVERLOADED" });
    const closed = writes.close();
    await expect(writes.add(3)).rejects.toMatchObject({ code: "STORAGE_CLOSED" });
    groups[0]?.resolve();
    await Promise.all([taken, closed]);
    expect(groups.map(({ items }) => items)).toEqual([[1]]);
  });
});
