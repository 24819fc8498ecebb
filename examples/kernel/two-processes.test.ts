// The two processes find each other, print what the README says, and both end by themselves.

import { spawnNode } from "@switchboard/testkit";
import { expect, it } from "vitest";

it("two processes play ping pong and end", async () => {
  const program = spawnNode(new URL("two-processes.ts", import.meta.url));
  const printed: string[] = [];
  for await (const line of program.lines) printed.push(line);
  expect(program.stderr()).toBe("");
  expect(printed).toEqual(["ping, pong"]);
  expect(await program.exited).toEqual({ code: 0, signal: null });
});
