// Places for files that are gone when the test process is gone.

import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guard } from "./guard.ts";

/** Returns the path of a new empty folder, removed when this process ends. */
export function tempFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "switchboard-"));
  guard(`remove ${path}`);
  return path;
}

/** A file system that can be filled. */
export interface SmallDisk {
  readonly path: string;
  /** Unmounts it. Done by itself when this process ends. */
  release(): void;
}

/** Returns an empty file system of `sizeBytes`, or undefined where mounting is not allowed (it takes root on Linux). */
export function smallDisk(sizeBytes: number): SmallDisk | undefined {
  const path = tempFolder();
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${sizeBytes}`, "tmpfs", path], { stdio: "ignore" });
  if (mount.status !== 0) return undefined;
  const forget = guard(`unmount ${path}`);
  return {
    path,
    release: () => {
      spawnSync("umount", ["-l", path], { stdio: "ignore" });
      forget();
    },
  };
}
