// Every numbered check of a dispatcher server, S1 to S106, begins the name of a test, or the README says why there is none.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const last = 106;
const packages = fileURLToPath(new URL("../../", import.meta.url));
const folders = ["server/test", "server/src/testing", "client/test", "protocol/test", "console/test"];

/** Numbers at the beginning of a text: `S71 and S72 wait …` has two. */
function numbersOf(text: string): number[] {
  const [start = ""] = /^(?:S\d+(?:,| and)? )+/.exec(text) ?? [];
  return Array.from(start.matchAll(/S(\d+)/g), ([, number]) => Number(number));
}

function filesBelow(folder: string): string[] {
  const names = readdirSync(join(packages, folder), { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".ts")).map((name) => join(packages, folder, name));
}

it("are tests, or refused in writing, and never both", () => {
  const tested = new Set<number>();
  for (const file of folders.flatMap(filesBelow)) {
    // First in a call, which may stand behind the rows of `each`, or first in such a row.
    const names = readFileSync(file, "utf8").matchAll(/[([]\s*["`](S\d[^"`\n]*)/g);
    for (const [, name = ""] of names) for (const number of numbersOf(name)) tested.add(number);
  }
  const readme = readFileSync(`${packages}server/README.md`, "utf8");
  const refused = Array.from(readme.matchAll(/^\| ((?:S\d+(?:, )?)+) +\| \S/gm), ([, cell = ""]) => cell).flatMap(
    (cell) => Array.from(cell.matchAll(/S(\d+)/g), ([, number]) => Number(number)),
  );
  const all = Array.from({ length: last }, (_, index) => index + 1);
  expect(all.filter((number) => !tested.has(number) && !refused.includes(number))).toEqual([]);
  expect(refused.filter((number) => tested.has(number))).toEqual([]);
  expect([...tested, ...refused].filter((number) => number < 1 || number > last)).toEqual([]);
});
