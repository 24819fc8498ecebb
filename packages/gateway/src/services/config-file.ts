// How the service `config` writes what was changed at run time back into the configuration file, and says before what that would do.

import { errno, RpcError } from "@switchboard/protocol";
import { defineTask, type TaskClass } from "@switchboard/server/tasks";
import type { FileChanges } from "../config/write-config.ts";
import { GatewayError } from "../errors.ts";
import type { Board } from "./board.ts";
import { administrators } from "./common.ts";
import { objectArgument } from "./schemas.ts";

interface WriteArgument {
  /** Of the changes that were looked at; without it whatever there is. */
  readonly revision?: string;
}

/** What `config.file_changes` answers. */
export async function fileChanges({ view }: Board): Promise<object> {
  const { refusal, ...changes } = await view.fileChanges();
  return {
    ...rowOf(changes),
    refused: refusal === undefined ? null : { code: refusal.code, message: refusal.message },
  };
}

/** The task `config.write`; its result says which file was written, and of which workers. */
export function writeTask({ view }: Board): TaskClass {
  return defineTask<[WriteArgument]>({
    name: "config.write",
    description:
      "Write what was changed of workers at run time into the configuration file; a copy of the former stays beside it.",
    accepts: [{ ...objectArgument("options", { revision: { type: "string" } }), default: {} }],
    roles: administrators,
    describe: () => ({ message: "Write the configuration file", name: "config" }),
    verify: async () => {
      const { refusal } = await view.fileChanges();
      if (refusal !== undefined) throw refused(refusal);
      return [];
    },
    run: async (_context, { revision }: WriteArgument) => {
      try {
        const { path, workers } = await view.writeConfig(revision);
        return { path, workers };
      } catch (error) {
        throw error instanceof GatewayError ? refused(error) : error;
      }
    },
  });
}

function rowOf({ path, isNew, workers, diff, revision }: Omit<FileChanges, "refusal">): object {
  return { path: path ?? null, is_new: isNew, workers, diff, revision };
}

function refused(error: GatewayError): RpcError {
  const number = error.code === "GATEWAY_FILE_CHANGED" ? errno.ESTALE : errno.EROFS;
  return new RpcError(number, error.message, { extra: { code: error.code } });
}
