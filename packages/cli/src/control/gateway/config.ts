// `switchboard config`: the running gateway's configuration as a file, and whether a worker's options would do.

import { Command } from "commander";
import { CliError } from "../../errors.ts";
import { withClient } from "../connection.ts";
import { harmless, printTable, printValue } from "../output.ts";
import { type GatewayFlags, gatewayVerb, type Row, textOf } from "./verb.ts";
import { fileValues } from "./option-file.ts";

/** The verb, with verbs of its own. */
export function configCommand(): Command {
  return new Command("config")
    .description("write the running gateway's configuration down, and check options of workers against it")
    .addHelpText("after", "\nExample:\n  switchboard config export > switchboard.yaml")
    .addCommand(
      gatewayVerb(
        "export",
        "print the configuration file with the changes made at run time, secrets masked",
        "config export",
      ).action(async (flags: GatewayFlags) => {
        const text = await withClient(flags, (client) => client.call("config.export"));
        if (flags.json) printValue(text, flags);
        else process.stdout.write(text as string);
      }),
    )
    .addCommand(
      gatewayVerb(
        "write",
        "write the changes of workers made at run time into the gateway's configuration file; a copy of the former stays beside it",
        "config write --dry-run",
      )
        .option("--dry-run", "only show what would be written, secrets masked")
        .action(write),
    )
    .addCommand(
      gatewayVerb(
        "validate",
        "say what is wrong with the options of a worker, changing nothing; ends with 1 when something is",
        "config validate echo echo.yaml",
      )
        .argument("<name>", "the worker that they are for, there or not")
        .argument("<file>", "the options, YAML or JSON")
        .option("--class <class>", "its class (default: the one that it has)")
        .action(validate),
    )
    .addCommand(
      gatewayVerb(
        "try",
        "say whether a worker's options are right, its ports free and its connections open, changing nothing; ends with 1 when not",
        "config try phones phones.yaml",
      )
        .argument("<name>", "the worker that they are for, there or not")
        .argument("<file>", "the options, YAML or JSON")
        .option("--class <class>", "its class (default: the one that it has)")
        .action(tryOut),
    );
}

interface FileChanges {
  readonly path: string | null;
  readonly workers: readonly Row[];
  readonly diff: string;
  readonly revision: string;
  readonly refused: { readonly code: string; readonly message: string } | null;
}

async function write({ dryRun, ...flags }: GatewayFlags & { readonly dryRun?: true }): Promise<void> {
  const changes = await withClient(flags, async (client) => {
    const found = (await client.call("config.file_changes")) as FileChanges;
    if (dryRun !== true) await (await client.submitTask("config.write", [{ revision: found.revision }])).result();
    return found;
  });
  const { path, workers, diff, refused } = changes;
  if (flags.json) {
    printValue(changes, flags);
    return;
  }
  if (diff !== "") console.log(harmless(diff));
  for (const { name, change, options } of workers) {
    console.log(`${textOf(change)} ${textOf(name)} ${(options as readonly string[]).join(", ")}`.trimEnd());
  }
  if (workers.length === 0) console.log("nothing is other than in the file");
  if (dryRun !== true) console.log(`written to ${path}`);
  else if (refused !== null) console.log(`would not be written: ${refused.message}`);
}

async function tryOut(
  name: string,
  path: string,
  { class: className, ...flags }: GatewayFlags & { class?: string },
): Promise<void> {
  const change = { name, config: await fileValues(path), ...(className !== undefined && { class: className }) };
  const answer = (await withClient(flags, (client) => client.call("config.try", [change]))) as {
    readonly ok: boolean;
    readonly problems: readonly Row[];
    readonly checks: readonly Row[];
  };
  if (flags.json) printValue(answer, flags);
  else if (answer.problems.length > 0) printTable(answer.problems, ["path", "message"]);
  else if (answer.checks.length === 0) console.log(`${path}: right; it opens no port and no connection`);
  else printTable(answer.checks, ["what", "target", "ok", "text", "field"]);
  if (!answer.ok) throw new CliError("CLI_FILE_INVALID", `${path}: would not work as it is`);
}

async function validate(
  name: string,
  path: string,
  { class: className, ...flags }: GatewayFlags & { class?: string },
): Promise<void> {
  const change = { name, config: await fileValues(path), ...(className !== undefined && { class: className }) };
  const answer = await withClient(flags, (client) => client.call("config.validate", [change]));
  const { problems } = answer as { readonly problems: readonly Row[] };
  if (flags.json) printValue(problems, flags);
  else if (problems.length === 0) console.log(`${path}: nothing wrong`);
  else printTable(problems, ["path", "message"]);
  if (problems.length > 0) throw new CliError("CLI_FILE_INVALID", `${path}: ${problems.length} found wrong`);
}
