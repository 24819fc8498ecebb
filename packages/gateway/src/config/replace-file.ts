// Replaces a file as a whole: its owner and mode stay, and the former text is beside it.

import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { GatewayFile } from "./gateway-file.ts";

/** Whoever reads the file meanwhile finds the former or the new one, never half of it. */
export async function replaceFile({ path = "", isThere, text: former }: GatewayFile, text: string): Promise<void> {
  const target = isThere ? await realpath(path) : path;
  // It may hold passwords.
  const { mode, uid, gid } = isThere ? await stat(target) : { mode: 0o600, uid: undefined, gid: undefined };
  const owner = uid === undefined || gid === undefined ? undefined : { uid, gid };
  if (isThere) await writeWhole(`${target}.bak`, former, { mode, owner });
  await writeWhole(target, text, { mode, owner });
  const folder = await open(dirname(target));
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writeWhole(
  path: string,
  text: string,
  {
    mode,
    owner,
  }: { readonly mode: number; readonly owner: { readonly uid: number; readonly gid: number } | undefined },
): Promise<void> {
  const next = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  await rm(next, { force: true });
  const handle = await open(next, "wx", mode & 0o777);
  try {
    await handle.writeFile(text);
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid);
    await handle.sync();
    await handle.close();
    await rename(next, path);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(next, { force: true });
    throw error;
  }
}
