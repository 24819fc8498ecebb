// Every numbered check is either the beginning of a test's name or refused, with a reason, in the README.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const packages = new URL("../../", import.meta.url);

function tested(): Set<number> {
  const folders = ["messaging/test", "cli/test", "bus/test"];
  const files = folders.flatMap((folder) => filesIn(fileURLToPath(new URL(folder, packages))));
  const source = files.map((file) => readFileSync(file, "utf8")).join("\n");
  const beginnings = [...source.matchAll(/["'`]((?:M\d+ )+)/g)].map(([, numbers = ""]) => numbers);
  return numbersIn(beginnings.join(" "));
}

function filesIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".test.ts")).map((name) => join(folder, name));
}

function refused(): Set<number> {
  const readme = readFileSync(fileURLToPath(new URL("messaging/README.md", packages)), "utf8");
  return numbersIn([...readme.matchAll(/^\| (M\d+) +\|/gm)].map(([, number = ""]) => number).join(" "));
}

function numbersIn(text: string): Set<number> {
  return new Set([...text.matchAll(/M(\d+)/g)].map(([, number]) => Number(number)));
}

it("each of the 106 checks is a test or refused in writing, and none is both", () => {
  const [tests, refusals] = [tested(), refused()];
  const all = Array.from({ length: 106 }, (_, index) => index + 1);
  expect(all.filter((number) => !tests.has(number) && !refusals.has(number))).toEqual([]);
  expect(all.filter((number) => tests.has(number) && refusals.has(number))).toEqual([]);
});
