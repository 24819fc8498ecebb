// `switchboard check`: says what is wrong with a configuration file, all of it, without starting anything.

import { checkGatewayFile } from "@switchboard/gateway";
import { Command } from "commander";
import { CliError } from "./errors.ts";

/** The verb. */
export function checkCommand(): Command {
  return new Command("check")
    .description("say what is wrong with a configuration file, without starting anything")
    .argument("[file]", "configuration, YAML or JSON", "switchboard.yaml")
    .option("--json", "print the problems as JSON")
    .addHelpText("after", "\nExample:\n  switchboard check switchboard.yaml\n\nEnds with 1 when something is wrong.")
    .action(check);
}

async function check(path: string, { json = false }: { readonly json?: boolean }): Promise<void> {
  const { problems, warnings, workers } = await checkGatewayFile(path);
  if (json) console.log(JSON.stringify({ file: path, workers, problems, warnings }, null, 2));
  else {
    for (const problem of problems) console.log(describe(problem));
    for (const warning of warnings) console.log(`perhaps not meant: ${describe(warning)}`);
    if (problems.length === 0) console.log(`${path}: ${counted(workers, "worker")}, nothing wrong`);
  }
  if (problems.length > 0) {
    const are = problems.length === 1 ? "thing is" : "things are";
    throw new CliError("CLI_FILE_INVALID", `${path}: ${problems.length} ${are} wrong`);
  }
}

function describe({ worker, text }: { readonly worker: string | undefined; readonly text: string }): string {
  return worker === undefined ? text : `worker ${worker}: ${text}`;
}

function counted(count: number, what: string): string {
  return `${count} ${count === 1 ? what : `${what}s`}`;
}
