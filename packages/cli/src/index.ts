// The `switchboard` command: its verbs, and what becomes of errors. Each verb has a file of its own.

import { SwitchboardError } from "@switchboard/core";
import { Command, CommanderError } from "commander";
import { checkCommand } from "./check.ts";
import { classesCommand } from "./classes.ts";
import { initCommand } from "./init.ts";
import { injectCommand } from "./inject-messages.ts";
import { startCommand } from "./start.ts";
import { workerCommand } from "./worker.ts";

export { CliError, type CliErrorCode, cliErrors } from "./errors.ts";

/** Exit codes: 0 done, 1 it failed, 2 the command line is wrong. */
const failed = 1;
const usage = 2;

/** Runs the command with these arguments and resolves with its exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const program = new Command("switchboard")
    .description("Connects the channels people write on to the programs that answer them.")
    .showSuggestionAfterError()
    .exitOverride()
    .addCommand(startCommand())
    .addCommand(initCommand())
    .addCommand(checkCommand())
    .addCommand(workerCommand())
    .addCommand(injectCommand())
    .addCommand(classesCommand());
  for (const command of program.commands) command.exitOverride().showHelpAfterError("(add --help for all options)");
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usage;
    console.error(describe(error));
    return failed;
  }
}

// People get the sentence and what to do; the stack is for programming errors only.
function describe(error: unknown): string {
  if (error instanceof SwitchboardError) return `switchboard: ${error.message} [${error.code}]`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
