import { until } from "@switchboard/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoWorker } from "../../src/applications/memo.ts";
import { runApplication, type RunningApplication } from "../../src/testing/index.ts";

let app: RunningApplication;

beforeEach(async () => {
  app = await runApplication(MemoWorker, { config: { worker_name: "secretary" } });
});
afterEach(() => app.stop());

async function speak(from_addr: string, content: string | null, irc?: object): Promise<(string | null)[]> {
  const told = await app.say(content, { from_addr, helper_metadata: irc === undefined ? {} : { irc: { ...irc } } });
  expect(told.every(({ to_addr }) => to_addr === from_addr)).toBe(true);
  return told.map((message) => message.content);
}

const here = { irc_channel: "#here", addressed_to_transport: true };
const overheard = { irc_channel: "#here", addressed_to_transport: false };

describe("MemoWorker", () => {
  it("confirms a memo, keeps it under Vumi's key, and passes all of them on once, oldest first", async () => {
    expect(await speak("ann", "bot: tell Bob the soup is ready", here)).toEqual(["I will tell Bob."]);
    await speak("cy", "bot: tell bob  hurry\nup", here);
    const key = "ircbot:memos:secretary:#here:bob";
    expect(await app.keyValue.lrange(key, 0, -1)).toEqual(['["ann","the soup is ready"]', '["cy","hurry\\nup"]']);
    expect(await speak("BoB", "hello", overheard)).toEqual([
      "ann asked me to tell you: the soup is ready",
      "cy asked me to tell you: hurry\nup",
    ]);
    expect(await speak("bob", "hello", overheard)).toEqual([]);
    expect(await app.keyValue.keys()).toEqual([]);
  });

  it("keeps channels apart; without metadata the channel is unknown and the bot addressed", async () => {
    expect(await speak("ann", "bot tell bob hi")).toEqual(["I will tell bob."]);
    expect(await app.keyValue.keys()).toEqual(["ircbot:memos:secretary:unknown:bob"]);
    expect(await speak("bob", "hello", here)).toEqual([]);
    expect(await speak("bob", null)).toEqual(["ann asked me to tell you: hi"]);
  });

  it.each([
    ["what is said to others", "bot: tell bob hi", overheard],
    ["another case of the word", "bot: TELL bob hi", here],
    ["a memo without text", "bot: tell bob ", here],
    ["no name before it", "tell bob hi", here],
    ["silence", null, here],
  ])("takes no memo from %s", async (_, content, irc) => {
    expect(await speak("ann", content, irc)).toEqual([]);
    expect(await app.keyValue.keys()).toEqual([]);
  });

  it("passes memos on before taking one, also for oneself", async () => {
    await speak("ann", "bot: tell bob hi", here);
    expect(await speak("bob", "bot: tell bob wake up", here)).toEqual([
      "ann asked me to tell you: hi",
      "I will tell bob.",
    ]);
    expect(await speak("bob", "yes?", here)).toEqual(["bob asked me to tell you: wake up"]);
  });

  it("takes fifty memos for one nick and refuses more", async () => {
    for (let count = 0; count < 50; count++) await speak("ann", `bot: tell bob ${count}`, here);
    expect(await speak("ann", "bot: tell bob 50", here)).toEqual(["I have too many memos for bob already."]);
    const before = app.sent.length;
    await app.say("hello", { from_addr: "bob", helper_metadata: { irc: here } });
    await until(() => app.sent.length === before + 50);
    expect(app.sent.at(-1)?.content).toBe("ann asked me to tell you: 49");
  });
});
