// `switchboard workers`: lists the gateway's workers, shows one, and creates, starts, stops and removes them.

import type { Command } from "commander";
import { parseMember } from "../arguments.ts";
import { withClient } from "../connection.ts";
import { printTable, printValue } from "../output.ts";
import { followTask } from "../task.ts";
import { fileValues } from "./option-file.ts";
import { workerRow } from "./status.ts";
import { type GatewayFlags, gatewayVerb, refuseUnknownVerb, type Row, rowsOf } from "./verb.ts";
import { describeWorker } from "./worker-view.ts";
import { changeWorkerCommand } from "./worker-change.ts";

interface AddFlags extends GatewayFlags {
  readonly group?: string;
  readonly configFile?: string;
}

/** The verb, with verbs of its own. */
export function workersCommand(): Command {
  const command = gatewayVerb(
    "workers",
    "list the gateway's workers, or show one; start, stop and change them",
    "workers",
  )
    .argument("[name]", "show this one with its configuration, secrets masked")
    .allowExcessArguments()
    .action(list)
    // Else this command would take the options of its verbs.
    .enablePositionalOptions();
  for (const [verb, what] of Object.entries(changes)) command.addCommand(changeCommand(verb, what));
  return command.addCommand(changeWorkerCommand()).addCommand(addCommand());
}

async function list(name: string | undefined, flags: GatewayFlags, command: Command): Promise<void> {
  refuseUnknownVerb(command);
  await withClient(flags, async (client) => {
    if (name !== undefined) {
      const worker = (await client.call("workers.get", [name])) as Row;
      if (flags.json) printValue(worker, flags);
      else console.log(describeWorker(worker));
      return;
    }
    const workers = await rowsOf(client.call("workers.query"));
    if (flags.json) printValue(workers, flags);
    else printTable(workers.map(workerRow), ["worker", "kind", "lamp", "state", "process", "source", "class"]);
  });
}

const changes: Readonly<Record<string, string>> = {
  start: "start a worker, also one that was left alone after failing",
  stop: "drain and stop a worker; its queues keep what comes meanwhile",
  restart: "drain a worker and start it again",
  pause: "let a worker take no more messages; its queues keep them",
  resume: "let a paused worker take messages again",
  remove: "stop a worker and forget it; its queues stay",
};

function changeCommand(verb: string, what: string): Command {
  return gatewayVerb(verb, what, `workers ${verb} echo`)
    .argument("<name>", "which worker")
    .action((name: string, flags: GatewayFlags) =>
      followTask(flags, (client) => client.submitTask(`worker.${verb}`, [{ name }])),
    );
}

function addCommand(): Command {
  return gatewayVerb(
    "add",
    "create a worker and start it",
    "workers add echo2 EchoWorker transport_name=echo2 --group apps",
  )
    .argument("<name>", "what it is called")
    .argument("<class>", "our name, Vumi's dotted path, or ./file.ts#Class")
    .argument("[options...]", "name=value: the value JSON, or else a text")
    .option("--config-file <file>", "its options from a YAML or JSON file; those given beside it win")
    .option("--group <name>", "the process that it runs in (default: the gateway's)")
    .action(async (name: string, className: string, words: readonly string[], flags: AddFlags) => {
      const { group, configFile } = flags;
      const config = {
        ...(await fileValues(configFile)),
        ...Object.fromEntries(words.map((word) => parseMember(word))),
      };
      const worker = { name, class: className, config, ...(group !== undefined && { group }) };
      await followTask(flags, (client) => client.submitTask("worker.create", [worker]));
    });
}
