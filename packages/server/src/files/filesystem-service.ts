// The service `filesystem`: looking at the folders that the server may use, and tokens for files in them.

import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { errno, RpcError } from "@switchboard/protocol";
import type { Principal } from "../auth/index.ts";
import type { Caller, ServiceDefinition } from "../rpc/service.ts";
import type { ConfinedFolders } from "./confined-folders.ts";
import { downloadOf, type FileTransfers, uploadTo } from "./transfers.ts";

/** What `list_dir` and `stat` say of a file. */
interface FileEntry {
  readonly name: string;
  readonly type: "FILE" | "DIRECTORY" | "OTHER";
  readonly size: number;
  readonly modified: Date;
}

const path = { title: "path", type: "string", mandatory: true } as const;
const maxEntries = 10_000;

/** The definition of the service. Its methods need the role `files`. */
export function filesystemService(folders: ConfinedFolders, transfers: FileTransfers): ServiceDefinition {
  return {
    description: "Files in the folders that the server may use",
    roles: ["files"],
    methods: {
      list_dir: {
        description: "What is in a folder",
        accepts: [path],
        returns: { type: "array", items: { type: "object" } },
        handler: async (folder: string) => listFolder(await folders.existing(folder)),
      },
      stat: {
        description: "Type, size and time of one file or folder",
        accepts: [path],
        returns: { type: "object" },
        handler: async (file: string) => entryOf(await folders.existing(file)),
      },
      download: {
        description: "A token with which the file can be fetched once, from /file or /filedownload",
        accepts: [path],
        returns: { type: "string" },
        passSender: true,
        handler: async (file: string, sender?: Caller) =>
          transfers.offer(await downloadOf(await folders.existing(file)), principalOf(sender)),
      },
      upload: {
        description: "A token with which the file can be sent once, to /file",
        accepts: [
          path,
          { title: "size", type: ["integer", "null"], minimum: 0 },
          { title: "mode", type: ["integer", "null"], minimum: 0, maximum: 0o777 },
        ],
        returns: { type: "string" },
        passSender: true,
        handler: async (file: string, size?: number | null, mode?: number | null, sender?: Caller) =>
          transfers.offer(uploadTo(await folders.writable(file), size ?? null, mode ?? 0o640), principalOf(sender)),
      },
      get_open_files: {
        description: "Transfers that are offered or under way",
        accepts: [],
        returns: { type: "array", items: { type: "object" } },
        handler: () => transfers.list(),
      },
    },
  };
}

const ownPrincipal: Principal = { kind: "service", name: "server", roles: new Set(["service"]) };

function principalOf(sender: Caller | undefined): Principal {
  return sender?.principal ?? ownPrincipal;
}

async function listFolder(folder: string): Promise<FileEntry[]> {
  const names = await readdir(folder).catch(() => {
    throw new RpcError(errno.ENOTDIR, "expected a folder");
  });
  const entries: FileEntry[] = [];
  for (const name of names.slice(0, maxEntries)) {
    // What has gone meanwhile, or is a link to nowhere, is left out.
    const entry = await entryOf(join(folder, name)).catch(() => undefined);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

async function entryOf(file: string): Promise<FileEntry> {
  const found = await stat(file);
  const type = found.isFile() ? "FILE" : found.isDirectory() ? "DIRECTORY" : "OTHER";
  return { name: basename(file), type, size: found.size, modified: found.mtime };
}
