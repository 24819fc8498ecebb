import { TestClock } from "@switchboard/core/testing";
import { openKeyValue } from "@switchboard/storage";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CalculatorApp } from "../../src/applications/calculator.ts";
import { runApplication, type RunningApplication } from "../../src/testing/index.ts";

const menu = "What shall we do?\n1. Add\n2. Subtract\n3. Multiply";
const sorry = "Sorry, I can only work with whole numbers. Goodbye!";
const key = "calculator:app:session:+27831";
let app: RunningApplication;

beforeEach(async () => {
  app = await runApplication(CalculatorApp);
  expect(await app.ask(null, { session_event: "new" })).toBe(menu);
});
afterEach(() => app.stop());

describe("CalculatorApp", () => {
  it.each([
    ["1", "17", "-20", "17 + -20 = -3"],
    [" 2 ", "+5", "7", "5 - 7 = -2"],
    ["3", "9007199254740993", "3", "9007199254740993 × 3 = 27021597764222979"],
  ])("computes %j of %j and %j exactly and closes", async (choice, first, second, result) => {
    expect(await app.ask(choice)).toContain("first number");
    expect(await app.ask(first)).toBe("And the second number?");
    expect(await app.say(second)).toMatchObject([{ content: result, session_event: "close" }]);
    expect(await app.keyValue.exists(key)).toBe(false);
  });

  it.each(["0", "-1", "-3", "4"])("shows the menu again for the choice %j", async (choice) => {
    expect(await app.say(choice)).toMatchObject([{ content: menu, session_event: null }]);
    expect(await app.ask("1")).toContain("Add");
  });

  it.each([null, "", "two", "1.5", "1e3", "9".repeat(31)])(
    "M80 apologises for %j, closes and forgets, at every step",
    async (input) => {
      for (const before of [[], ["1"], ["1", "2"]]) {
        await app.say(null, { session_event: "new" });
        for (const step of before) await app.say(step);
        expect(await app.say(input)).toMatchObject([{ content: sorry, session_event: "close" }]);
        expect(await app.keyValue.exists(key)).toBe(false);
      }
    },
  );

  it("keeps people apart, and forgets those who hang up or fall silent for ten minutes", async () => {
    await app.say("3");
    expect(await app.ask("3", { from_addr: "+27832" })).toBe(menu);
    expect(await app.ask("4")).toBe("And the second number?");
    expect(await app.say(null, { session_event: "close" })).toEqual([]);
    expect(await app.ask("5")).toBe(menu);
    await app.clock.advance(600_000);
    expect(await app.ask("1")).toBe(menu);
  });

  it("goes on with a calculation after a restart", async () => {
    const clock = new TestClock();
    const keyValue = await openKeyValue({ driver: "memory", clock });
    const before = await runApplication(CalculatorApp, { clock, keyValue });
    await before.say(null, { session_event: "new" });
    await before.say("1");
    await before.say("2");
    await before.stop();
    const after = await runApplication(CalculatorApp, { clock, keyValue });
    expect(await after.ask("3")).toBe("2 + 3 = 5");
    await after.stop();
    await keyValue.close();
  });
});
