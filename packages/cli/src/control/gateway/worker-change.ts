// `switchboard workers change`: other options of a worker while the gateway runs.

import type { Command } from "commander";
import { parseMember } from "../arguments.ts";
import { followTask } from "../task.ts";
import { type GatewayFlags, gatewayVerb, refuseNothing, type Row } from "./verb.ts";
import { fileValues } from "./option-file.ts";

interface Flags extends GatewayFlags {
  readonly class?: string;
  readonly group?: string;
  readonly configFile?: string;
  readonly unset?: readonly string[];
}

/** The verb. */
export function changeWorkerCommand(): Command {
  return gatewayVerb(
    "change",
    "change options of a worker; it is drained and started again with them, and goes on as it was if it cannot start",
    "workers change echo handler_timeout=30 --unset max_deliveries",
  )
    .argument("<name>", "which worker")
    .argument("[options...]", "name=value: the value JSON, or else a text")
    .option("--config-file <file>", "options from a YAML or JSON file; those given beside it win")
    .option("--unset <options...>", "put these back to their defaults")
    .option("--class <class>", "another class")
    .option("--group <name>", "the process that it runs in from now on")
    .action(change);
}

async function change(name: string, words: readonly string[], flags: Flags): Promise<void> {
  const { class: className, group, configFile, unset = [], ...rest } = flags;
  const given = { ...(await fileValues(configFile)), ...Object.fromEntries(words.map((word) => parseMember(word))) };
  refuseNothing({ ...given, className, group, unset: unset[0] });
  await followTask(rest, async (client) => {
    // What is masked in it keeps its value; if somebody changes it meanwhile, nothing is changed.
    const { config, revision } = (await client.call("workers.get", [name])) as { config: Row; revision: string };
    const kept = Object.entries({ ...config, ...given }).filter(([option]) => !unset.includes(option));
    const worker = {
      name,
      config: Object.fromEntries(kept),
      revision,
      ...(className !== undefined && { class: className }),
      ...(group !== undefined && { group }),
    };
    return client.submitTask("worker.update", [worker]);
  });
}
