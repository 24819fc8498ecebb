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
  const problem = problemOf(answers, channels);
  if (problem !== undefined) throw new CliError("CLI_INPUT_INVALID", problem);
  const kept = answers.channels === undefined ? channels : listed(answers.channels);
  const text = startingFile(await readFile(template, "utf8"), { ...answers, channels: kept });
  await writeFile(path, text, { mode: 0o600 });
  console.log(`${path} written. Next:\n  ${ownName} check ${path}\n  ${ownName} start ${path}`);
}

/** What of the answers cannot be, as a sentence; undefined when nothing is wrong. */
function problemOf({ channels = "", amqp, postgresql, redis }: Flags, known: readonly string[]): string | undefined {
  const unknown = listed(channels).filter((one) => !known.includes(one));
  if (unknown.length > 0) return `--channels: expected some of ${known.join(", ")}, got ${unknown.join(", ")}`;
  const addresses = [
    ["--amqp", amqp, /^amqps?:\/\/./, "amqp://user:password@host:5672/"],
    ["--postgresql", postgresql, /^postgres(?:ql)?:\/\/./, "postgresql://user:password@host:5432/database"],
    ["--redis", redis, /^rediss?:\/\/./, "redis://host:6379/0"],
  ] as const;
  const wrong = addresses.find(([, given, form]) => given !== undefined && !form.test(given));
  return wrong && `${wrong[0]}: expected an address such as ${wrong[3]}, got ${wrong[1] ?? ""}`;
}

function listed(text: string): readonly string[] {
  return text
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
}

async function ask(flags: Flags, known: readonly string[]): Promise<Flags> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // Asked again until it can be, as what was answered before would be lost.
  const asked = async (question: string, name: keyof Flags, fallback: string): Promise<string> => {
    for (;;) {
      const text = (await terminal.question(`${question} [${fallback}] `)).trim() || fallback;
      const problem = text === "no" ? undefined : problemOf({ [name]: text }, known);
      if (problem === undefined) return text;
      console.log(problem);
    }
  };
  const optional = async (question: string, name: "amqp" | "postgresql" | "redis"): Promise<Flags> => {
    const text = flags[name] ?? (await asked(question, name, "no"));
    return text === "no" ? {} : { [name]: text };
  };
  try {
    return {
      name: flags.name ?? (await asked("Name of the gateway?", "name", "switchboard")),
      environment: flags.environment ?? (await asked("Environment?", "environment", "development")),
      channels: flags.channels ?? (await asked("Channels?", "channels", known.join(","))),
      ...(await optional("RabbitMQ instead of the embedded bus? Its address:", "amqp")),
      ...(await optional("PostgreSQL instead of SQLite? Its address:", "postgresql")),
      ...(await optional("Redis instead of SQLite? Its address:", "redis")),
    };
  } finally {
    terminal.close();
  }
}
