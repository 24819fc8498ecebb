// Every page in Chromium on the memory gateway: both themes, both widths, without violations of accessibility and without horizontal scrolling; the
// keyboard story; what a lost line looks like. Needs Debian's Chromium; skips with that reason where there is none.

import { until } from "@switchboard/testkit";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { violations } from "./kit/accessibility.ts";
import { type OpenOptions, type Stage, hasChromium, openStage, takePicture } from "./kit/browser.ts";
import { pressKey } from "./kit/keys.ts";
import { pages, settled } from "./kit/pages.ts";

const widths: readonly (OpenOptions & { readonly width: number })[] = [
  { width: 1440, height: 900 },
  { width: 380, height: 844 },
];

/** Takes a picture of a page in both themes and expects that axe finds nothing in either. A theme is colours alone, so for the second only those are looked at. */
async function expectAccessible(page: Page, name: string): Promise<void> {
  const width = page.viewportSize()?.width;
  await takePicture(page, `${name}-light-${width}`);
  expect(await violations(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  // Charts are drawn anew, in the frame after the one in which they hear of it.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await takePicture(page, `${name}-dark-${width}`);
  expect(await violations(page, "color-contrast", "link-in-text-block")).toEqual([]);
}

async function focusName(page: Page): Promise<string> {
  return await page.evaluate(() => {
    const active = document.activeElement;
    return active === null || active === document.body ? "" : `${active.tagName} ${active.textContent?.slice(0, 60)}`;
  });
}

describe.runIf(hasChromium)(`console in Chromium${hasChromium ? "" : " [needs chromium]"}`, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(async () => await stage.close());

  async function open(path: string, options: OpenOptions = {}): Promise<{ page: Page }> {
    const page = await stage.open(path, options);
    await settled(page);
    return { page };
  }

  describe.each(widths)("A2 in both themes, $width wide", (look) => {
    it.each(Object.entries(pages))("shows %s without violations or horizontal scrolling", async (name, path) => {
      const page = await stage.turnTo(path, { ...look, user: name === "users" ? "thandi" : "nomsa" });
      await settled(page);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      await expectAccessible(page, name);
      expect(over).toBeLessThanOrEqual(0);
      // A16: nothing moves where motion is not wanted.
      expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
      expect(stage.problems(page)).toEqual([]);
    });

    it("shows the door, a lost line, an empty gateway and the questions without violations", async () => {
      const door = await open("/", { ...look, user: null });
      await expectAccessible(door.page, "door");
      await door.page.context().close();

      const lost = await open("/", look);
      await lost.page.evaluate(() => {
        const { twin } = globalThis as unknown as { twin: Twin };
        twin.peer.refuse();
        twin.peer.cut();
      });
      await lost.page.waitForSelector(".strip");
      await expectAccessible(lost.page, "lost");
      await lost.page.context().close();

      const empty = await open("/?twin=empty", look);
      await empty.page.waitForSelector(".state-empty");
      await expectAccessible(empty.page, "empty");
      await empty.page.context().close();

      const question = await open("/queues/sms-lakecell.outbound", { ...look, user: "thandi" });
      await question.page.click(".cause input");
      await question.page.click("text=Drop…");
      await question.page.waitForSelector("[role=alertdialog]");
      await expectAccessible(question.page, "drop");
      await question.page.context().close();

      const palette = await open("/", look);
      await pressKey(palette.page, "Control+K");
      await palette.page.keyboard.type("lake");
      await expectAccessible(palette.page, "palette");
      await palette.page.context().close();
    });
  });

  it("signs in by name, refuses without saying which was wrong, and by the printed link", async () => {
    const { page } = await open("/", { user: null });
    await page.fill("[name=username]", "mallory");
    await page.fill("[name=password]", "x");
    await pressKey(page, "Enter");
    await page.waitForSelector("text=Name and password do not fit");
    await page.fill("[name=username]", "nomsa");
    await page.fill("[name=password]", "secret-word");
    await pressKey(page, "Enter");
    await page.waitForSelector("h1:has-text('Overview')");
    const kept = await page.evaluate(() => JSON.stringify(localStorage) + document.documentElement.outerHTML);
    expect(kept).not.toContain("secret-word");
    await page.context().close();
    const link = await open("/login/once/memory-thandi", { user: null });
    await link.page.waitForSelector("h1:has-text('You are signed in as thandi')");
    expect(await violations(link.page)).toEqual([]);
    await takePicture(link.page, "first-password-light-1440");
    await link.page.keyboard.type("a-word-of-my-own");
    await pressKey(link.page, "Enter");
    await link.page.waitForSelector("h1:has-text('Overview')");
    expect(new URL(link.page.url()).pathname).toBe("/");
    // Three things to try, until they are closed for good.
    await link.page.waitForSelector(".welcome h2");
    const written = await link.page.evaluate(() => JSON.stringify(localStorage) + document.documentElement.outerHTML);
    expect(written).not.toContain("a-word-of-my-own");
    await link.page.click(".welcome button:has-text('Close')");
    await link.page.reload();
    await link.page.waitForSelector("h1:has-text('Overview')");
    expect(await link.page.$(".welcome")).toBeNull();
    await link.page.context().close();
  });

  it("A19 goes from what is parked to the rule, changes it, and retries, by keyboard alone", async () => {
    const { page } = await open("/");
    let keys = 0;
    const press = async (key: string): Promise<void> => {
      keys++;
      await pressKey(page, key);
    };
    await page.waitForSelector(".attention-line");
    await press("3");
    await page.waitForSelector(".cause");
    await press("Enter");
    await page.waitForSelector(".trail-try");
    expect(await page.textContent(".inspector")).toContain("ESME_RTHROTTLED");
    expect(await page.textContent(".inspector")).toContain("rule 7");
    expect(await focusName(page)).toContain("Parked after 5 tries");
    await press("w");
    await page.waitForSelector(".rules");
    expect(new URL(page.url()).pathname).toBe("/routers/keywords/explain");
    await press("e");
    await page.waitForSelector("text=Add a rule");
    await press("n");
    await page.waitForFunction(() => document.querySelectorAll(".rules tbody tr").length === 10);
    expect(await focusName(page)).toContain("SELECT");
    await press("Tab");
    await page.keyboard.type("pharmacy");
    await press("Tab");
    await page.keyboard.type("clinic-finder");
    await press("Control+S");
    await page.waitForSelector(".ask");
    expect(await page.textContent(".ask")).toContain("12 to clinic-finder");
    await press("Enter");
    await page.waitForSelector(".work-compact :text('finished')");
    await page.goBack();
    await page.goBack();
    await page.waitForSelector(".trail-try");
    await press("r");
    await page.waitForSelector("h2:has-text('Sent in')");
    expect(keys).toBeLessThanOrEqual(16);
    await page.context().close();
  });

  it("A15 retries all of the first cause in four keys, and says what then happened", async () => {
    const { page } = await open("/");
    await page.waitForSelector(".attention-line");
    await pressKey(page, "3");
    await page.waitForSelector(".cause");
    await pressKey(page, "Space");
    await page.waitForSelector(".cause-chosen");
    await pressKey(page, "r");
    await page.waitForSelector("h2:has-text('Retry 31 messages?')");
    await pressKey(page, "Enter");
    await page.waitForFunction(() =>
      document.querySelector(".inspector")?.textContent?.includes("6 parked, for 1 reason"),
    );
    expect(await page.textContent(".work-compact")).toContain("finished");
    await page.context().close();
  });

  it("A13 says that the line is lost, keeps what is typed, and catches up", async () => {
    const { page } = await open("/talk/sms-lakecell");
    await page.fill(".phone-input input", "half a sentence");
    await page.evaluate(() => {
      const { twin } = globalThis as unknown as { twin: Twin };
      twin.peer.refuse();
      twin.peer.cut();
    });
    await page.waitForSelector(".strip");
    await page.waitForFunction(() => document.documentElement.hasAttribute("data-stale"));
    // What comes back is being started: the page's own service is not there yet.
    await page.evaluate(() => {
      const { twin } = globalThis as unknown as { twin: Twin };
      let go: () => void = () => undefined;
      twin.world.starting = new Promise((resolve) => (go = resolve));
      Object.assign(globalThis, { go: () => ((twin.world.starting = undefined), go()) });
      twin.peer.accept();
    });
    await page.waitForSelector(".strip-back", { timeout: 20_000 });
    await page.waitForFunction(() => !document.documentElement.hasAttribute("data-stale"));
    expect(await page.textContent(".strip-back")).toContain("Back after");
    expect(await page.inputValue(".phone-input input")).toBe("half a sentence");
    const asked = (): Promise<number> =>
      page.evaluate(() => {
        const { twin } = globalThis as unknown as { twin: Twin };
        return twin.calls.filter(({ method }) => method === "discovery.get_services").length;
      });
    const before = await asked();
    await page.evaluate(() => (globalThis as unknown as { go(): void }).go());
    await until(async () => (await asked()) > before);
    expect(await page.inputValue(".phone-input input")).toBe("half a sentence");
    await page.context().close();
  });
});

/** What these tests use of the memory gateway. */
interface Twin {
  readonly peer: { refuse(): void; cut(): void; accept(): void };
  readonly world: { starting: Promise<void> | undefined };
  readonly calls: readonly { readonly method: string }[];
}
