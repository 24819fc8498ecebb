// What README and documentation show works: TypeScript compiles, programs print what their comments say, commands and their options exist, what they
// ask a gateway for is there, JSON is JSON. Blocks that are files of examples/ are compared with them in readme.test.ts and docs.test.ts.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { connect } from "@switchboard/client/node";
import { silentLogger } from "@switchboard/core";
import { type Gateway, startGateway, tryOutFile } from "@switchboard/gateway";
import { builtProgram, spawnNode, tempFolder } from "@switchboard/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { controlCommands } from "../packages/cli/src/control/commands.ts";
import { platformCommands } from "../packages/cli/src/platform-commands.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const markdownIn = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
const pages = [
  ...markdownIn("."),
  ...markdownIn("docs"),
  ...readdirSync(join(root, "packages")).flatMap((name) => markdownIn(join("packages", name))),
];

type Command = ReturnType<typeof platformCommands>[number];

interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

const blocks: readonly Block[] = pages.flatMap((page) =>
  [...read(page).matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$/gm)].map(([, indent = "", language = "", text = ""]) => ({
    page,
    language,
    text: text.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  })),
);
const isShown = ({ text }: Block): boolean => /^(?:\/\/|#) examples\/\S+\n/.test(text);
const inLanguage = (...languages: readonly string[]): readonly Block[] =>
  blocks.filter((block) => languages.includes(block.language) && !isShown(block));

/** Programs that run somewhere: by the page, which test does it. */
const runBy: Readonly<Record<string, string>> = {
  "packages/client/README.md": "packages/client/test/readme.test.ts",
  "packages/server/README.md": "packages/server/test/readme.test.ts",
  "packages/core/README.md": "here",
  "packages/gateway/README.md": "here",
  "packages/messaging/README.md": "here",
  "packages/protocol/README.md": "here",
};

/** Pieces of programs, which are compiled with what the reader has around them. */
const around: Readonly<Record<string, string>> = {
  "packages/links/README.md": `import { Dispatcher } from "@switchboard/core";
import { listenTcp, tcpLink } from "@switchboard/links";
const dispatcher = Dispatcher.default;
declare const secret: string;`,
  "packages/storage/README.md": `import type { KeyValue } from "@switchboard/storage";
declare const keyValue: KeyValue;
declare const windowSize: number;`,
  "packages/transports/README.md": `type Given = Parameters<typeof transportContract>[1];
declare const PigeonTransport: Given["transport"];
declare const somebody: Given["meet"];`,
};

/** Blocks that nothing checks, by page and first word, and why. */
const unchecked: Readonly<Record<string, string>> = {
  "docs/operations.md //":
    "needs the SDK of OpenTelemetry, which is not installed here; the spans have a test of their own",
};

/** Commands that are not ours: of the system, and of servers that an operator has. */
const ofTheSystem = new Set(
  "alias bash cat cd chmod chown cp curl echo eval git grep journalctl kill ln logrotate mkdir mv node pg_dump rabbitmqctl redis-cli rm sqlite3 sudo systemctl telnet useradd".split(
    " ",
  ),
);

/** The files that blocks become, to be compiled and run. */
const folder = join(root, "node_modules/.cache/doc-blocks");
const programs = inLanguage("ts").map(({ page, text }, index) => ({
  page,
  text,
  file: join(folder, `block-${index}.ts`),
}));

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  for (const { page, text, file } of programs) writeFileSync(file, `${around[page] ?? ""}\n${text}\nexport {};\n`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("blocks of code", () => {
  it("are all run, compiled, compared with a file, or left out for a reason", () => {
    const known = new Set(["ts", "yaml", "js", "sh", "console", "json", "text", ""]);
    expect(blocks.filter(({ language }) => !known.has(language))).toEqual([]);
    const loose = inLanguage("ts", "yaml", "js").filter(({ page, text }) => {
      const [first = ""] = text.split(/\s/);
      return !(page in runBy) && !(page in around) && !(`${page} ${first}` in unchecked);
    });
    expect(loose).toEqual([]);
    for (const test of Object.values(runBy)) {
      if (test !== "here") expect(read(test)).toContain("```ts");
    }
  });

  it("compile", () => {
    const config = join(folder, "tsconfig.json");
    const compilerOptions = {
      composite: false,
      noEmit: true,
      allowImportingTsExtensions: true,
      isolatedDeclarations: false,
      declaration: false,
      declarationMap: false,
      rewriteRelativeImportExtensions: false,
      lib: ["ES2023", "DOM"],
    };
    const files = programs.map(({ file }) => file);
    writeFileSync(config, JSON.stringify({ extends: join(root, "tsconfig.base.json"), compilerOptions, files }));
    const { stdout } = spawnSync(process.execPath, [join(root, "node_modules/.bin/tsc"), "-p", config], {
      cwd: root,
      encoding: "utf8",
    });
    const told = stdout.replaceAll(/\S*block-(\d+)\.ts/g, (_, index: string) => programs[Number(index)]?.page ?? "");
    expect(told).toBe("");
  });

  it.each(programs.filter(({ page }) => runBy[page] === "here"))(
    "$page: a program prints what it says",
    async ({ text, file }) => {
      // Ports are somebody else's here.
      writeFileSync(
        file,
        text.replaceAll(/(port: )\d+/g, "$10").replace("process.cwd()", JSON.stringify(tempFolder())),
      );
      const child = spawnNode(await builtProgram(pathToFileURL(file)));
      const printed: string[] = [];
      for await (const line of child.lines) printed.push(line);
      expect(await child.exited).toEqual({ code: 0, signal: null });
      const promised = [...text.matchAll(/console\.log\(.*\n((?:\/\/ .*\n)+)/g)].map(([, lines = ""]) =>
        lines.replaceAll(/^\/\/ /gm, ""),
      );
      expect(promised.length).toBeGreaterThan(0);
      expect(`${printed.join("\n")}\n`).toBe(promised.join(""));
    },
  );

  it.each(inLanguage("json").map(({ page, text }) => ({ page, text })))("$page has JSON: $text", ({ text }) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });
});

interface Line {
  readonly page: string;
  readonly line: string;
}

const verbs = [...platformCommands(), ...controlCommands()];

/** The examples that a verb's help ends with. */
function examplesOf(verb: Command): readonly Line[] {
  let help = "";
  verb.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  const [, examples = ""] = /\nExamples?:\n((?: {2}.*\n)+)/.exec(help) ?? [];
  const own = examples.split("\n").filter((line) => line !== "");
  return [
    ...own.map((line) => ({ page: `help of ${verb.name()}`, line: line.trim() })),
    ...verb.commands.flatMap((below) => examplesOf(below)),
  ];
}

/** What is typed: behind `$` in sessions, every line of scripts, and commands of ours within sentences. */
const lines: readonly Line[] = [
  ...verbs.flatMap((verb) => examplesOf(verb)),
  ...inLanguage("console").flatMap(({ page, text }) =>
    [...text.matchAll(/^\$ (.*)$/gm)].map(([, line = ""]) => ({ page, line })),
  ),
  ...inLanguage("sh").flatMap(({ page, text }) => text.split("\n").map((line) => ({ page, line }))),
  ...pages.flatMap((page) =>
    [
      ...read(page)
        .replaceAll(/^```[\s\S]*?^```$/gm, "")
        .matchAll(/`((?:npm |switchboard )[^`]*)`/g),
    ].map(([, line = ""]) => ({
      page,
      line: line.replaceAll("\\|", "|"),
    })),
  ),
];

/** The commands of a line, each as its words. */
const commands = lines.flatMap(({ page, line }) =>
  line
    .replace(/\s+#.*$/, "")
    .split(/ (?:&&|\|) |;/)
    .map((part) =>
      [...part.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)]
        .map(([, single, double, plain]) => single ?? double ?? plain ?? "")
        .filter(
          (word, index, words) =>
            !(/^[A-Z_]+=/.test(word) && words.slice(0, index).every((one) => /^[A-Z_]+=/.test(one))),
        ),
    )
    .filter((words) => words.length > 0)
    .map((words) => ({ page, line, words })),
);
const ours = commands.flatMap(({ page, line, words }) => {
  const [first, second, third] = words;
  if (first === "switchboard") return [{ page, line, words: words.slice(1) }];
  if (first !== "npm") return [];
  const own = words.slice(words.indexOf("--") + 1);
  if (second === "start") return [{ page, line, words: ["start", ...(words.includes("--") ? own : [])] }];
  return second === "run" && third === "switchboard" ? [{ page, line, words: own }] : [];
});
/** Lines that stand for many: `switchboard VERB --help`. */
const isBlank = (words: readonly string[]): boolean =>
  words.length === 0 || words.includes("…") || words.includes("VERB");

describe("commands", () => {
  const { scripts } = JSON.parse(read("package.json")) as { readonly scripts: Readonly<Record<string, string>> };

  it.each(commands)("$page: $line", ({ words: [first = "", ...rest] }) => {
    if (first === "npm") {
      const name = rest[0] === "run" ? rest.find((word, index) => index > 0 && !word.startsWith("-")) : rest[0];
      if (name !== "install" && !rest.includes("--workspace")) expect(Object.keys(scripts)).toContain(name);
    } else if (first === "npx") {
      expect(["vitest", "tsx", "prettier", "oxlint", "tsc"]).toContain(rest[0]);
      const path = rest.find((word) => word.endsWith(".ts"));
      // What `switchboard new` writes is not here.
      if (path !== undefined && !path.includes("night-desk")) expect(existsSync(join(root, path))).toBe(true);
    } else if (first !== "switchboard") expect([...ofTheSystem, "npx"]).toContain(first);
  });

  it.each(ours.filter(({ words }) => !isBlank(words)))("$line has a verb and options that exist", ({ words }) => {
    const [name = "", ...rest] = words;
    if (name.startsWith("--") || name === "help") return;
    let verb: Command | undefined = verbs.find((one) => one.name() === name || one.aliases().includes(name));
    expect(verb, `no verb ${name}`).toBeDefined();
    // Its options are the server's.
    if (name === "server") return;
    const options = [verb];
    for (const word of rest) {
      const below: Command | undefined = verb?.commands.find((one) => one.name() === word);
      if (below === undefined) break;
      options.push((verb = below));
    }
    const known = new Set(options.flatMap((one) => one?.options.flatMap(({ long, short }) => [long, short]) ?? []));
    const given = rest.filter((word) => /^(?:--[a-z]|-[a-z]$)/.test(word)).map((word) => word.replace(/=.*/, ""));
    expect(given.filter((option) => !known.has(option) && option !== "--help")).toEqual([]);
  });
});

describe("what a gateway is asked for", () => {
  let gateway: Gateway;

  beforeAll(async () => {
    const file = await tryOutFile(tempFolder());
    gateway = await startGateway({
      file: {
        ...file,
        config: { ...file.config, workers: {}, observability: { ...file.config.observability, port: null } },
      },
      logger: silentLogger,
      ports: { control: 0, console: null },
    });
  });

  afterAll(() => gateway.stop());

  it("is there: methods, services and tasks", async () => {
    const password = readFileSync(gateway.passwordFile ?? "", "utf8").trim();
    const url = `ws://localhost:${gateway.server.ports.websocket}`;
    const client = await connect({ url, login: { username: "root", password } });
    const services = (await client.call("discovery.get_services")) as string[];
    const methods = await Promise.all(
      services.map(async (service) =>
        ((await client.call("discovery.get_methods", [service])) as { name: string }[]).map(
          ({ name }) => `${service}.${name}`,
        ),
      ),
    );
    const tasks = Object.keys((await client.call("discovery.get_tasks")) as object);
    await client.close();
    const known = new Set([...methods.flat(), ...tasks]);
    // Services that the page itself brings along.
    const isExample = (name: string): boolean => /^(?:demo|greeting|weather)\./.test(name);
    const asked = ours.flatMap(({ words: [verb, first = "", second = ""] }) => {
      if (verb === "call") return [first];
      if (verb === "query") return [`${first}.query`];
      return verb === "task" && first === "submit" ? [second] : [];
    });
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => !known.has(name) && !isExample(name) && name !== "")).toEqual([]);
  });
});
