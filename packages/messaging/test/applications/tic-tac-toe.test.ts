import { TestClock } from "@switchboard/core/testing";
import { openKeyValue } from "@switchboard/storage";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TicTacToeWorker } from "../../src/applications/tic-tac-toe.ts";
import type { UserMessage } from "../../src/message/user-message.ts";
import { runApplication, type RunningApplication } from "../../src/testing/index.ts";

const empty = " | | \n-+-+-\n | | \n-+-+-\n | | ";
const gone = "The other side has gone. The game is over.";
const ended = "The game was ended.";
let app: RunningApplication;

beforeEach(async () => {
  app = await runApplication(TicTacToeWorker);
});
afterEach(() => app.stop());

function join(from_addr: string): Promise<UserMessage[]> {
  return app.say(null, { from_addr, session_event: "new" });
}

async function play(moves: string): Promise<UserMessage[]> {
  let told: UserMessage[] = [];
  for (const [index, square] of Array.from(moves).entries()) {
    told = await app.say(square, { from_addr: index % 2 === 0 ? "x" : "o" });
  }
  return told;
}

describe("TicTacToeWorker", () => {
  it("M80 sends one board, to the first player, when the second one joins", async () => {
    expect(await join("x")).toEqual([]);
    expect(await join("o")).toMatchObject([{ to_addr: "x", content: empty, session_event: null }]);
  });

  it("shows each move to the other player, as an answer to their latest message", async () => {
    await join("x");
    await join("o");
    expect(await play("1")).toMatchObject([
      { to_addr: "o", in_reply_to: "in2", content: "X| | \n-+-+-\n | | \n-+-+-\n | | " },
    ]);
    expect(await app.say(" 6 ", { from_addr: "o" })).toMatchObject([
      { to_addr: "x", in_reply_to: "in3", content: "X| | \n-+-+-\n | |O\n-+-+-\n | | " },
    ]);
  });

  it.each([
    ["a row", "14253", "You won!", "You lost!"],
    ["a column", "213457", "You lost!", "You won!"],
    ["a diagonal", "12539", "You won!", "You lost!"],
    ["the ninth square", "123546879", "A draw.", "A draw."],
  ])("closes both sessions after %s", async (_, moves, x, o) => {
    await join("x");
    await join("o");
    expect(await play(moves)).toMatchObject([
      { to_addr: "x", content: x, session_event: "close" },
      { to_addr: "o", content: o, session_event: "close" },
    ]);
    expect(await app.keyValue.keys()).toEqual([]);
  });

  it("leaves a square that is taken as it is, without an answer", async () => {
    await join("x");
    await join("o");
    await play("5");
    expect(await app.say("5", { from_addr: "o" })).toEqual([]);
    expect((await app.say("1", { from_addr: "o" }))[0]?.content).toBe("O| | \n-+-+-\n |X| \n-+-+-\n | | ");
  });

  it.each(["0", "10", "x", "", null])("ends the game for both with %j", async (content) => {
    await join("x");
    await join("o");
    expect(await app.say(content, { from_addr: "o" })).toMatchObject([
      { to_addr: "x", content: ended, session_event: "close" },
      { to_addr: "o", content: ended, session_event: "close" },
    ]);
    expect(await app.keyValue.keys()).toEqual([]);
  });

  it("tells the one who stays when the other hangs up or dials again", async () => {
    await join("x");
    await join("o");
    expect(await app.say(null, { from_addr: "x", session_event: "close" })).toMatchObject([
      { to_addr: "o", content: gone, session_event: "close" },
    ]);
    await join("x");
    await join("o");
    expect(await join("o")).toMatchObject([{ to_addr: "x", content: gone, session_event: "close" }]);
    expect(await join("x")).toMatchObject([{ to_addr: "o", content: empty }]);
  });

  it("pairs nobody with themselves, nor with somebody who left or waited for over an hour", async () => {
    await join("x");
    expect(await join("x")).toEqual([]);
    await app.say(null, { from_addr: "x", session_event: "close" });
    expect(await join("o")).toEqual([]);
    await app.clock.advance(3_600_000);
    expect(await join("p")).toEqual([]);
    expect(await join("q")).toMatchObject([{ to_addr: "p" }]);
  });

  it("plays several games at once, and lets strangers move in none", async () => {
    for (const player of ["x", "o", "p", "q"]) await join(player);
    expect(await app.say("1", { from_addr: "q" })).toMatchObject([{ to_addr: "p" }]);
    expect(await app.say("1", { from_addr: "x" })).toMatchObject([{ to_addr: "o" }]);
    expect(await app.say("2", { from_addr: "stranger" })).toEqual([]);
  });

  it("goes on with a game after a restart", async () => {
    const clock = new TestClock();
    const keyValue = await openKeyValue({ driver: "memory", clock });
    await app.stop();
    app = await runApplication(TicTacToeWorker, { clock, keyValue });
    await join("x");
    await join("o");
    await app.stop();
    app = await runApplication(TicTacToeWorker, { clock, keyValue });
    expect(await play("9")).toMatchObject([{ to_addr: "o", content: " | | \n-+-+-\n | | \n-+-+-\n | |X" }]);
    await app.stop();
    await keyValue.close();
    app = await runApplication(TicTacToeWorker);
  });
});
