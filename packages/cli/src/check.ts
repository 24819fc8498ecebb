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
  const { problems, workers } = await checkGatewayFile(path);
  if (json) console.log(JSON.stringify({ file: path, workers, problems }, null, 2));
  else if (problems.length === 0)
    console.log(`${path}: ${workers} ${workers === 1 ? "worker" : "workers"}, nothing wrong`);
  else {
    for (const { worker, text } of problems) console.log(worker === undefined ? text : `worker ${worker}: ${text}`);
  }
  if (problems.length > 0) {
    throw new CliError(
      "CLI_FILE_INVALID",
      `${path}: ${problems.length} ${problems.length === 1 ? "thing is" : "things are"} wrong`,
    );
  }
}
