// `switchboard login-link`: prints a link that signs somebody in to the console once.

import { Command } from "commander";
import { addConnectionOptions, type ConnectionFlags, withClient } from "./connection.ts";

interface Flags extends ConnectionFlags {
  readonly console: string;
  readonly for?: string;
}

/** The verb. */
export function loginLinkCommand(): Command {
  return addConnectionOptions(new Command("login-link"))
    .description("print a link that signs in to the console, once and within five minutes")
    .option("--console <url>", "where the console is", "http://localhost:8180")
    .option("--for <name>", "whom it signs in; others than yourself only for administrators")
    .addHelpText("after", "\nExample:\n  switchboard login-link --user root --password-file var/admin-password")
    .action(print);
}

async function print(flags: Flags): Promise<void> {
  const link = await withClient(flags, (client) => client.call("auth.create_link", [flags.for ?? null]));
  console.log(`${flags.console.replace(/\/$/, "")}/login/once/${String(link)}`);
}
