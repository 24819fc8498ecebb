import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { DecisionTreeWorker } from "../../src/applications/decision-tree.ts";
import { parseConfig } from "../../src/config/index.ts";
import { runApplication, type RunningApplication } from "../../src/testing/index.ts";

const shop = `
tree:
  start:
    text: Which fruit?
    answers:
      - { text: Apple, next: country }
      - { text: Pear, next: sort }
  country:
    text: From where?
    answers: [{ text: Chile, next: thanks }]
  sort:
    text: "{start}: which sort?"
    answers:
      - { text: Conference, next: thanks }
      - { text: Another fruit, next: start }
  thanks: { text: "{start}, {country}, {sort}, {constructor}. Thank you!" }
`;
const fruit = "Which fruit?\n1. Apple\n2. Pear";
let app: RunningApplication | undefined;

async function run(tree: unknown): Promise<RunningApplication> {
  app = await runApplication(DecisionTreeWorker, { config: { tree } });
  return app;
}

async function runShop(): Promise<RunningApplication> {
  return run((await parseConfig(shop, "shop.yaml")).values["tree"]);
}

afterEach(async () => {
  await app?.stop();
  app = undefined;
});

describe("DecisionTreeWorker", () => {
  it("asks, fills answers into texts, and closes at a step without answers", async () => {
    const { ask, say, keyValue } = await runShop();
    expect(await ask("*120#", { session_event: "new" })).toBe(fruit);
    expect(await ask("2")).toBe("Pear: which sort?\n1. Conference\n2. Another fruit");
    expect(await ask(" 2 ")).toBe(fruit);
    expect(await ask("2")).toContain("Pear");
    const content = "Pear, {country}, Conference, {constructor}. Thank you!";
    expect(await say("1")).toMatchObject([{ content, session_event: "close" }]);
    expect(await keyValue.keys()).toEqual([]);
  });

  it("takes a single answer without asking", async () => {
    const { ask } = await runShop();
    await ask(null, { session_event: "new" });
    expect(await ask("1")).toBe("Apple, Chile, {sort}, {constructor}. Thank you!");
  });

  it.each(["3", "0", "01", "-1", "apple", "", null])("repeats the question after %j", async (input) => {
    const { ask, say } = await runShop();
    await ask(null, { session_event: "new" });
    expect(await say(input)).toMatchObject([{ content: fruit, session_event: null }]);
  });

  it("forgets after 180 seconds, however busy, and when the person hangs up", async () => {
    const { ask, say, clock, keyValue } = await runShop();
    await ask(null, { session_event: "new" });
    await clock.advance(179_999);
    expect(await ask("2")).toContain("sort");
    await clock.advance(1);
    expect(await ask("1")).toBe(fruit);
    expect(await say(null, { session_event: "close" })).toEqual([]);
    expect(await keyValue.keys()).toEqual([]);
  });

  it("pages long lists with 0, keeps numbers, and begins again after the last page", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `Province number ${index + 1}`);
    const { ask } = await run({
      start: { text: "Where?", answers: names.map((text) => ({ text, next: "end" })) },
      end: { text: "{start}" },
    });
    const first = await ask(null, { session_event: "new" });
    expect(first).toBe(`Where?\n${[1, 2, 3, 4, 5].map((n) => `${n}. Province number ${n}`).join("\n")}\n0. More`);
    expect(await ask("0")).toContain("\n6. Province number 6\n");
    expect(await ask("what?")).toContain("\n6. Province number 6\n");
    const last = await ask("0");
    expect(last).toContain("\n12. Province number 12\n0. More");
    expect(await ask("0")).toBe(first);
    expect(await ask("12")).toBe("Province number 12");
  });

  it("shows every answer on exactly one page of less than 140 characters", async () => {
    const texts = fc.array(fc.string({ minLength: 1, maxLength: 60, unit: "grapheme-ascii" }), {
      minLength: 2,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(texts, async (answers) => {
        const tree = { start: { text: "?", answers: answers.map((text) => ({ text, next: "start" })) } };
        const { ask, stop } = await runApplication(DecisionTreeWorker, { config: { tree } });
        const pages = [await ask(null, { session_event: "new" })];
        for (let page = await ask("0"); page !== pages[0]; page = await ask("0")) pages.push(page);
        await stop();
        expect(pages.every((page) => (page?.length ?? 140) < 140)).toBe(true);
        const shown = pages.map((page) => page?.slice(1).replace(/\n0\. More$/, "")).join("");
        expect(shown).toBe(answers.map((text, index) => `\n${index + 1}. ${text}`).join(""));
      }),
      { numRuns: 30 },
    );
  });

  it("shows at least one answer on a page, however long it is", async () => {
    const answers = ["a", "b"].map((letter) => ({ text: letter.repeat(200), next: "start" }));
    const { ask } = await run({ start: { text: "?", answers } });
    expect(await ask(null)).toBe(`?\n1. ${"a".repeat(200)}\n0. More`);
    expect(await ask("0")).toBe(`?\n2. ${"b".repeat(200)}\n0. More`);
  });

  it.each([
    ["a step that is missing", { start: { text: "?", answers: [{ text: "a", next: "toString" }] } }, "toString"],
    ["no first step", { other: { text: "?" } }, "start"],
    ["an answer without text", { start: { text: "?", answers: [{ next: "start" }] } }, "text"],
    [
      "a circle of single answers",
      {
        start: { text: "?", answers: [{ text: "a", next: "b" }] },
        b: { text: "?", answers: [{ text: "c", next: "start" }] },
      },
      "circle of single answers: start, b",
    ],
  ])("refuses a tree with %s", async (_, tree, named) => {
    await expect(run(tree)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(named),
    });
  });
});
