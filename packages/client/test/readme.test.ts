// The README's programs run against a real server and print what it says, and its links lead somewhere.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { builtProgram, spawnNode, tempFolder } from "@switchboard/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RealServer, startRealServer } from "./real-server.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const programs = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
const [, printed = ""] = /^prints\n\n```text\n([\s\S]*?)^```$/m.exec(readme) ?? [];

let real: RealServer;

beforeAll(async () => {
  real = await startRealServer();
});

afterAll(() => real.close());

async function outputOf(program: string): Promise<string> {
  const file = join(tempFolder(), "program.ts");
  const { password } = real.login;
  const code = program.replace("ws://127.0.0.1:5000", real.webSocket).replace("correct horse", password);
  writeFileSync(file, code);
  const child = spawnNode(await builtProgram(pathToFileURL(file)));
  const lines: string[] = [];
  for await (const line of child.lines) lines.push(`${line}\n`);
  expect(await child.exited).toEqual({ code: 0, signal: null });
  return lines.join("");
}

it("shows a program and what it prints", async () => {
  expect(await outputOf(programs[0] ?? "")).toBe(printed);
});

it("links to what exists", () => {
  const links = [...readme.matchAll(/\]\((?!http)([^)#]+)/g)].map(([, path = ""]) => path);
  expect(links.filter((path) => !existsSync(new URL(path, new URL("../", import.meta.url))))).toEqual([]);
});
