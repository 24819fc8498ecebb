// The plugin that the README shows, in a plugin directory of a real server.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawnNode, tempFolder } from "@switchboard/testkit";
import { expect, it } from "vitest";

it("is discovered, refuses bad input, shows progress to two clients, and reloads under load without an error", async () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const plugin = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
    .map(([, code = ""]) => code)
    .find((code) => code.includes("definePlugin"));
  const folder = tempFolder();
  mkdirSync(join(folder, "plugins"));
  writeFileSync(join(folder, "plugins/package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "plugins/weather.ts"), plugin ?? "");
  const program = spawnNode(new URL("readme-plugin-program.ts", import.meta.url), [folder]);
  const lines: string[] = [];
  for await (const line of program.lines) lines.push(line);
  // Node 22 still warns of its SQLite.
  const exit = await program.exited;
  const errors = program.stderr().replaceAll(/^\(.*(ExperimentalWarning: SQLite|--trace-warnings).*\n/gm, "");
  expect({ ...exit, stderr: errors }).toEqual({ code: 0, signal: null, stderr: "" });
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    found: true,
    types: true,
    refused: 22,
    state: "FINISHED",
    result: 7,
    heard: true,
    progress: [
      [25, 50, 75],
      [25, 50, 75],
    ],
    plugins: [["weather", "LOADED", null]],
  });
});
