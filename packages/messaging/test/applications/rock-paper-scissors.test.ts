import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RockPaperScissorsWorker } from "../../src/applications/rock-paper-scissors.ts";
import { runApplication, type RunningApplication } from "../../src/testing/index.ts";

const choices = "1. rock\n2. paper\n3. scissors";
let app: RunningApplication;

beforeEach(async () => {
  app = await runApplication(RockPaperScissorsWorker);
  expect(await app.say(null, { from_addr: "a", session_event: "new" })).toEqual([]);
  const content = `You 0 : 0\nChoose your weapon!\n${choices}`;
  expect(await app.say(null, { from_addr: "b", session_event: "new" })).toMatchObject([
    { to_addr: "a", content, session_event: null },
    { to_addr: "b", content, session_event: null },
  ]);
});
afterEach(() => app.stop());

async function round(a: string, b: string): Promise<(string | null)[]> {
  expect(await app.say(a, { from_addr: "a" })).toEqual([]);
  const told = await app.say(b, { from_addr: "b" });
  expect(told.map(({ to_addr }) => to_addr)).toEqual(["a", "b"]);
  return told.map(({ content, session_event }) => `${session_event ?? ""}${content?.replace(`\n${choices}`, "")}`);
}

describe("RockPaperScissorsWorker", () => {
  it.each([
    ["1", "3", "rock against scissors"],
    ["2", "1", "paper against rock"],
    ["3", "2", "scissors against paper"],
  ])("%s beats %s: %s", async (better, worse, fight) => {
    const [one, other] = fight.split(" against ");
    expect(await round(better, worse)).toEqual([
      `You 1 : 0\n${fight}: you win.`,
      `You 0 : 1\n${other} against ${one}: you lose.`,
    ]);
    expect(await round(worse, better)).toEqual([
      `You 1 : 1\n${other} against ${one}: you lose.`,
      `You 1 : 1\n${fight}: you win.`,
    ]);
  });

  it("M80 ends at five decided rounds, whoever won them, and counts no draws", async () => {
    for (const move of ["1", "2", "3"]) {
      expect((await round(move, move))[0]).toMatch(/^You 0 : 0\n.*: a draw\.$/);
    }
    await round("1", "2");
    await round("1", "3");
    await round("1", "2");
    expect((await round("1", "3"))[0]).toContain("You 2 : 2");
    await round("2", "2");
    expect(await round("1", "2")).toEqual(["closeYou lost the game, 2 : 3.", "closeYou won the game, 3 : 2."]);
    expect(await app.keyValue.keys()).toEqual([]);
  });

  it("lets a player choose anew until the other has moved", async () => {
    await app.say("1", { from_addr: "b" });
    await app.say("2", { from_addr: "b" });
    const [toA, toB] = await app.say("1", { from_addr: "a" });
    expect(toA?.content).toContain("rock against paper: you lose.");
    expect(toB).toMatchObject({ in_reply_to: "in4", content: expect.stringContaining("you win") });
  });

  it.each(["0", "4", "rock", null])("disconnects both after %j", async (content) => {
    const ending = { content: "Disconnected. The game is over.", session_event: "close" };
    expect(await app.say(content, { from_addr: "b" })).toMatchObject([
      { to_addr: "a", ...ending },
      { to_addr: "b", ...ending },
    ]);
    expect(await app.keyValue.keys()).toEqual([]);
  });
});
