import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { until } from "@switchboard/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HangmanWorker } from "../../src/applications/hangman.ts";
import { runApplication, type RunningApplication } from "../../src/testing/index.ts";

const key = "hangman_game:app:gallows:session:27831";
let server: Server;
let app: RunningApplication;
let words: string[];
let status: number;

beforeEach(async () => {
  words = [];
  status = 200;
  server = createServer((_request, response) => response.writeHead(status).end(words.shift() ?? "tree"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const random_word_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/word`;
  app = await runApplication(HangmanWorker, { config: { worker_name: "gallows", random_word_url } });
});

afterEach(async () => {
  await app.stop();
  server.closeAllConnections();
  server.close();
});

// A new word comes through a real socket, so the answer is awaited.
async function ask(content: string | null): Promise<(string | undefined)[]> {
  const before = app.sent.length;
  await app.say(content);
  await until(() => app.sent.length > before);
  return app.sent.at(-1)?.content?.split("\n") ?? [];
}

async function guess(letters: string): Promise<(string | undefined)[]> {
  let lines: (string | undefined)[] = [];
  for (const letter of letters) lines = await ask(letter);
  return lines;
}

describe("HangmanWorker", () => {
  it("M80 strips byte order mark and white space from the word, lower-cases it, and shows the board", async () => {
    words = ["\uFEFF  Don't\r\n"];
    expect(await ask(null)).toEqual(["Guess the word!", "___'_", "Guessed: ", "Your guess (0 to quit)"]);
    expect(await app.keyValue.hgetall(key)).toMatchObject({ word: "don't", guesses: "" });
  });

  it("takes letters in either case, sorts them and uncovers what was guessed", async () => {
    words = ["Émile"];
    expect(await ask("E")).toEqual(['Yes, there is "e".', "____e", "Guessed: e", "Your guess (0 to quit)"]);
    expect(await ask(" b ")).toEqual(['No "b" in this word.', "____e", "Guessed: be", "Your guess (0 to quit)"]);
    expect((await ask("e\u0301"))[1]).toBe("é___e");
  });

  it.each([
    ["", "Guess a letter, please."],
    ["ab", "One letter at a time, please."],
    ["7", "That is not a letter."],
    ["T", 'You had "t" already.'],
  ])("answers %j with a hint of its own and counts nothing", async (input, hint) => {
    await ask("t");
    expect(await ask(input)).toEqual([hint, "t___", "Guessed: t", "Your guess (0 to quit)"]);
  });

  it("praises according to the guesses per letter", async () => {
    const praises = new Set<string | undefined>();
    for (const wrong of ["", "a", "abc", "abcdf", "abcdfghi", "abcdfghijklm"]) {
      praises.add((await guess(`${wrong}tre`))[0]);
      await ask("0");
    }
    expect(praises.size).toBe(6);
    expect([...praises][0]).toContain("Not one wrong guess");
  });

  it("after a win begins anew with any single character, and only so", async () => {
    words = ["to", "be"];
    expect(await guess("to")).toEqual([
      "Not one wrong guess. Are you reading my mind?",
      "to",
      "Guessed: ot",
      "Any letter for a new game (0 to quit)",
    ]);
    expect((await ask("xy"))[1]).toBe("to");
    expect((await ask(null))[0]).toContain("Not one wrong guess");
    expect(await ask("!")).toEqual(["Guess the word!", "__", "Guessed: ", "Your guess (0 to quit)"]);
    expect((await ask("b"))[1]).toBe("b_");
  });

  it("ends game and session with 0, but keeps the game of those who hang up, for ever", async () => {
    await ask("t");
    await app.say(null, { session_event: "close" });
    await app.clock.advance(31 * 86_400_000);
    expect((await ask(null))[1]).toBe("t___");
    expect(await ask("0")).toEqual(['The word was "tree". Thank you for playing!']);
    expect(app.sent.at(-1)?.session_event).toBe("close");
    expect(await app.keyValue.exists(key)).toBe(false);
  });

  it.each([
    ["a failing server", 500, "tree"],
    ["a word without letters", 200, " 42 "],
    ["more than a word", 200, "x".repeat(2_000)],
  ])("parks a message for which there is no word: %s", async (_, code, text) => {
    status = code;
    words = [text];
    await app.say(null);
    await until(async () => (await app.parked()).length === 1);
    expect(await app.parked()).toEqual(["RELAY_FAILED"]);
    expect(await app.keyValue.exists(key)).toBe(false);
  });
});
