// The server as a process: pid file, log, signals, first administrator, exit codes. Real processes, killed the hard way too.

import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtFile, type NodeProcess, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const main = builtFile("packages/server/dist/daemon/main.js");
let folder: string;
let daemons: NodeProcess[];

beforeEach(() => {
  folder = tempFolder();
  daemons = [];
  mkdirSync(join(folder, "plugins"));
});
afterEach(async () => {
  for (const daemon of daemons) await daemon.kill();
});

const path = (name: string): string => join(folder, name);
const read = (name: string): string => (existsSync(path(name)) ? readFileSync(path(name), "utf8") : "");

function start(...more: readonly string[]): NodeProcess {
  const options = ["-p", "0", "-s", "0", "--data", path("data"), "--plugin-dir", path("plugins")];
  const daemon = spawnNode(main, [
    ...options,
    "--pidfile",
    path("pid"),
    "-u",
    path("sock"),
    "--log-file",
    path("log"),
    ...more,
  ]);
  daemons.push(daemon);
  return daemon;
}

async function running(daemon: NodeProcess, log = "log"): Promise<void> {
  await until(() => read(log).includes(`"pid":${daemon.pid},"msg":"running"`));
}

function plugin(name: string, version: number): void {
  const text = `
    import { appendFileSync } from "node:fs";
    const tell = (what) => appendFileSync(${JSON.stringify(path("told"))}, what + "\\n");
    export const init = (d) => { tell("init ${version}"); d.registerEventHandler("server.shutdown", () => tell("shutdown"), { sync: true }); };
    export const cleanup = () => tell("cleanup ${version}");`;
  writeFileSync(path(`plugins/${name}.mjs`), text);
}

describe("the daemon", () => {
  it("S65 ends in order on SIGTERM: shutdown is told, plugins are cleaned up, status 0, no pid file", async () => {
    plugin("a", 1);
    const daemon = start();
    await running(daemon);
    expect(read("pid")).toBe(`${daemon.pid}\n`);
    expect(await daemon.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(read("told")).toBe("init 1\nshutdown\ncleanup 1\n");
    expect([existsSync(path("pid")), existsSync(path("sock"))]).toEqual([false, false]);
  });

  it("reloads changed plugins on SIGHUP and opens a moved log anew", async () => {
    plugin("a", 1);
    const daemon = start();
    await running(daemon);
    plugin("a", 2);
    renameSync(path("log"), path("log.1"));
    process.kill(daemon.pid, "SIGHUP");
    await until(() => read("log").includes("plugins reloaded"));
    expect(read("told")).toBe("init 1\ncleanup 1\ninit 2\n");
    expect((await daemon.kill("SIGINT")).code).toBe(0);
  });

  it("makes an administrator on the first start only, whose password its owner alone can read", async () => {
    const daemon = start();
    await running(daemon);
    const first = read("data/admin-password");
    expect(first).toMatch(/^\S{12,}\n$/);
    expect(statSync(path("data/admin-password")).mode & 0o777).toBe(0o600);
    expect(read("log") + daemon.stderr()).not.toContain(first.trim());
    await daemon.kill("SIGKILL");
    const again = start();
    await running(again);
    expect(read("data/admin-password")).toBe(first);
    await again.kill("SIGTERM");
  });

  it("takes over the pid file that a killed server has left, and refuses that of a living one", async () => {
    const first = start();
    await running(first);
    const second = start();
    expect((await second.exited).code).toBe(3);
    expect(second.stderr()).toContain(`belongs to process ${first.pid}, which is alive`);
    expect(read("pid")).toBe(`${first.pid}\n`);
    await first.kill("SIGKILL");
    const third = start();
    await running(third);
    expect(read("pid")).toBe(`${third.pid}\n`);
    expect((await third.kill("SIGQUIT")).code).toBe(0);
  });

  it("says what is wrong and ends with 2 for usage, 1 for the configuration", async () => {
    const usage = spawnNode(main, ["--nonsense"]);
    const config = spawnNode(main, ["-c", path("nowhere.conf")]);
    daemons.push(usage, config);
    expect([(await usage.exited).code, (await config.exited).code]).toEqual([2, 1]);
    expect(config.stderr()).toContain("nowhere.conf: the file cannot be read (ENOENT)");
  });

  it("S66 loads TypeScript plugins, and disabled ones only when told", async () => {
    mkdirSync(path("plugins/disabled"));
    const text = (name: string): string => `import { appendFileSync } from "node:fs";
      export function _init(): void { appendFileSync(${JSON.stringify(path("told"))}, "${name}\\n"); }`;
    writeFileSync(path("plugins/t.ts"), text("t"));
    writeFileSync(path("plugins/disabled/d.ts"), text("d"));
    const daemon = start("--load-disabled");
    await running(daemon);
    expect(read("told").split("\n").toSorted()).toEqual(["", "d", "t"]);
    await daemon.kill("SIGTERM");
  });
});
