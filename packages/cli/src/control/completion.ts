// `switchboard completion`: scripts that let a shell complete verbs, options and names of the server's. They ask the hidden verb `complete`.

import type { Client } from "@switchboard/client";
import { Argument, Command } from "commander";
import { withClient } from "./connection.ts";

const scripts: Readonly<Record<string, string>> = {
  bash: `_switchboard() {
  local IFS=$'\\n'
  COMPREPLY=($(switchboard complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _switchboard switchboard
`,
  zsh: `#compdef switchboard
_switchboard() {
  local -a candidates
  candidates=(\${(f)"$(switchboard complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a candidates
}
if [[ $funcstack[1] == _switchboard ]]; then
  _switchboard "$@"
else
  compdef _switchboard switchboard
fi
`,
  fish: `function __switchboard_complete
  set -l words (commandline -opc) (commandline -ct)
  switchboard complete -- $words[2..-1] 2>/dev/null
end
complete -c switchboard -f -a '(__switchboard_complete)'
`,
};

/** The verb `completion`. */
export function completionCommand(): Command {
  return new Command("completion")
    .description("print a script that lets your shell complete this command")
    .addArgument(new Argument("<shell>").choices(Object.keys(scripts)))
    .addHelpText(
      "after",
      '\nExamples:\n  eval "$(switchboard completion bash)"    # in ~/.bashrc; zsh: after compinit, in ~/.zshrc\n  switchboard completion fish > ~/.config/fish/completions/switchboard.fish',
    )
    .action((shell: string) => void process.stdout.write(scripts[shell] ?? ""));
}

/** The verb `complete`, for the scripts: prints what the last of the words may become. */
export function completeCommand(): Command {
  return new Command("complete")
    .argument("[words...]")
    .description("print what the last word may become, one candidate a line")
    .action(async (words: readonly string[], _flags: object, command: Command) => {
      const root = command.parent ?? command;
      const current = words.at(-1) ?? "";
      const candidates = await candidatesFor(root, words.slice(0, -1), current);
      for (const candidate of candidates) if (candidate.startsWith(current)) console.log(candidate);
    });
}

async function candidatesFor(root: Command, before: readonly string[], current: string): Promise<readonly string[]> {
  const { command, rest } = descend(root, before);
  if (current.startsWith("-")) {
    return command
      .createHelp()
      .visibleOptions(command)
      .flatMap(({ long }) => (typeof long === "string" ? [long] : []));
  }
  const position = rest.filter((word) => !word.startsWith("-")).length;
  const choices = command.registeredArguments[position]?.argChoices;
  if (choices !== undefined) return choices;
  if (position > 0) return [];
  const verbs = command
    .createHelp()
    .visibleCommands(command)
    .map((verb) => verb.name());
  const ask = namesFor[pathOf(command)];
  return ask === undefined ? verbs : [...verbs, ...(await askServer(ask, before))];
}

/** The command that the words lead to, and the words that are not verbs. */
function descend(
  root: Command,
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } {
  let command = root;
  for (const [index, word] of words.entries()) {
    const next = command.commands.find((verb) => verb.name() === word);
    if (next === undefined) return { command, rest: withoutValues(command, words.slice(index)) };
    command = next;
  }
  return { command, rest: [] };
}

/** Words without the values of options, which are not arguments. */
function withoutValues(command: Command, words: readonly string[]): readonly string[] {
  const takesValue = (word = ""): boolean =>
    command.options.some(({ long, short, required }) => required && (word === long || word === short));
  return words.filter((_word, index) => !takesValue(words[index - 1]));
}

function pathOf(command: Command): string {
  const above = command.parent?.parent ? `${command.parent.name()} ` : "";
  return above + command.name();
}

type Ask = (client: Client) => Promise<readonly string[]>;

const serviceNames: Ask = async (client) => (await client.call("discovery.get_services")) as string[];

const namesOf =
  (service: string): Ask =>
  async (client) =>
    (await client.call(`${service}.query`, [[], { select: "name" }])) as string[];

const workerNames = namesOf("workers");
const routerNames = namesOf("routers");

const namesFor: Readonly<Record<string, Ask>> = {
  call: async (client) => {
    const found = (await serviceNames(client)).map(async (service) => {
      const methods = (await client.call("discovery.get_methods", [service])) as { readonly name: string }[];
      return methods.map(({ name }) => `${service}.${name}`);
    });
    return (await Promise.allSettled(found)).flatMap((one) => (one.status === "fulfilled" ? one.value : []));
  },
  query: serviceNames,
  services: serviceNames,
  send: namesOf("channels"),
  parked: async (client) => ((await client.call("bus.queues")) as { readonly name: string }[]).map(({ name }) => name),
  routers: routerNames,
  "routers explain": routerNames,
  "routers set": routerNames,
  logs: workerNames,
  "logs level": workerNames,
  "config validate": workerNames,
  workers: workerNames,
  ...Object.fromEntries(
    ["start", "stop", "restart", "pause", "resume", "remove", "change"].map((verb) => [`workers ${verb}`, workerNames]),
  ),
  "task submit": async (client) => Object.keys((await client.call("discovery.get_tasks")) as object),
};

// Somebody waits at a prompt: without a server, or without a login, there are simply no names.
async function askServer(ask: Ask, words: readonly string[]): Promise<readonly string[]> {
  const index = words.indexOf("--server");
  const server = index < 0 ? undefined : words[index + 1];
  try {
    return await withClient({ timeout: 2, ...(server !== undefined && { server }) }, ask);
  } catch {
    return [];
  }
}
