// Who listens on a port of this machine, as far as Linux lets us know: its own processes' sockets are readable, other users' are not.

import { readdir, readFile, readlink } from "node:fs/promises";

/** A process that listens. */
export interface PortOwner {
  readonly pid: number;
  /** Its name, as `ps` shows it. */
  readonly command: string;
}

const listening = "0A";

/** The process that listens on a TCP port; undefined when nobody does, or when it cannot be known. */
export async function portOwner(port: number): Promise<PortOwner | undefined> {
  const inodes = new Set((await Promise.all(["tcp", "tcp6"].map((table) => listenersIn(table, port)))).flat());
  if (inodes.size === 0) return undefined;
  for (const pid of await namesIn("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    for (const descriptor of await namesIn(`/proc/${pid}/fd`)) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => "");
      if (!inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? "")) continue;
      const command = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
      return { pid: Number(pid), command: command.trim() };
    }
  }
  return undefined;
}

/** The inodes of the sockets that listen on a port, from one table of `/proc/net`. */
async function listenersIn(table: string, port: number): Promise<string[]> {
  const text = await readFile(`/proc/net/${table}`, "utf8").catch(() => "");
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return text.split("\n").flatMap((line) => {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    return local.endsWith(end) && state === listening && inode !== undefined ? [inode] : [];
  });
}

// Processes end while we look.
function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
