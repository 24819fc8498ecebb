// `switchboard init`: writes a commented configuration file to begin with. Asks what it is not told by flags, if there is somebody to ask.

import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { startingFile, tryOutFile } from "@switchboard/gateway";
import { Command } from "commander";
import { CliError } from "./errors.ts";
import { ownName } from "./options.ts";

interface Flags {
  readonly name?: string;
  readonly environment?: string;
  readonly amqp?: string;
  readonly postgresql?: string;
  readonly redis?: string;
  readonly channels?: string;
  readonly force?: true;
  readonly yes?: true;
}

/** The verb. */
export function initCommand(): Command {
  return new Command("init")
    .description("write a commented configuration file to begin with")
    .argument("[file]", "where to", "switchboard.yaml")
    .option("--name <name>", "name of the gateway")
    .option("--environment <name>", "such as production; shown wherever something can be stopped")
    .option("--channels <list>", "which of the try-out's channels to keep, separated by commas")
    .option("--amqp <url>", "RabbitMQ instead of the embedded bus")
    .option("--postgresql <url>", "PostgreSQL instead of SQLite")
    .option("--redis <url>", "Redis instead of SQLite for the state of workers")
    .option("-y, --yes", "ask nothing, take the defaults")
    .option("--force", "overwrite the file")
    .addHelpText("after", "\nExample:\n  switchboard init --name clinic --amqp amqp://localhost")
    .action(init);
}

async function init(path: string, flags: Flags): Promise<void> {
  if (existsSync(path) && flags.force !== true) {
    throw new CliError("CLI_FILE_EXISTS", `${path} exists already; --force overwrites it`);
  }
  const { name: template, config } = await tryOutFile(process.cwd());
  const channels = Object.entries(config.workers).flatMap(([name, one]) =>
    one.class.endsWith("Transport") ? [name] : [],
  );
  const answers = flags.yes === true || !process.stdin.isTTY ? flags : await ask(flags, channels);
  const kept = answers.channels?.split(",").map((one) => one.trim()) ?? channels;
  const unknown = kept.filter((one) => !channels.includes(one));
  if (unknown.length > 0) {
    throw new CliError(
      "CLI_INPUT_INVALID",
      `--channels: expected some of ${channels.join(", ")}, got ${unknown.join(", ")}`,
    );
  }
  const text = startingFile(await readFile(template, "utf8"), { ...answers, channels: kept });
  await writeFile(path, text, { mode: 0o600 });
  console.log(`${path} written. Next:\n  ${ownName} check ${path}\n  ${ownName} start ${path}`);
}

async function ask(flags: Flags, channels: readonly string[]): Promise<Flags> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = async (question: string, given: string | undefined, fallback: string): Promise<string> =>
      given ?? ((await terminal.question(`${question} [${fallback}] `)).trim() || fallback);
    const optional = async (question: string, given: string | undefined): Promise<string | undefined> => {
      const text = given ?? (await terminal.question(`${question} [no] `)).trim();
      return text === "" || text === "no" ? undefined : text;
    };
    const name = await answer("Name of the gateway?", flags.name, "switchboard");
    const environment = await answer("Environment?", flags.environment, "development");
    const chosen = await answer("Channels?", flags.channels, channels.join(","));
    const amqp = await optional("RabbitMQ instead of the embedded bus? Its address:", flags.amqp);
    const postgresql = await optional("PostgreSQL instead of SQLite? Its address:", flags.postgresql);
    const redis = await optional("Redis instead of SQLite? Its address:", flags.redis);
    return {
      name,
      environment,
      channels: chosen,
      ...(amqp !== undefined && { amqp }),
      ...(postgresql !== undefined && { postgresql }),
      ...(redis !== undefined && { redis }),
    };
  } finally {
    terminal.close();
  }
}
