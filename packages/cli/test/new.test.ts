// Each skeleton is written and passes its own test.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "../src/index.ts";
import { partKinds } from "../src/new.ts";

// Inside the repository, so that the skeletons find our packages.
const folder = mkdtempSync(join(fileURLToPath(new URL(".", import.meta.url)), "skeletons-"));
const said: string[] = [];
const log = console.log;

beforeAll(async () => {
  console.log = (text: string) => said.push(text);
  for (const kind of partKinds) expect(await run(["new", kind, `night-${kind}`, "--folder", folder])).toBe(0);
});

afterAll(() => {
  console.log = log;
  rmSync(folder, { recursive: true });
});

it("writes skeletons whose own tests pass", () => {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const config = join(root, "packages/cli/test/fixtures/skeletons.config.ts");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [vitest, "run", "--root", folder, "--config", config],
    {
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(stdout + stderr);
  for (const kind of partKinds) expect(stdout).toContain(`night-${kind}.test.ts`);
});

it("says how each is run, and leaves no placeholder", () => {
  expect(said.join("\n")).toContain(
    `class: ./${relative(process.cwd(), folder)}/night-application.ts#NightApplication`,
  );
  expect(said.join("\n")).toContain(`plugin-dirs: [./${relative(process.cwd(), folder)}/plugins]`);
  for (const kind of partKinds) {
    // Apart, since every file in a folder of plugins is taken for one.
    const text = readFileSync(join(folder, kind === "plugin" ? "plugins" : "", `night-${kind}.ts`), "utf8");
    expect(text).not.toMatch(/NAME|FILE/);
  }
});

it("does not overwrite files, and refuses names that are none", async () => {
  expect(await run(["new", "router", "night-router", "--folder", folder])).toBe(1);
  expect(await run(["new", "router", "night-router", "--folder", folder, "--force"])).toBe(0);
  expect(await run(["new", "router", "../x", "--folder", folder])).toBe(1);
  expect(existsSync(join(folder, "x.ts"))).toBe(false);
});
