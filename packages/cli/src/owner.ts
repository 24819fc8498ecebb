// Which process has a port or a file of this machine, as far as Linux lets us know: a user's own processes are readable, others' are not.

import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { basename } from "node:path";

/** A process that has something that is wanted. */
export interface Owner {
  readonly pid: number;
  /** Name of its program: `node`. Not its arguments, which may hold a password. */
  readonly command: string;
  /** The folder that it runs in; empty when unknown. */
  readonly folder: string;
}

const listening = "0A";

/** The process that listens on a TCP port; undefined when nobody does, or when it cannot be known. */
export async function portOwner(port: number): Promise<Owner | undefined> {
  const inodes = new Set((await Promise.all(["tcp", "tcp6"].map((table) => listenersIn(table, port)))).flat());
  if (inodes.size === 0) return undefined;
  return ownerOf((target) => inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? ""));
}

/** Another process that has a file open; undefined when none has, or when it cannot be known. */
export async function fileOwner(path: string): Promise<Owner | undefined> {
  const real = await realpath(path).catch(() => path);
  return ownerOf((target, pid) => target === real && pid !== process.pid);
}

/** An owner as errors say it. */
export function describeOwner(owner: Owner | undefined): string {
  if (owner === undefined) return "another process";
  const { command, pid, folder } = owner;
  return `${command} (process ${pid}${folder === "" ? "" : `, in ${folder}`})`;
}

async function ownerOf(isWanted: (target: string, pid: number) => boolean): Promise<Owner | undefined> {
  for (const name of await namesIn("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    for (const descriptor of await namesIn(`/proc/${name}/fd`)) {
      const target = await readlink(`/proc/${name}/fd/${descriptor}`).catch(() => "");
      if (!isWanted(target, Number(name))) continue;
      const program = await readlink(`/proc/${name}/exe`).catch(() => "a program");
      const folder = await readlink(`/proc/${name}/cwd`).catch(() => "");
      return { pid: Number(name), command: basename(program), folder };
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
