// Nothing keeps a process alive after its links are closed, and nothing outlives the process that it served.

import { builtProgram, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { expect, it } from "vitest";

const fixture = await builtProgram(new URL("fixtures/lives.ts", import.meta.url));

it.each(["memory", "ipc", "worker", "tcp", "unix"])(
  "a process that has closed its %s link ends by itself",
  async (kind) => {
    const program = spawnNode(fixture, [kind, `${tempFolder()}/socket`]);
    const printed: string[] = [];
    for await (const line of program.lines) printed.push(line);
    expect(program.stderr()).toBe("");
    expect(printed).toEqual(["hello", "done"]);
    expect(await program.exited).toEqual({ code: 0, signal: null });
  },
);

it("a child ends by itself when its parent is killed", async () => {
  const parent = spawnNode(new URL("fixtures/parent.ts", import.meta.url));
  const childPid = Number((await parent.lines.next()).value);
  // Only the parent: the test kit's own kill ends its children as well.
  process.kill(parent.pid, "SIGKILL");
  await parent.exited;
  await until(() => !isAlive(childPid));
  expect(isAlive(childPid)).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
