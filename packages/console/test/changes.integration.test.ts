// Changing things in Chromium on the memory gateway: rules, settings, parked messages, many messages at once; two people at the same time; what may not
// be done. Needs Debian's Chromium; skips with that reason where there is none.

import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { violations } from "./kit/accessibility.ts";
import { type OpenOptions, type Stage, hasChromium, openStage, takePicture } from "./kit/browser.ts";
import { settled } from "./kit/pages.ts";

interface Twin {
  readonly calls: readonly { readonly method: string; readonly args: readonly unknown[] }[];
  readonly world: {
    configure(name: string, config: Record<string, unknown>): void;
    configOf(name: string): Record<string, unknown>;
  };
}

describe.runIf(hasChromium)(`changes in Chromium${hasChromium ? "" : " [needs chromium]"}`, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(async () => await stage.close());

  const open = async (path: string, options: OpenOptions = {}): Promise<Page> => {
    const page = await stage.open(path, options);
    await page.waitForSelector("h1");
    return page;
  };
  /** The arguments of the last submission of a task. */
  const submitted = async (page: Page, task: string): Promise<unknown> =>
    await page.evaluate((name) => {
      const { twin } = globalThis as unknown as { twin: Twin };
      const found = twin.calls.findLast(({ method, args }) => method.startsWith("task.submit") && args[0] === name);
      return (found?.args[1] as readonly unknown[] | undefined)?.[0];
    }, task);
  /** Somebody else saves. */
  const saveMeanwhile = async (page: Page, name: string, change: Record<string, unknown>): Promise<void> =>
    await page.evaluate(
      ([worker, options]) => {
        const { twin } = globalThis as unknown as { twin: Twin };
        twin.world.configure(worker, { ...twin.world.configOf(worker), ...options });
      },
      [name, change] as const,
    );

  it("tries a message on rules before they are saved, says what is wrong with one, and sends only what differs", async () => {
    const page = await open("/routers/keywords");
    await page.fill("label:has-text('Text') >> nth=0 >> input", "pharmacy lakeside");
    await page.waitForSelector(".try-answer:has-text('no rule matches')");
    await page.click("text=Add a rule");
    await page.fill("[aria-label='Value of rule 10']", "pharmacy");
    await page.fill("[aria-label='Goes to of rule 10']", "nobody");
    await page.waitForSelector(".rule-problem:has-text('there is no connector nobody')");
    await page.fill("[aria-label='Goes to of rule 10']", "clinic-finder");
    await page.waitForSelector(".try-answer:has-text('by rule 10')");
    await page.waitForSelector(".rule-decides[data-row='9']");
    expect(await submitted(page, "router.set_rules")).toBeUndefined();
    await page.keyboard.press("Alt+ArrowUp");
    await page.waitForSelector(".rule-decides[data-row='8']");
    await page.keyboard.press("Control+S");
    await page.waitForSelector(".ask:has-text('14 would have gone elsewhere')");
    expect(await page.textContent(".ask")).toContain("None is lost");
    await page.click(".ask button[type=submit]");
    await page.waitForSelector(".work-compact :text('finished')");
    expect(await submitted(page, "router.set_rules")).toMatchObject({
      name: "keywords",
      revision: "r0",
      settings: {
        rules: expect.arrayContaining([{ looks_at: "keyword", value: "pharmacy", target: "clinic-finder" }]),
      },
    });
    expect(Object.keys((await submitted(page, "router.set_rules")) as object)).toEqual([
      "name",
      "settings",
      "revision",
    ]);
    await page.waitForFunction(() => document.querySelectorAll(".rules tbody tr").length === 10);
    await page.context().close();
  });

  it("does not save a rule that is not filled in, and says where", async () => {
    const page = await open("/routers/keywords");
    await page.click("text=Add a rule");
    await page.keyboard.press("Control+S");
    await page.waitForSelector(".field-error:has-text('empty, and needed')");
    expect(await page.$(".ask")).toBeNull();
    await page.context().close();
  });

  it("shows both versions when somebody else saved the rules meanwhile, and loses neither", async () => {
    const page = await open("/routers/keywords");
    await page.click("[aria-label='Edit rule 1']");
    await page.fill("[aria-label='Value of rule 1']", "halt");
    await saveMeanwhile(page, "keywords", { fallback_application: "echo" });
    await page.waitForSelector(".conflict:has-text('both changes can stand')");
    expect(await page.isDisabled("text=Save rules…")).toBe(true);
    await page.click("text=Go on with this");
    await page.keyboard.press("Control+S");
    await page.click(".ask button[type=submit]");
    await page.waitForSelector(".work-compact :text('finished')");
    expect(await submitted(page, "router.set_rules")).toMatchObject({
      revision: "r1",
      settings: { rules: expect.arrayContaining([expect.objectContaining({ value: "halt" })]) },
    });
    const kept = await page.evaluate(() => (globalThis as unknown as { twin: Twin }).twin.world.configOf("keywords"));
    expect(kept).toMatchObject({ fallback_application: "echo" });
    await page.context().close();
  });

  it("asks which of two changes of the same option stands", async () => {
    const page = await open("/channels/sms-northtel/settings");
    await page.fill("#settings-system_id", "mine");
    await saveMeanwhile(page, "sms-northtel", { system_id: "theirs" });
    await page.waitForSelector(".conflict:has-text('choose')");
    expect(await page.isDisabled("text=Save and restart")).toBe(true);
    await page.check(".version:has-text('mine') input");
    await page.click("text=Go on with this");
    expect(await page.inputValue("#settings-system_id")).toBe("mine");
    await page.keyboard.press("Control+S");
    await page.waitForSelector(".ask");
    await page.click(".ask button[type=submit]");
    await page.waitForSelector(".work-compact :text('finished')");
    // The secret that was not touched goes back as its mask, which means that it stays.
    expect(await submitted(page, "worker.update")).toMatchObject({
      revision: "r1",
      config: { system_id: "mine", password: "********" },
    });
    await page.context().close();
  });

  it("tries settings before they are saved, and forgets what it found when they change", async () => {
    const page = await open("/channels/sms-northtel/settings");
    await page.click("text=Replace");
    await page.fill("#settings-password", "wrong");
    await page.click("button:has-text('Try it')");
    await page.waitForSelector(".trial:has-text('refused the connection')");
    await page.fill("#settings-password", "right");
    await page.waitForSelector(".trial:has-text('refused the connection')", { state: "detached" });
    await page.click("button:has-text('Try it')");
    await page.waitForSelector(".trial:has-text('answered in 12 ms')");
    const page2 = await page.evaluate(() => JSON.stringify(localStorage));
    expect(page2).not.toContain("right");
    await page.context().close();
  });

  it("selects rows by keys, then all that match, and resends them by query", async () => {
    const page = await open("/messages?q=channel:sms-lakecell&rate=0");
    await page.waitForSelector(".row");
    await page.locator(".row").first().focus();
    await page.keyboard.press("x");
    await page.keyboard.press("Shift+ArrowDown");
    await page.waitForSelector(".select-bar:has-text('2 selected')");
    await page.keyboard.press("a");
    await page.waitForSelector(".select-bar:has-text('all that match')");
    const count = Number((await page.textContent(".select-bar b"))?.replaceAll(",", ""));
    expect(count).toBeGreaterThan(2);
    await page.click(".select-bar >> text=Resend…");
    await page.waitForSelector(`.ask h2:has-text('Resend ${count} messages?')`);
    await page.click(".ask button[type=submit]");
    await page.waitForSelector(`.work-compact:has-text('${count} of ${count} done')`);
    expect(await submitted(page, "messages.resend")).toMatchObject({ query: "channel:sms-lakecell", expected: count });
    await page.context().close();
  });

  it("selects rows on a phone by their boxes, which open nothing, and has the last of a long list", async () => {
    // Nothing new comes: the third box would be another message's.
    const page = await open("/messages?rate=0", { width: 380, height: 844 });
    const boxes = page.locator(".cell-select");
    await boxes.nth(1).tap({ position: { x: 4, y: 8 } });
    await page.waitForSelector(".select-bar:has-text('1 selected')");
    await boxes.nth(2).locator("input").tap();
    await page.waitForSelector(".select-bar:has-text('2 selected')");
    expect(new URL(page.url()).pathname).toBe("/messages");
    const [, last] = await page.evaluate(() => {
      const list = document.querySelector(".table") as HTMLElement;
      list.scrollIntoView({ block: "end" });
      return ["", list.getAttribute("aria-rowcount")];
    });
    await page.waitForSelector(`.row[aria-rowindex="${last}"]`);
    await page.context().close();
  });

  it("shows other columns, and remembers them in this browser", async () => {
    const page = await open("/messages?rate=0");
    await page.click("text=Columns…");
    await page.click(".columns-choice label:has-text('Router')");
    await page.click(".columns-choice label:has-text('Took')");
    await page.reload();
    await page.waitForSelector(".table-head:has-text('Router')");
    expect(await page.locator(".table-head").innerText()).not.toContain("Took");
    await page.context().close();
  });

  it("drops one parked message from its own page, saved first, after its number was typed", async () => {
    const page = await open("/messages/f3a91c075d2e4b189c70aa316e4f2d90", { user: "thandi" });
    await page.click("button:has-text('Drop…')");
    await page.waitForSelector("[role=alertdialog]:has-text('Drop 1 message?')");
    await page.fill(".ask-type input", "1");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".work-compact :text('finished')");
    expect(await submitted(page, "bus.drop")).toMatchObject({
      queue: "sms-lakecell.outbound",
      ids: [expect.any(String)],
      expected: 1,
      save: true,
    });
    await page.context().close();
  });

  it("edits the whole body of a parked message: says what is wrong with it, keeps the first version", async () => {
    const page = await open("/messages/f3a91c075d2e4b189c70aa316e4f2d90");
    await page.waitForSelector(".trail-try");
    await page.keyboard.press("e");
    await page.fill("section[aria-label='Edit and retry'] textarea", "Your results are here.");
    await page.click("text=Raw body");
    const body = await page.inputValue(".body-editor");
    expect(JSON.parse(body)).toMatchObject({ content: "Your results are here." });
    await page.fill(".body-editor", body.slice(0, -1));
    await page.waitForSelector("#body-problem.field-error");
    expect(await page.isDisabled("text=Retry this version")).toBe(true);
    await page.fill(".body-editor", "{}");
    await page.click("text=Retry this version");
    await page.waitForSelector(".act-error:has-text('message_id')");
    await page.fill(".body-editor", body);
    await page.click("text=Retry this version");
    await page.waitForSelector("section[aria-label='Edit and retry']", { state: "detached" });
    await page.click("nav[aria-label^='Parts of'] >> text=Body");
    await page.waitForSelector("h3:has-text('Changed before it was retried')");
    expect(await page.textContent(".inspector")).toContain("nomsa");
    await page.context().close();
  });

  it("saves what is dropped to a file first, all of it", async () => {
    const page = await open("/queues/sms-lakecell.outbound", { user: "thandi" });
    await page.click(".cause input >> nth=1");
    await page.click("text=Drop…");
    await page.waitForSelector("[role=alertdialog]");
    await page.keyboard.type("6");
    const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
    const lines = readFileSync(await download.path(), "utf8")
      .trim()
      .split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { error: { code: string } }).error.code)).toEqual(
      Array.from({ length: 6 }, () => "ESME_RINVDSTADR"),
    );
    await page.waitForSelector(".parked-title:has-text('31 parked')");
    expect(await submitted(page, "bus.drop")).toMatchObject({ cause: "ESME_RINVDSTADR", expected: 6, save: true });
    await page.context().close();
  });

  it("pauses several channels at once with one question", async () => {
    const page = await open("/channels");
    await page.waitForSelector(".row");
    await page.locator(".row:has-text('sms-lakecell') input").click();
    await page.locator(".row:has-text('ussd-7700') input").click();
    await page.click("text=Pause 2…");
    await page.waitForSelector(".ask:has-text('Pause 2 channels?')");
    await page.click(".ask button[type=submit]");
    await page.waitForSelector(".task-lines li:nth-child(2):has-text('finished')");
    await page.waitForSelector(".row:has-text('ussd-7700'):has-text('paused')");
    expect(await submitted(page, "worker.pause")).toEqual({ name: expect.stringMatching(/ussd-7700|sms-lakecell/) });
    await page.context().close();
  });

  it("remembers calls of a method in this browser, and asks before one that takes something away", async () => {
    const page = await open("/services/users/delete", { user: "thandi" });
    await page.fill("#arg-0", "sipho");
    await page.click("button:has-text('Call…')");
    await page.waitForSelector("[role=alertdialog]");
    await page.keyboard.press("Escape");
    await page.goto(`${stage.site.url}/services/routers/rules`);
    await page.fill("#arg-0", "keywords");
    await page.keyboard.press("Control+Enter");
    await page.waitForSelector("h2:has-text('Answered in')");
    await page.reload();
    await page.waitForSelector(".related-take:has-text('keywords')");
    const calls = await page.evaluate(() => (globalThis as unknown as { twin: Twin }).twin.calls);
    expect(calls.filter(({ method }) => method === "users.delete")).toEqual([]);
    await page.context().close();
  });

  it("shows what differs from the file, and writes what was shown, by an administrator", async () => {
    const denied = await open("/settings/config");
    await denied.waitForSelector("button:disabled:has-text('Write to the file…') :text('admin')");
    await denied.context().close();
    const page = await open("/settings/config", { user: "thandi" });
    await page.waitForSelector(".code .added:has-text('mt_tps: 10')");
    await page.click("text=Write to the file…");
    await page.waitForSelector(".ask:has-text('gateway.yaml.bak')");
    expect(await submitted(page, "config.write")).toBeUndefined();
    await page.keyboard.press("Enter");
    await page.waitForSelector("h2:has-text('The file says what runs')");
    expect(await submitted(page, "config.write")).toEqual({ revision: "sms-northtel" });
    await page.context().close();
  });

  it("changes an account and says whose sessions end; nobody removes their own", async () => {
    const page = await open("/settings/users/nomsa", { user: "thandi" });
    await page.waitForSelector("text=Saving ends 1 session of it.");
    await page.click("label:has-text('admin') input");
    await page.click("button:has-text('Save')");
    await page.waitForSelector("[role=status]:has-text('Saved.')");
    await page.click("text=Users >> nth=0");
    await page.click(".page a:has-text('thandi')");
    await page.waitForSelector("button:disabled:has-text('Remove thandi…')");
    expect(await page.locator("text=the only administrator").count()).toBe(0);
    const updates = await page.evaluate(() =>
      (globalThis as unknown as { twin: Twin }).twin.calls.filter(({ method }) => method === "users.update"),
    );
    expect(updates.map(({ args }) => args)).toEqual([
      ["nomsa", { groups: ["operator", "viewer", "admin"], locked: false }],
    ]);
    await page.context().close();
  });

  const looks = [
    { name: "light-1440", width: 1440, height: 900, theme: "light" },
    { name: "dark-380", width: 380, height: 844, theme: "dark" },
  ] as const;
  /** Pages in the midst of a change, by the name of their picture. */
  const states: Readonly<Record<string, readonly [path: string, act: (page: Page) => Promise<unknown>]>> = {
    "rules-edited": [
      "/routers/keywords",
      async (page) => {
        await page.fill("label:has-text('Text') >> nth=0 >> input", "stop it");
        await page.click("[aria-label='Edit rule 2']");
        await page.fill("[aria-label='Goes to of rule 2']", "nobody");
        await page.waitForSelector(".rule-problem");
      },
    ],
    "rules-conflict": [
      "/routers/keywords",
      async (page) => {
        await page.click("[aria-label='Remove rule 9']");
        await saveMeanwhile(page, "keywords", { rules: [] });
        await page.waitForSelector(".conflict");
      },
    ],
    "rules-ask": [
      "/routers/keywords",
      async (page) => {
        await page.click("[aria-label='Remove rule 9']");
        await page.keyboard.press("Control+S");
        await page.waitForSelector(".ask:has-text('would have gone elsewhere')");
      },
    ],
    "settings-edited": [
      "/channels/sms-northtel/settings",
      async (page) => {
        await page.fill("#settings-system_id", "cliniclinegateway");
        await page.click("button:has-text('Try it')");
        await page.waitForSelector(".problems");
        await page.waitForSelector(".trial li");
      },
    ],
    "parked-edit": [
      "/messages/f3a91c075d2e4b189c70aa316e4f2d90",
      async (page) => {
        await page.click("button:has-text('Edit and retry…')");
        await page.click("text=Raw body");
        await page.fill(".body-editor", "{");
      },
    ],
    "plugin-open": ["/plugins/weather", async (page) => await page.click("text=Reload…")],
    "events-types": ["/events", async (page) => await page.click("text=types of events")],
  };

  describe.each(looks)("A2 $name", (look) => {
    it.each(Object.entries(states))(
      "shows %s without violations or horizontal scrolling",
      async (name, [path, act]) => {
        const page = await stage.turnTo(path, { ...look, user: "thandi" });
        await settled(page);
        await act(page);
        await settled(page);
        await takePicture(page, `${name}-${look.name}`);
        expect(await violations(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      },
    );
  });
});
