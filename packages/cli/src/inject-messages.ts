// `switchboard inject-messages`, or `inject`: reads user messages, one JSON object a line, and puts them onto the bus as if a channel had brought them.

import { createInterface } from "node:readline";
import type { Bus } from "@switchboard/bus";
import { openBus } from "@switchboard/gateway";
import {
  brokerUrl,
  createUserMessage,
  isJsonObject,
  resolveWorkerOptions,
  userMessageCodec,
  type UserMessageFields,
  type WorkerFlags,
} from "@switchboard/messaging";
import { Command, Option } from "commander";
import { pino } from "pino";
import { CliError } from "./errors.ts";
import { busOf } from "./options.ts";

interface Flags extends WorkerFlags {
  readonly transportName: string;
  readonly direction: string;
  readonly busPath?: string;
}

/** The verb. */
export function injectCommand(): Command {
  return new Command("inject-messages")
    .alias("inject")
    .description("publish user messages from standard input, one JSON object a line")
    .requiredOption("--transport-name <name>", "whose queue they go to")
    .addOption(new Option("--direction <direction>").choices(["inbound", "outbound"]).default("inbound"))
    .option("--bus-path <folder>", "use an embedded bus in this folder instead of RabbitMQ")
    .option("--amqp-url <url>", "RabbitMQ")
    .option("--vumi-config <file>", "YAML file with the options of RabbitMQ")
    .addHelpText(
      "after",
      `\nFor a bus that no gateway has open, or RabbitMQ; \`switchboard send … --in\` does it in a running gateway.\n\nExample:\n  echo '{"to_addr":"8000","from_addr":"+27831","content":"hi"}' | switchboard inject --transport-name phones --bus-path var/bus`,
    )
    .action(inject);
}

async function inject(flags: Flags): Promise<void> {
  const { broker } = await resolveWorkerOptions(flags, process.env);
  const choice = busOf(flags).bus ?? { driver: "amqp" as const, url: brokerUrl(broker) };
  const bus = await openBus(choice, pino({ level: "warn" }));
  try {
    const published = await publishLines(bus, flags);
    console.error(`${published} published to ${flags.transportName}.${flags.direction}`);
  } finally {
    await bus.close();
  }
}

async function publishLines(bus: Bus, { transportName, direction }: Flags): Promise<number> {
  let line = 0;
  let published = 0;
  for await (const text of createInterface({ input: process.stdin })) {
    line++;
    if (text.trim() === "") continue;
    const message = createUserMessage({ ...defaults(transportName), ...parse(text, line) });
    await bus.publish(`${transportName}.${direction}`, userMessageCodec.encode(message));
    published++;
  }
  return published;
}

function defaults(transport_name: string): UserMessageFields {
  return { to_addr: null, from_addr: null, transport_name, transport_type: null };
}

function parse(text: string, line: number): Partial<UserMessageFields> {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Said below, like any other line that is no message.
  }
  throw new CliError("CLI_INPUT_INVALID", `standard input, line ${line}: expected a JSON object`);
}
