// `switchboard backup`: copies all that the running gateway keeps into a folder of its machine, while messages go on.

import { resolve } from "node:path";
import type { Command } from "commander";
import { followTask } from "../task.ts";
import { type GatewayFlags, gatewayVerb } from "./verb.ts";

/** The verb. */
export function backupCommand(): Command {
  return gatewayVerb(
    "backup",
    "copy all that the gateway keeps into a folder of its machine, while it runs",
    "backup /var/backups/switchboard/monday",
  )
    .argument("<folder>", "a new or empty one; relative to where this command runs")
    .action((folder: string, flags: GatewayFlags) =>
      followTask(flags, (client) => client.submitTask("system.backup", [resolve(folder)]), describe),
    );
}

function describe(result: unknown): string {
  const { folder, copied, left } = result as Readonly<Record<"copied" | "left", readonly string[]>> & {
    folder: string;
  };
  return [`${copied.join(", ")} copied into ${folder}`, ...left.map((text) => `left out: ${text}`)].join("\n");
}
