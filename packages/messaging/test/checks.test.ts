// Every numbered check is either the beginning of a test's name or refused, with a reason, in the README.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const packages = new URL("../../", import.meta.url);

/** Checks of what Vumi's message store, pools and sessions (S), its metrics and heartbeats (N), and Junebug (J) are known to do. */
const series = { M: 106, S: 43, N: 24, J: 24 } as const;

function tested(letter: string): Set<number> {
  const folders = ["messaging/test", "cli/test", "bus/test", "gateway/test", "storage/test", "storage/src/testing"];
  const files = folders.flatMap((folder) => filesIn(fileURLToPath(new URL(folder, packages))));
  const source = files.map((file) => readFileSync(file, "utf8")).join("\n");
  const beginnings = [...source.matchAll(/["'`]((?:[MSNJ]\d+ )+)/g)].map(([, numbers = ""]) => numbers);
  return numbersIn(beginnings.join(" "), letter);
}

function filesIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".ts")).map((name) => join(folder, name));
}

function refused(letter: string): Set<number> {
  const readme = readFileSync(fileURLToPath(new URL("messaging/README.md", packages)), "utf8");
  const rows = [...readme.matchAll(/^\| ([A-Z]\d+)(?:–[A-Z](\d+))? +\|/gm)];
  return new Set(
    rows.flatMap(([, first = "", last]) => {
      const [from = 0] = numbersIn(first, letter);
      return from === 0 ? [] : Array.from({ length: Number(last ?? from) - from + 1 }, (_, index) => from + index);
    }),
  );
}

function numbersIn(text: string, letter: string): Set<number> {
  return new Set([...text.matchAll(new RegExp(`${letter}(\\d+)`, "g"))].map(([, number]) => Number(number)));
}

it.each(Object.entries(series))(
  "each of the checks %s1 to %i is a test or refused in writing, and none is both",
  (letter, count) => {
    const [tests, refusals] = [tested(letter), refused(letter)];
    const all = Array.from({ length: count }, (_, index) => index + 1);
    expect(all.filter((number) => !tests.has(number) && !refusals.has(number))).toEqual([]);
    expect(all.filter((number) => tests.has(number) && refusals.has(number))).toEqual([]);
  },
);
