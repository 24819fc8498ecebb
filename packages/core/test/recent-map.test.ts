import { expect, it } from "vitest";
import { RecentMap } from "../src/recent-map.ts";

it("has the latest entries whatever came before, and at most twice as many", () => {
  const map = new RecentMap<number, string>(10);
  for (let key = 0; key < 1_000; key++) map.set(key, `value ${key}`);
  const known = Array.from({ length: 1_000 }, (_, key) => key).filter((key) => map.get(key) !== undefined);
  expect(known.slice(-10)).toEqual([990, 991, 992, 993, 994, 995, 996, 997, 998, 999]);
  expect(known.length).toBeLessThanOrEqual(20);
});

it("forgets what is deleted, also when it is of the older ones, and has what is set again", () => {
  const map = new RecentMap<string, number>(2);
  for (const [index, key] of ["a", "b", "c"].entries()) map.set(key, index);
  map.delete("a");
  expect(map.get("a")).toBeUndefined();
  map.set("b", 7);
  expect(map.get("b")).toBe(7);
  map.delete("b");
  expect([map.get("b"), map.get("c")]).toEqual([undefined, 2]);
});
