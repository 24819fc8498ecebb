// The README's code is the code of the examples (which have tests), its links lead somewhere, and its sessions go as they are shown.

import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtInClasses } from "@switchboard/gateway";
import { builtFile, freePort, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => ({
  language,
  text,
}));
const files = blocks.flatMap(({ language, text }) => {
  const [, path, code] = /^(?:\/\/|#) (examples\/\S+)\n([\s\S]*)$/.exec(text) ?? [];
  return path === undefined ? [] : [{ language, path, code }];
});

describe("README", () => {
  it("shows code of files only", () => {
    const code = blocks.filter(({ language }) => ["ts", "yaml"].includes(language));
    expect(files.map(({ path }) => path)).toHaveLength(code.length);
  });

  it.each(files)("shows $path as it is", ({ path, code }) => {
    const lines = readFileSync(join(root, path), "utf8").split("\n");
    const afterOpening = lines.findIndex((line) => !/^(\/\/|#|$)/.test(line));
    expect(lines.slice(afterOpening).join("\n")).toBe(code);
  });

  it("links to what exists", () => {
    const links = [...readme.matchAll(/\]\((?!http)([^)#]+)/g)].map(([, path = ""]) => path);
    expect(links.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("lists every class that comes along, channels by what they are", () => {
    const unnamed = builtInClasses()
      .list()
      .filter(
        ({ kind, name }) => ["router", "middleware", "application"].includes(kind) && !readme.includes(`\`${name}\``),
      );
    expect(unnamed).toEqual([]);
  });

  it("names scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
    const named = [...readme.matchAll(/npm (?:run )?([a-z]+)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => !(name in scripts) && name !== "run")).toEqual([]);
  });

  it.each([
    ["examples/messaging/shout.yaml", ["hello"]],
    ["examples/messaging/keywords.yaml", ["count these words", "anything else"]],
  ])("tells the truth about a session with %s", async (config, says) => {
    const session = blocks.find(({ language, text }) => language === "console" && text.includes(config))?.text ?? "";
    const shown = session.split("\n").filter((line) => line !== "" && !line.startsWith("$"));
    // On another port, as somebody may be using the one in the file.
    const port = await freePort();
    const folder = tempFolder();
    const text = readFileSync(join(root, config), "utf8").replace("port=9010", `port=${port}`);
    writeFileSync(join(folder, "config.yaml"), text.replace("./shout.ts", join(root, "examples/messaging/shout.ts")));
    const args = ["worker", "--worker-class", "MultiWorker", "--config", join(folder, "config.yaml")];
    const worker = spawnNode(builtFile("packages/cli/dist/main.js"), [
      ...args,
      "--bus-path",
      join(folder, "bus"),
      "--state",
      join(folder, "state.db"),
    ]);
    try {
      for await (const line of worker.lines) if (line.includes('"worker":"MultiWorker","state":"running"')) break;
      const socket = connect({ port, host: "127.0.0.1" });
      await once(socket, "connect");
      let heard = "";
      socket.setEncoding("utf8").on("data", (chunk: string) => (heard += chunk));
      const answers: string[] = [];
      for (const say of [undefined, ...says]) {
        if (say !== undefined) socket.write(`${say}\r\n`);
        await until(() => heard.endsWith("\r\n"));
        answers.push(...(say === undefined ? [] : [say]), heard.trimEnd());
        heard = "";
      }
      socket.destroy();
      expect(answers).toEqual(shown);
    } finally {
      await worker.kill("SIGTERM");
    }
  });
});
