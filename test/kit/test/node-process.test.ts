// Children of a test: talked to, killed, and gone when their parent is gone.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describeWithServer, spawnNode, until } from "../src/index.ts";

const echo = new URL("fixtures/echo-child.ts", import.meta.url);

describe("spawnNode", () => {
  it("runs TypeScript and hands over lines, messages, standard error and the way it ended", async () => {
    const child = spawnNode(echo, ["one", "two"]);
    expect((await child.lines.next()).value).toBe("ready");
    expect((await child.lines.next()).value).toBe("one two");
    child.send({ n: 1 });
    child.send({ n: 2 });
    expect((await child.messages.next()).value).toEqual({ echo: { n: 1 } });
    expect((await child.messages.next()).value).toEqual({ echo: { n: 2 } });
    expect(await child.kill()).toEqual({ code: null, signal: "SIGKILL" });
    expect(child.stderr()).toBe("a complaint\n");
    expect(await child.lines.next()).toEqual({ done: true, value: undefined });
  });

  it("takes a kill and a message for a process that has ended", async () => {
    const child = spawnNode(echo);
    const exit = await child.kill("SIGTERM");
    child.send("too late");
    expect(await child.kill()).toEqual(exit);
    expect(exit).toEqual({ code: null, signal: "SIGTERM" });
  });
});

describeWithServer("redis", "when the test process is killed", () => {
  it("its children, servers, folders and file systems are gone too", async () => {
    const parent = spawnNode(new URL("fixtures/parent.ts", import.meta.url));
    const { value } = await parent.messages.next();
    const { childPid, redisPid, folder, disk } = value as Record<string, string>;
    expect([isAlive(childPid), isAlive(redisPid), existsSync(folder ?? "")]).toEqual([true, true, true]);
    // The parent alone, not its group: this is how a test process dies.
    process.kill(parent.pid, "SIGKILL");
    await until(() => !isAlive(childPid) && !isAlive(redisPid) && !existsSync(folder ?? ""));
    if (disk !== undefined) await until(() => !existsSync(disk));
    expect(readFileSync("/proc/mounts", "utf8")).not.toContain(folder);
  });
});

// A process that has ended may stay in the table as a zombie ("Z") until init takes notice of it.
function isAlive(pid: string | number | undefined): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
