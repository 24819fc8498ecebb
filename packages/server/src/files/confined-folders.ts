// The folders that clients may read and write, and nothing else: whatever a path says, and wherever links lead.

import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, sep } from "node:path";
import { ServerError } from "../errors.ts";

/** Folders that files may be transferred from and to. */
export class ConfinedFolders {
  readonly #folders: readonly string[];

  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** The real path of something that exists. @throws {ServerError} FILE_REFUSED. */
  async existing(path: string): Promise<string> {
    check(path);
    const real = await realpath(path).catch(() => undefined);
    if (real !== undefined && (await this.#contains(real))) return real;
    throw refused();
  }

  /** The real path of a file that shall be written; its folder exists, and it is no link. @throws {ServerError} FILE_REFUSED. */
  async writable(path: string): Promise<string> {
    check(path);
    const name = basename(path);
    if (name === "" || name === "." || name === "..") throw refused();
    const folder = await realpath(dirname(path)).catch(() => undefined);
    if (folder === undefined || !(await this.#contains(folder))) throw refused();
    const target = join(folder, name);
    const found = await lstat(target).catch(() => undefined);
    if (found !== undefined && !found.isFile()) throw refused();
    return target;
  }

  async #contains(real: string): Promise<boolean> {
    for (const folder of this.#folders) {
      const root = await realpath(folder).catch(() => undefined);
      if (root !== undefined && (real === root || real.startsWith(root.endsWith(sep) ? root : root + sep))) return true;
    }
    return false;
  }
}

function check(path: string): void {
  if (!isAbsolute(path) || path.includes("\0")) throw refused();
}

// The same whether there is such a file or not.
function refused(): ServerError {
  return new ServerError("FILE_REFUSED", "no such file in the folders that this server may use");
}
