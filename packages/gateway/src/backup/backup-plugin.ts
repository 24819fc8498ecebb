// The task `system.backup`, which `switchboard backup` submits.

import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import { defineTask, type TaskContext } from "@switchboard/server/tasks";
import { administrators } from "../services/common.ts";
import { type BackupParts, makeBackup } from "./backup.ts";

const steps = 5;

/** Offers the task. */
export function backupPlugin(parts: BackupParts): Plugin {
  return definePlugin({
    name: "backup",
    tasks: {
      "system.backup": defineTask<[string]>({
        name: "system.backup",
        description: "Copies all that this gateway keeps into a folder of its machine.",
        accepts: [{ title: "folder", type: "string", minLength: 1, mandatory: true }],
        // The copy has everybody's messages, and the first password.
        roles: administrators,
        describe: (_context, folder) => ({ message: `Copy all that is kept into ${folder}`, name: folder }),
        verify: () => [],
        run: (context: TaskContext, folder) => {
          let step = 0;
          return makeBackup(parts, folder, (text) => context.setProgress((100 * step++) / steps, text));
        },
      }),
    },
  });
}
