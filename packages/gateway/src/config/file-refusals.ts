// Why a configuration file is not written, each with what to do instead.

import { constants } from "node:fs";
import { access, readFile, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { ConfigPath } from "@switchboard/messaging/config";
import { GatewayError } from "../errors.ts";
import type { GatewayFile } from "./gateway-file.ts";
import type { PresentWorker } from "./worker-entries.ts";
import type { WorkerEntry } from "./written-text.ts";

/** Why the file cannot be written whatever is to be in it. */
export async function placeRefusal({ path, isThere, text }: GatewayFile): Promise<GatewayError | undefined> {
  if (path === undefined) {
    return new GatewayError(
      "GATEWAY_FILE_READ_ONLY",
      "the configuration came from no file; `switchboard config export` prints it",
    );
  }
  const onDisk = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (onDisk !== (isThere ? text : undefined)) {
    return new GatewayError(
      "GATEWAY_FILE_CHANGED",
      `${path} was changed since the gateway read it. SIGHUP, or a restart, makes the gateway read it again; what was changed at run time stays`,
    );
  }
  try {
    await access(dirname(isThere ? await realpath(path) : path), constants.W_OK);
    if (!isThere) return undefined;
    await access(path, constants.W_OK);
    // Only its owner can give a new file to its owner.
    const user = process.getuid?.();
    if (user === undefined || user === 0 || user === (await stat(path)).uid) return undefined;
    throw new Error("it belongs to somebody else");
  } catch (cause) {
    const user = process.getuid === undefined ? "the gateway's user" : `the gateway's user, ${process.getuid()},`;
    return new GatewayError(
      "GATEWAY_FILE_READ_ONLY",
      `${path}: ${user} may not write it and its folder. Let it, or put what \`switchboard config export\` prints in its place by hand`,
      { cause },
    );
  }
}

/** Why a worker cannot be changed in this file: some of it stands elsewhere. */
export function partsRefusal(
  file: GatewayFile,
  changed: { readonly entries: readonly WorkerEntry[]; readonly workers: readonly PresentWorker[] },
): GatewayError | undefined {
  const {
    name: own,
    source: { folder },
  } = file;
  const reasons = changed.entries.flatMap(({ name, before }) => {
    const configFile = before?.["config-file"];
    if (typeof configFile === "string") return [`${name} has \`config-file: ${configFile}\``];
    const other = file.source.locate(["workers"])?.source ?? own;
    const elsewhere = [
      other,
      ...pathsIn(before, ["workers", name]).map((path) => file.source.locate(path)?.source),
    ].find((source) => source !== undefined && source !== own);
    if (elsewhere !== undefined) return [`${name} has parts in ${elsewhere} (\`!include\`)`];
    const plan = changed.workers.find((worker) => worker.plan.name === name)?.plan;
    if (plan === undefined || isSameFolder(plan.source.folder, folder)) return [];
    return [`${name} has file names relative to ${plan.source.folder ?? "no folder"}`];
  });
  if (reasons.length === 0) return undefined;
  return new GatewayError(
    "GATEWAY_FILE_PARTS",
    `${reasons.join("; ")}, which is not written to. Make these changes there by hand, as \`switchboard config export\` prints them, and send SIGHUP`,
  );
}

function isSameFolder(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || resolve(one) === resolve(other ?? ".");
}

/** Every path within a value. */
function pathsIn(value: unknown, path: ConfigPath): ConfigPath[] {
  if (typeof value !== "object" || value === null) return [path];
  const isList = Array.isArray(value);
  return [
    path,
    ...Object.entries(value).flatMap(([key, inner]) => pathsIn(inner, [...path, isList ? Number(key) : key])),
  ];
}

/** Why workers cannot be told apart in this file. */
export function sharedRefusal({ name }: GatewayFile): GatewayError {
  return new GatewayError(
    "GATEWAY_FILE_PARTS",
    `${name} shares parts between workers (\`&\`, \`*\`, \`<<\`) so that one cannot be changed alone. Make the changes by hand, as \`switchboard config export\` prints them, and send SIGHUP`,
  );
}
