// The completion scripts in the shells that they are for. In the command's place stands one that answers what scripts ask and writes down what it was
// given; what it answers in earnest is in verbs.integration.test.ts. Skipped for shells that are not there.

import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtFile, spawnNode, tempFolder } from "@switchboard/testkit";
import { beforeAll, expect, it, type TestContext } from "vitest";

const main = builtFile("packages/cli/dist/main.js");
const twin = `#!/bin/sh
if [ "$1" = complete ]; then
  shift 2
  printf '[%s]' "$@" >> "$FOLDER/asked"
  printf 'demo.add\\n'
else
  printf '[%s]' "$@" >> "$FOLDER/ran"
fi
`;
let scripts: Readonly<Record<string, string>>;

beforeAll(async () => {
  const printed = ["bash", "zsh", "fish"].map(async (shell) => {
    let text = "";
    for await (const line of spawnNode(main, ["completion", shell]).lines) text += `${line}\n`;
    return [shell, text] as const;
  });
  scripts = Object.fromEntries(await Promise.all(printed));
});

interface Place {
  /** Runs a shell with arguments; resolves with what it printed. */
  readonly run: (shell: string, ...args: string[]) => string;
  readonly write: (name: string, text: string) => string;
  /** What the command was asked to complete, and what it was run with. */
  readonly read: (name: "asked" | "ran") => string;
}

function place(context: TestContext, shell: string): Place {
  context.skip(spawnSync(shell, ["--version"]).error !== undefined, `no ${shell}`);
  const folder = tempFolder();
  mkdirSync(join(folder, "bin"));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  chmodSync(write("bin/switchboard", twin), 0o755);
  const env = { ...process.env, PATH: `${folder}/bin:${process.env["PATH"]}`, FOLDER: folder, HOME: folder };
  return {
    run: (program, ...args) => execFileSync(program, args, { env, cwd: folder, encoding: "utf8", timeout: 30_000 }),
    write,
    read: (name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : ""),
  };
}

it("bash asks with the words before the cursor, and offers what is answered", (context) => {
  const { run, write, read } = place(context, "bash");
  const script = write("switchboard.bash", scripts["bash"] ?? "");
  const ask = `COMP_WORDS=(switchboard call "$1"); COMP_CWORD=2; _switchboard; printf '%s,' "\${COMPREPLY[@]}"`;
  expect(run("bash", "--norc", "-c", `source ${script}; ${ask}`, "bash", "demo.a")).toBe("demo.add,");
  run("bash", "--norc", "-c", `source ${script}; ${ask}`, "bash", "");
  expect(read("asked")).toBe("[call][demo.a][call][]");
  expect(run("bash", "--norc", "-c", `source ${script}; complete -p switchboard`)).toContain("_switchboard");
});

it("fish asks with the words before the cursor, quoted ones whole, and offers what is answered", (context) => {
  const { run, write, read } = place(context, "fish");
  write("switchboard.fish", scripts["fish"] ?? "");
  const lines = ["switchboard call demo.a", "switchboard call ", "switchboard call \\'two words\\' x"];
  const program = lines.map((line) => `complete -C '${line}'`).join("\n");
  const asked = write("ask.fish", `source switchboard.fish\n${program}\n`);
  expect(run("fish", "--no-config", asked)).toBe("demo.add\n".repeat(2));
  expect(read("asked")).toBe("[call][demo.a][call][][call][two words][x]");
});

// Types into a zsh at a terminal of its own, as only zsh itself can, each time when it shows that it is ready for more. What is typed is shown too, so
// that what is waited for must not be part of it.
const typist = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "$1"
zpty -w shell 'PS1=REA''DY RPS1='
zpty -r -m shell seen '*READY*'
zpty -w -n shell $'switchboard call demo.a\\t'
zpty -r -m shell seen '*demo.add*'
zpty -w -n shell $'\\n'
zpty -r -m shell seen '*READY*'
zpty -d shell
`;

it.for([
  ["evaluated", "autoload -U compinit; compinit -u -D; source ./_switchboard"],
  ["found among its functions", "fpath=($PWD $fpath); autoload -U compinit; compinit -u -D"],
] as const)("zsh, where the script is %s, completes what is typed at a terminal", ([, setUp], context) => {
  const { run, write, read } = place(context, "zsh");
  write("_switchboard", scripts["zsh"] ?? "");
  run("zsh", "-f", write("typist.zsh", typist), setUp);
  expect(read("asked")).toBe("[call][demo.a]");
  expect(read("ran")).toBe("[call][demo.add]");
});
