// The `switchboard` command: its verbs, and what becomes of errors. Each verb has a file of its own.

import { createRequire } from "node:module";
import { RpcError } from "@switchboard/client";
import { SwitchboardError } from "@switchboard/core";
import { Command, CommanderError } from "commander";
import { controlCommands } from "./control/commands.ts";
import { describeFailure, exitCodeOf } from "./control/failure.ts";
import { runServer, serverVerb } from "./control/server.ts";
import { helpCommand, helpLayout } from "./help.ts";

export { CliError, type CliErrorCode, cliErrors } from "./errors.ts";

/** Exit codes: 0 done, 2 the command line is wrong; what failed is in control/failure.ts. */
const usage = 2;
const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

/** Runs the command with these arguments and resolves with its exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  // Its options are not this command's.
  if (verb === serverVerb) return runServer(rest);
  const program = new Command("switchboard")
    .description("Connects the channels people write on to the programs that answer them.")
    .version(version, "-V, --version", "print the version")
    .showSuggestionAfterError()
    .showHelpAfterError("(--help lists them)")
    .configureHelp(helpLayout)
    .addHelpCommand(helpCommand())
    .addHelpText(
      "after",
      "\nBegin with `switchboard start`, which runs a try-out of everything where there is no file.",
    )
    // Else options behind a verb of a verb would go to the first one, which has some of the same names.
    .enablePositionalOptions()
    .exitOverride();
  for (const command of await commandsFor(args)) {
    // Shells call it, people do not.
    program.addCommand(command, { hidden: command.name() === "complete" });
  }
  prepare(program);
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usage;
    console.error(describe(error));
    return exitCodeOf(error);
  }
}

// A platform takes most of a second to load, which a call of a server need not wait for; nor does somebody who completes one.
async function commandsFor(args: readonly string[]): Promise<readonly Command[]> {
  const control = controlCommands();
  const [verb, ...words] = args[0] === "complete" ? args.slice(2) : args;
  const isControl = control.some((command) => command.name() === verb);
  if (isControl && (args[0] !== "complete" || words.length > 0)) return control;
  const { platformCommands } = await import("./platform-commands.ts");
  return [...platformCommands(), ...control];
}

// Verbs of verbs do not inherit it.
function prepare(parent: Command): void {
  for (const command of parent.commands) {
    command
      .exitOverride()
      .configureHelp(helpLayout)
      .showHelpAfterError("(add --help for all options)")
      .showSuggestionAfterError();
    prepare(command);
  }
}

// People get the sentence and what to do; the stack is for programming errors only.
function describe(error: unknown): string {
  if (error instanceof RpcError) return describeFailure(error);
  if (error instanceof SwitchboardError) return `switchboard: ${error.message}${hintAt(error.code)} [${error.code}]`;
  if (isSystemError(error)) return `switchboard: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

// A file that is not there, say.
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === "string";
}

const hints: Readonly<Record<string, string>> = {
  CLIENT_CONNECT_FAILED: "; is a gateway running there? --server names another one",
  STORAGE_LOCKED: "; another process has it open, such as a gateway or a worker",
};

function hintAt(code: string): string {
  return hints[code] ?? "";
}
