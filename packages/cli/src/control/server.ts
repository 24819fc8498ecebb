// `switchboard server`: the dispatcher server by itself, without the messaging platform. Its options are the server's own.

import { Command } from "commander";
import { consoleFolder } from "../console-folder.ts";

/** The verb's name. */
export const serverVerb = "server";

/** The verb as help and completion show it; {@link runServer} runs it. */
export function serverCommand(): Command {
  return new Command(serverVerb)
    .description("run the dispatcher server alone, in the foreground; its own options with --help")
    .argument("[options...]", "as of the FreeNAS dispatcher: -c FILE, -p PORT and so on")
    .addHelpText("after", "\nExample:\n  switchboard server -c /etc/middleware.conf");
}

/** Runs the server until it is told to stop, and resolves with its exit code. */
export async function runServer(options: readonly string[]): Promise<number> {
  // Loaded only here, because no other verb needs a server.
  const { runServerDaemon } = await import("@switchboard/server/daemon");
  const folder = consoleFolder();
  return runServerDaemon(options, folder === undefined ? {} : { staticFolder: folder });
}
