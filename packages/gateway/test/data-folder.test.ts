// Which folders can be the data folder, and what is said of those that cannot.

import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawnNode, tempFolder } from "@switchboard/testkit";
import { expect, it } from "vitest";
import { prepareDataFolder } from "../src/data-folder.ts";

const isRoot = process.getuid?.() === 0;

it("is made, with those above it, for its owner alone", () => {
  const folder = join(tempFolder(), "above", "data");
  expect(prepareDataFolder(folder)).toEqual({ isOpenToOthers: false });
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(prepareDataFolder(folder)).toEqual({ isOpenToOthers: false });
  chmodSync(folder, 0o750);
  expect(prepareDataFolder(folder)).toEqual({ isOpenToOthers: true });
});

it("is refused where nothing can be made, or a file is", () => {
  const folder = tempFolder();
  const file = join(folder, "file");
  writeFileSync(file, "");
  for (const path of [file, join(file, "below"), join(file, "far", "below")]) {
    expect(() => prepareDataFolder(path)).toThrow(
      expect.objectContaining({ code: "GATEWAY_DATA_FOLDER", message: expect.stringMatching(/is a file$/) }),
    );
  }
  if (existsSync("/proc/self")) {
    expect(() => prepareDataFolder("/proc/nothing/here")).toThrow(
      expect.objectContaining({ code: "GATEWAY_DATA_FOLDER", details: { folder: "/proc/nothing/here" } }),
    );
  }
});

it.runIf(isRoot)("is refused when it is another user's, who is named", async () => {
  const above = tempFolder();
  const folder = join(above, "data");
  mkdirSync(folder, { mode: 0o700 });
  chownSync(folder, 4711, 4711);
  chmodSync(above, 0o755);
  const child = spawnNode(new URL("fixtures/data-folder-as-nobody.ts", import.meta.url), [
    folder,
    join(folder, "below"),
  ]);
  const said: string[] = [];
  for await (const line of child.lines) said.push(line);
  const reason = `${folder} is user 4711's with mode 700, and this process is user 65534's`;
  expect(said).toEqual([folder, join(folder, "below")].map((path) => `${path} cannot be the data folder: ${reason}`));
});

it.runIf(isRoot)("is refused on a read-only file system", () => {
  const place = tempFolder();
  // Where nothing may be mounted there is nothing to see.
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", place]).status !== 0) return;
  try {
    for (const path of [place, join(place, "data")]) {
      expect(() => prepareDataFolder(path)).toThrow(
        expect.objectContaining({ message: expect.stringContaining("its file system is read-only") }),
      );
    }
  } finally {
    spawnSync("umount", ["-l", place]);
  }
});
