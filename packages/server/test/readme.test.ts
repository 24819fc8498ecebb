// The README's programs run and print what their comments say, and its links lead somewhere.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { builtProgram, spawnNode, tempFolder } from "@switchboard/testkit";
import { expect, it } from "vitest";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const programs = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);

/** What the lines behind a program's comments say that it prints. */
function promised(program: string): string {
  const lines = program.split("\n");
  return lines
    .filter(
      (line, index) => /^\s*\/\/ /.test(line) && /console\.log|^\s*\}|^await datastore/.test(lines[index - 1] ?? ""),
    )
    .map((line) => line.trim().slice(3))
    .join("\n");
}

it.each(
  programs.map((program) => [program.split("\n").find((line) => line.includes("@switchboard/server")) ?? "", program]),
)("%s prints what it says", async (_, program) => {
  const folder = tempFolder();
  mkdirSync(join(folder, "var"));
  const file = join(folder, "program.ts");
  writeFileSync(file, program.replaceAll('"var/', `"${folder}/var/`));
  const child = spawnNode(await builtProgram(pathToFileURL(file)));
  const printed: string[] = [];
  for await (const line of child.lines) printed.push(line);
  expect(await child.exited).toEqual({ code: 0, signal: null });
  expect(printed.join("\n")).toBe(promised(program));
});

it("links to what exists", () => {
  const links = [...readme.matchAll(/\]\((?!http)([^)#]+)/g)].map(([, path = ""]) => path);
  expect(links.filter((path) => !existsSync(new URL(path, new URL("../", import.meta.url))))).toEqual([]);
});
