// `switchboard routers`: by what routers decide, where a message would go and why, and other rules while they run.

import type { Command } from "commander";
import { parseMember } from "../arguments.ts";
import { withClient } from "../connection.ts";
import { printTable, printValue } from "../output.ts";
import { followTask } from "../task.ts";
import {
  type GatewayFlags,
  gatewayVerb,
  memberOf,
  refuseNothing,
  refuseUnknownVerb,
  type Row,
  rowsOf,
  textOf,
} from "./verb.ts";
import { fileValues } from "./option-file.ts";

interface ExplainFlags extends GatewayFlags {
  readonly channel?: string;
  readonly from?: string;
  readonly to?: string;
}

interface SetFlags extends GatewayFlags {
  readonly configFile?: string;
  readonly unset?: readonly string[];
  readonly try?: true;
}

interface Rules {
  readonly rules: readonly Row[];
  readonly revision: string;
}

/** The verb, with verbs of its own. */
export function routersCommand(): Command {
  return (
    gatewayVerb("routers", "list the routers, or the rules of one; ask them, and change what they decide by", "routers")
      .argument("[name]", "show by what this one decides")
      .allowExcessArguments()
      .action(async (name: string | undefined, flags: GatewayFlags, command: Command) => {
        refuseUnknownVerb(command);
        await list(name, flags);
      })
      // Else this command would take the options of its verbs.
      .enablePositionalOptions()
      .addCommand(explainCommand())
      .addCommand(setCommand())
  );
}

async function list(name: string | undefined, flags: GatewayFlags): Promise<void> {
  if (name === undefined) {
    const routers = await withClient(flags, (client) => rowsOf(client.call("routers.query")));
    if (flags.json) printValue(routers, flags);
    else printTable(routers, ["name", "lamp", "state", "rules", "class"]);
    return;
  }
  const found = (await withClient(flags, (client) => client.call("routers.rules", [name]))) as Rules;
  if (flags.json) printValue(found, flags);
  else printTable(found.rules, ["number", "looks_at", "value", "target", "hits_last_hour", "problem"]);
}

function explainCommand(): Command {
  return gatewayVerb(
    "explain",
    "say where a message from a person would go, and why",
    'routers explain router "menu please" --channel sms',
  )
    .argument("<name>", "which router")
    .argument("<text>", "what the person writes")
    .option("--channel <name>", "the channel that it comes by (its transport_name)")
    .option("--from <address>", "who writes")
    .option("--to <address>", "the address written to")
    .action(async (name: string, content: string, flags: ExplainFlags) => {
      const { channel, from, to } = flags;
      const message = {
        content,
        ...(channel !== undefined && { transport_name: channel }),
        ...(from !== undefined && { from_addr: from }),
        ...(to !== undefined && { to_addr: to }),
      };
      const answer = (await withClient(flags, (client) => client.call("routers.explain", [name, message]))) as {
        readonly targets: readonly Row[];
        readonly why: readonly Row[];
        readonly problem: string | null;
      };
      if (flags.json) {
        printValue(answer, flags);
        return;
      }
      if (answer.problem !== null) console.log(`nowhere: ${textOf(answer.problem)}`);
      if (answer.targets.length > 0) printTable(answer.targets, ["connector", "endpoint", "application", "rule"]);
      if (answer.why.length === 0) return;
      console.log("");
      const why = answer.why.map(({ number, matched, reason }) => ({
        rule: number,
        matches: matched,
        because: reason,
      }));
      printTable(why, ["rule", "matches", "because"]);
    });
}

function setCommand(): Command {
  return gatewayVerb(
    "set",
    "change a router's own options; only it is drained and started again, and only when all of them would do",
    `routers set router 'rules=[{"app":"menu","keyword":"menu"}]' fallback_application=echo`,
  )
    .argument("<name>", "which router")
    .argument("[options...]", "name=value: the value JSON, or else a text")
    .option("--config-file <file>", "options from a YAML or JSON file; those given beside it win")
    .option("--unset <options...>", "put these back to their defaults")
    .option("--try", "change nothing; say what they would have done with the last messages")
    .action(set);
}

async function set(name: string, words: readonly string[], flags: SetFlags): Promise<void> {
  const settings = {
    ...(await fileValues(flags.configFile)),
    ...Object.fromEntries(words.map((word) => parseMember(word))),
    ...Object.fromEntries((flags.unset ?? []).map((option) => [option, null])),
  };
  refuseNothing(settings);
  if (flags.try) {
    const preview = await withClient(flags, (client) => client.call("routers.preview", [name, { settings }]));
    if (flags.json) printValue(preview, flags);
    else {
      console.log(
        `${textOf(memberOf(preview, "changed"))} of the last ${textOf(memberOf(preview, "of"))} would go elsewhere`,
      );
      const moves = memberOf(preview, "moves") as readonly Row[];
      if (moves.length > 0) printTable(moves, ["to", "count"]);
    }
    return;
  }
  await followTask(flags, async (client) => {
    const { revision } = (await client.call("routers.rules", [name])) as Rules;
    return client.submitTask("router.set_rules", [{ name, settings, revision }]);
  });
}
