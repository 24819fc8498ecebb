// Copies what a running gateway keeps into a folder from which it can be started: configuration with the files that it names, bus, key-value store,
// database, in the order in which messages travel, so that one on its way is rather handled twice after a restore than never.

import { constants, copyFile, mkdir, open, readdir, symlink } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { Bus } from "@switchboard/bus";
import type { EmbeddedBus } from "@switchboard/bus/embedded";
import { busOf, databaseOf, keyValueOf } from "../config/engines.ts";
import type { GatewayFile } from "../config/gateway-file.ts";
import { GatewayError } from "../errors.ts";
import type { GatewayWorkerPlan } from "../workers/plan.ts";
import { copyDatabase } from "./copy-database.ts";
import { namedFiles } from "./named-files.ts";

/** What a backup is made of. */
export interface BackupParts {
  readonly current: { readonly file: GatewayFile };
  /** The open bus that the file asks for. */
  readonly bus: Bus;
  /** The workers as they are now. */
  readonly plans: () => readonly GatewayWorkerPlan[];
}

/** What was copied, as names within the folder, and what is kept elsewhere and was not. */
export interface BackupReport {
  readonly folder: string;
  readonly copied: readonly string[];
  readonly left: readonly string[];
}

/**
 * Makes a backup in `folder`, which is created, or is empty. Messages go on meanwhile; those that are published while the bus is copied wait for it.
 *
 * @throws {GatewayError} GATEWAY_BACKUP_FOLDER when the folder has something in it, or is no absolute path.
 * @throws {StorageError} STORAGE_DISK_FULL and others. What was copied before stays.
 */
export async function makeBackup(
  parts: BackupParts,
  folder: string,
  onProgress: (text: string) => void = () => undefined,
): Promise<BackupReport> {
  await prepareFolder(folder);
  const { bus } = parts;
  const { file } = parts.current;
  const { dataFolder } = file;
  const placeOf = (path: string): string => {
    const within = relative(dataFolder, path);
    return within.startsWith("..") || isAbsolute(within) ? basename(path) : within;
  };
  const copied: string[] = [];
  const left: string[] = [];
  const take = async (name: string, copy: (to: string) => Promise<void>): Promise<void> => {
    onProgress(name);
    await copy(join(folder, name));
    copied.push(name);
  };
  await take(basename(file.name), (to) => copyFile(file.name, to, constants.COPYFILE_EXCL));
  left.push(...(await takeNamed(parts, folder, take)));
  const busChoice = busOf(file);
  // Only the process that has the embedded bus open can read it.
  if (busChoice.driver === "embedded") {
    await take(placeOf(busChoice.path), (to) => (bus as EmbeddedBus).copyTo(to));
  } else left.push("the bus: RabbitMQ");
  const keyValue = keyValueOf(file);
  if (keyValue.driver === "sqlite") await take(placeOf(keyValue.path), (to) => copyDatabase(keyValue.path, to));
  else left.push(`the key-value store: ${keyValue.driver}`);
  const database = databaseOf(file);
  if (database.driver === "sqlite") await take(placeOf(database.path), (to) => copyDatabase(database.path, to));
  else left.push("the database: PostgreSQL");
  const password = join(dataFolder, "admin-password");
  await take(basename(password), (to) => copyFile(password, to)).catch((error: unknown) => {
    // Whoever has a password of their own has deleted it.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  });
  await syncFiles(folder, copied);
  return { folder, copied, left };
}

/** Copies the files that the configuration names, where it will look for them. Returns what was not copied, and why. */
async function takeNamed(
  { current: { file }, plans }: BackupParts,
  folder: string,
  take: (name: string, copy: (to: string) => Promise<void>) => Promise<void>,
): Promise<string[]> {
  const from = resolve(file.source.folder ?? ".");
  const [bus, database, keyValue] = [busOf(file), databaseOf(file), keyValueOf(file)];
  const except = [
    resolve(file.name),
    ...(file.dispatcher.pidfile === undefined ? [] : [file.dispatcher.pidfile]),
    ...(bus.driver === "embedded" ? [bus.path] : []),
    ...(database.driver === "sqlite" ? [database.path] : []),
    ...(keyValue.driver === "sqlite" ? [keyValue.path] : []),
  ];
  const { files, left, packages } = await namedFiles({ file, plans: plans(), except });
  for (const path of files) {
    await take(relative(from, path), async (to) => {
      await mkdir(dirname(to), { recursive: true, mode: 0o700 });
      await copyFile(path, to, constants.COPYFILE_EXCL);
    });
  }
  // What classes and plugins import is as large as all of this program, and can be installed again.
  if (packages === undefined) return [...left];
  await symlink(packages, join(folder, "node_modules"));
  return [...left, `${packages}: packages; node_modules in the copy is a link to it`];
}

async function prepareFolder(folder: string): Promise<void> {
  if (!isAbsolute(folder)) throw refused(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await readdir(folder);
  if (found.length > 0) throw refused(`${folder} with ${found[0] ?? ""} in it`);
}

function refused(got: string): GatewayError {
  const wanted = "an absolute path of an empty or new folder";
  return new GatewayError("GATEWAY_BACKUP_FOLDER", `folder: expected ${wanted}, got ${got}`);
}

// A backup that a power cut takes away would be none.
async function syncFiles(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const path = join(folder, name);
    const files = await readdir(path).catch(() => undefined);
    for (const one of files === undefined ? [path] : files.map((inside) => join(path, inside))) {
      const handle = await open(one, "r");
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    }
  }
}
