// The README's session goes as it is shown, its lists are complete, and its links lead somewhere.

import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { controlCommands } from "../src/control/commands.ts";
import { type CliServer, startCliServer } from "./control/kit.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

let cli: CliServer;

beforeAll(async () => {
  cli = await startCliServer();
});

afterAll(() => cli.close());

it("shows a session as it goes", async () => {
  const [, session = ""] = /^```console\n([\s\S]*?)^```$/m.exec(readme) ?? [];
  const steps = session.split(/^\$ switchboard /m).slice(1);
  expect(steps).toHaveLength(4);
  for (const step of steps) {
    const [command = "", ...shown] = step.split("\n");
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
    const isLogin = words[0] === "login";
    const outcome = await cli.run(...(isLogin ? ["login", ...cli.withPassword] : words));
    expect(outcome.code).toBe(0);
    // Of the methods only some are shown.
    const lines = outcome.out.split("\n").map((line) => line.replaceAll(/ +/g, " "));
    expect(lines).toEqual(expect.arrayContaining(shown.map((line) => line.replaceAll(/ +/g, " "))));
  }
});

it("names every verb that talks to a server, and each has an example of its own", () => {
  const verbs = controlCommands().filter((command) => command.name() !== "complete");
  const [, table = ""] = /## Verbs that talk to a server\n([\s\S]*?)\n## /.exec(readme) ?? [];
  const named = table.split("\n").flatMap((row) => {
    const cell = row.split(/(?<!\\)\|/)[1] ?? "";
    return [...cell.matchAll(/`([a-z-]+)[^`]*`/g)].map(([, verb]) => verb);
  });
  expect(new Set(named)).toEqual(new Set(verbs.map((command) => command.name())));
  for (const verb of [...verbs, ...verbs.flatMap((command) => command.commands)]) {
    let help = "";
    verb.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    const [, example = ""] = /\nExamples?:\n {2}(.*)/.exec(help) ?? [];
    expect(example).toContain("switchboard ");
    expect(example).toContain(verb.name());
  }
});

it("links to what exists", () => {
  const links = [...readme.matchAll(/\]\((?!http)([^)#]+)/g)].map(([, path = ""]) => path);
  expect(links.filter((path) => !existsSync(new URL(path, new URL("../", import.meta.url))))).toEqual([]);
});
