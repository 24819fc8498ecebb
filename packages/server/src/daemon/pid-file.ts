// The file with the server's process id. One server at a time has it; one that a crash has left is taken over.

import { mkdirSync, openSync, readFileSync, rmSync, writeSync, closeSync } from "node:fs";
import { dirname } from "node:path";
import { ServerError } from "../errors.ts";

/**
 * Writes the file. Returns what removes it again.
 *
 * @throws {ServerError} DAEMON_RUNNING when the process that it names is alive; and the system's errors.
 */
export function writePidFile(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true });
  for (let attempt = 0; ; attempt++) {
    try {
      const file = openSync(path, "wx", 0o644);
      writeSync(file, `${process.pid}\n`);
      closeSync(file);
      return () => {
        if (readPid(path) === process.pid) rmSync(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt > 0) throw error;
      const pid = readPid(path);
      // Our own number is left over from another life too: in a container it is always the same.
      if (pid !== undefined && pid !== process.pid && isAlive(pid)) {
        throw new ServerError("DAEMON_RUNNING", `${path} belongs to process ${pid}, which is alive`);
      }
      rmSync(path, { force: true });
    }
  }
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, "utf8").trim());
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
