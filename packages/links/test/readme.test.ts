// The README's programs are those under examples/, which have tests of their own, and its table names the options that there are.

import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { resolveReconnectOptions, resolveSocketOptions } from "../src/options.ts";

const root = new URL("../../../", import.meta.url);
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

it("shows programs as they are", () => {
  const shown = [...readme.matchAll(/^```ts\n\/\/ (examples\/\S+)\n([\s\S]*?)^```$/gm)];
  expect(shown).toHaveLength(2);
  for (const [, path = "", code = ""] of shown) {
    const lines = readFileSync(new URL(path, root), "utf8").split("\n");
    expect(lines.slice(lines.findIndex((line) => line.startsWith("import"))).join("\n")).toBe(code);
  }
});

it("names every option, and no other", () => {
  const [, table = ""] = /## Options and limits\n([\s\S]*?)\n## /.exec(readme) ?? [];
  const named = table.split("\n").flatMap((row) => (row.split("|")[1] ?? "").match(/(?<=`)\w+(?=`)/g) ?? []);
  const options = { ...resolveSocketOptions({}), ...resolveReconnectOptions({}), maxLinks: 1000 };
  expect(named.toSorted()).toEqual(Object.keys(options).toSorted());
});

it("links to what exists", () => {
  const links = [...readme.matchAll(/\]\((?!http)([^)#]+)/g)].map(([, path = ""]) => path);
  const here = new URL("../", import.meta.url);
  expect(links.filter((path) => !existsSync(new URL(path, here)))).toEqual([]);
});
