// The console on a real gateway with traffic, in Chromium: what a new user does, by keyboard alone, and what each page is for. Needs Debian's
// Chromium; skips with that reason where there is none.

import { until } from "@switchboard/testkit";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium } from "./kit/browser.ts";
import { pressKey } from "./kit/keys.ts";
import { figuresWithoutSign } from "./kit/old-figures.ts";
import { openRealGateway, type RealGateway } from "./kit/real-gateway.ts";

const patient = { timeout: 20_000 };

/** Waits until something is on the page; true then. */
async function seen(locator: Locator): Promise<boolean> {
  await locator.first().waitFor(patient);
  return true;
}

describe.runIf(hasChromium)(`console on a real gateway${hasChromium ? "" : " [needs chromium]"}`, () => {
  let gateway: RealGateway;
  beforeAll(async () => {
    gateway = await openRealGateway();
  });
  afterAll(async () => await gateway.close());

  /** What has the focus must be visible: somewhere on the page, with an outline. */
  async function expectFocus(page: Page): Promise<void> {
    const focused = await page.evaluate(() => {
      const active = document.activeElement;
      if (active === null || active === document.body) return "nothing";
      const { width, height } = active.getBoundingClientRect();
      return width > 0 && height > 0 ? "visible" : `invisible: ${active.outerHTML.slice(0, 100)}`;
    });
    expect(focused).toBe("visible");
  }

  it("A19 signs in by the printed link, finds why a message is parked, changes the rule, retries, and sees it answered", async ({
    task,
  }) => {
    const { client } = gateway;
    // The printed one works once; where the test is tried again, another takes its place.
    const link = (task.result?.retryCount ?? 0) === 0 ? gateway.loginLink : await gateway.newLink();
    expect(await gateway.ask("hello there")).toBe("hello there");
    const good = await gateway.write("clinic lakeside");
    const bad = await gateway.write("clinc lakeside", { person: "+27820003344" });
    await until(async () => ((await client.call("messages.get", [bad])) as { state: string }).state === "parked");

    const page = await gateway.browser.newPage();
    const keys: string[] = [];
    const press = async (key: string): Promise<void> => {
      keys.push(key);
      await pressKey(page, key);
    };
    await page.goto(link);
    // A password of one's own can wait; what waits has the focus on its field.
    await page.locator("h1", { hasText: "You are signed in as root" }).waitFor(patient);
    await press("Tab");
    await press("Tab");
    await press("Enter");
    await page.locator("h1", { hasText: "Overview" }).waitFor(patient);
    await page.locator(".attention-line").first().waitFor(patient);

    // Which channel it came in by, why it is parked.
    await press("1");
    await page.locator(".cause").first().waitFor(patient);
    await expectFocus(page);
    await press("Enter");
    const inspector = page.locator(".inspector");
    await inspector.locator("h2", { hasText: "Parked after 1 try" }).waitFor(patient);
    const told = inspector.filter({ hasText: "over sms" }).filter({ hasText: "clinc lakeside" });
    await told.filter({ hasText: "ROUTER_NO_ROUTE" }).filter({ hasText: "the rules of words" }).waitFor(patient);
    await expectFocus(page);

    // Why no rule fits, by the router itself.
    await press("w");
    await page.locator(".rules").first().waitFor(patient);
    expect(new URL(page.url()).pathname).toBe("/routers/words/explain");
    expect(await page.locator(".rule-decides").count()).toBe(0);

    // Another rule, tried on the same message before it is saved.
    await press("e");
    await page.locator("button", { hasText: "Add a rule" }).waitFor(patient);
    await page.locator(".try-answer", { hasText: "It goes nowhere" }).waitFor(patient);
    await press("n");
    await page.getByLabel("App of rule 4").and(page.locator(":focus")).waitFor(patient);
    await expectFocus(page);
    await page.keyboard.type("echo");
    await press("Tab");
    await page.keyboard.type("clinc");
    await page.locator(".try-answer", { hasText: "It goes to echo, by rule 4." }).waitFor(patient);
    await press("Control+S");
    await page.locator(".ask").waitFor(patient);
    await press("Enter");
    await until(
      async () => ((await client.call("routers.rules", ["words"])) as { rules: unknown[] }).rules.length === 4,
    );
    await page.locator(".work-compact", { hasText: "finished" }).waitFor(patient);

    // Back to the message, retry, and see it answered.
    await page.goBack();
    await page.goBack();
    await page.locator("h2", { hasText: "Parked" }).waitFor(patient);
    await press("r");
    expect(await seen(page.locator("h2", { hasText: "Answered in" }))).toBe(true);
    expect(await seen(page.locator(".trail", { hasText: "echo.outbound" }))).toBe(true);
    // Three of them at the door.
    expect(keys.length - 3).toBeLessThanOrEqual(16);

    // Which rule sent another one where.
    await page.goto(`${gateway.url}/messages/${good}`);
    await page.locator(".trail").waitFor(patient);
    await press("w");
    await page.locator(".rule-decides").waitFor(patient);
    expect(await page.locator(".rule-decides").textContent()).toContain("echo");
    await page.context().close();
  });

  describe("each page does what it is for", () => {
    let page: Page;
    beforeAll(async () => {
      page = await gateway.open("/", { token: gateway.client.token ?? "" });
      await page.locator("h1", { hasText: "Overview" }).waitFor(patient);
    });
    afterAll(async () => await page.context().close());
    const go = async (path: string): Promise<void> => {
      await page.goto(gateway.url + path);
      await page.locator("h1").first().waitFor(patient);
    };

    it("Overview tells what runs and what it carries", async () => {
      await gateway.ask("hello again");
      await go("/");
      await page.locator(".board-node, .node, [class*=board]").first().waitFor(patient);
      for (const name of ["sms", "ussd", "web", "words", "menu", "echo"])
        expect(await seen(page.getByText(name, { exact: true }))).toBe(true);
      await page.waitForFunction(
        () => document.querySelector(".figure .value")?.textContent !== "0",
        undefined,
        patient,
      );
    });

    it("Conversation is a phone: dials the code, lets it time out, chooses from the menu, is kept as a test, writes a text, and shows the trail", async () => {
      await go("/talk/ussd");
      const dial = page.getByRole("button", { name: /^Dial/ });
      await dial.click();
      await page.getByText("What would you like to know?").first().waitFor(patient);
      // The channel's own timeout, of 180 s.
      expect(await seen(page.getByText(/network ends it in (3:00|2:\d\d)/))).toBe(true);
      await page.getByRole("button", { name: "Let it time out" }).click();
      expect(await seen(page.getByText("Ended by the network"))).toBe(true);
      await dial.click();
      await page.locator(".screen-choice", { hasText: "What this is" }).waitFor(patient);
      await page.fill(".phone-input input", "1");
      await pressKey(page, "Enter");
      await page.getByText("A menu with a session. Goodbye.").first().waitFor(patient);
      expect(await seen(page.getByText("Ended by menu"))).toBe(true);
      await page.getByRole("button", { name: "Save as a test…" }).click();
      const kept = page.getByRole("region", { name: "menu.ussd.test.ts" });
      expect(await seen(kept.getByText("runApplication(DecisionTreeWorker"))).toBe(true);
      expect(await seen(kept.getByText('say("1", { ...person, session_event: "resume" })'))).toBe(true);
      await go("/talk/sms");
      await page.fill(".phone-input input", "hello phone");
      await pressKey(page, "Enter");
      expect(await seen(page.locator(".trail", { hasText: "echo.outbound" }))).toBe(true);
    });

    it("Messages finds by text and opens with trail and body", async () => {
      await go("/messages");
      await pressKey(page, "/");
      await page.keyboard.type("phone");
      await pressKey(page, "Enter");
      await page.locator(".row", { hasText: "hello phone" }).first().click();
      expect(await seen(page.locator(".inspector h2", { hasText: /Answered|Sent|Delivered/ }))).toBe(true);
    });

    it("Channels pauses one and lets it go on, and says so when the server has done it", async () => {
      await go("/channels/web?ask=pause");
      await page.locator(".ask").waitFor(patient);
      await pressKey(page, "Enter");
      await until(
        async () => ((await gateway.client.call("workers.get", ["web"])) as { state: string }).state === "paused",
      );
      await page.getByRole("button", { name: /^Resume/ }).click();
      await until(
        async () => ((await gateway.client.call("workers.get", ["web"])) as { state: string }).state === "running",
      );
      expect(await seen(page.getByRole("button", { name: /^Pause/ }))).toBe(true);
    });

    it("Routers tells where a message would go", async () => {
      await go("/routers/words");
      await page.locator(".rules tbody tr").first().waitFor(patient);
      expect(await seen(page.locator(".rules", { hasText: "clinic" }))).toBe(true);
    });

    it("Applications lists them with their state", async () => {
      await go("/applications");
      await page.locator(".row", { hasText: "echo" }).waitFor(patient);
      expect(await page.locator(".row").count()).toBe(2);
    });

    it("A15 Queues retries as many as its question says", async () => {
      const { client } = gateway;
      const parked = async (): Promise<number> =>
        ((await client.call("bus.queue", ["sms.inbound"])) as { parked: number }).parked;
      const all = (await parked()) + 3;
      for (const word of ["lost", "astray", "nowhere"]) await gateway.write(word, { person: "+27820009999" });
      await until(async () => (await parked()) === all);
      await go("/queues/sms.inbound");
      await page.locator(".cause").first().waitFor(patient);
      await page.locator(".cause input").first().click();
      await pressKey(page, "r");
      await page.locator("h2", { hasText: `Retry ${all} messages?` }).waitFor(patient);
      await pressKey(page, "Enter");
      await page.locator(".work-compact", { hasText: "finished" }).waitFor(patient);
      const tasks = (await client.call("task.query", [[["name", "=", "bus.retry"]], {}])) as {
        result: { done: number };
      }[];
      expect(tasks.map(({ result }) => result.done)).toContain(all);
    });

    it("Tasks lists what was asked for and by whom", async () => {
      await gateway.client.call("task.submit", ["worker.restart", [{ name: "menu" }]]);
      await go("/tasks");
      expect(await seen(page.locator(".row", { hasText: /worker\.restart|Restart/ }).filter({ hasText: "root" }))).toBe(
        true,
      );
    });

    it("Services calls a method and shows its answer", async () => {
      await go("/services/management/ping");
      await page.getByRole("button", { name: /^Call/ }).click();
      expect(await seen(page.locator(".explorer-result", { hasText: "pong" }))).toBe(true);
    });

    it("Events shows them as they happen", async () => {
      await go("/events?mask=metrics.second");
      await page.locator(".row", { hasText: "metrics.second" }).first().waitFor(patient);
      expect(await page.locator(".row", { hasText: "window_s" }).count()).toBeGreaterThan(0);
    });

    it("Plugins, Sessions, Logs, System show what is", async () => {
      await go("/plugins");
      expect(await seen(page.locator(".row", { hasText: "attention" }))).toBe(true);
      await go("/sessions");
      expect(await seen(page.locator(".row", { hasText: "this one" }))).toBe(true);
      await go("/logs");
      expect(await seen(page.locator(".row"))).toBe(true);
      await go("/system");
      expect(await seen(page.locator(".fact", { hasText: "clinic-line" }))).toBe(true);
    });

    it("Settings adds a user, who signs in, may look, and is told which role is missing", async () => {
      await go("/settings/users");
      await page.getByRole("link", { name: "Add a user" }).click();
      await page.getByLabel("Name").fill("nomsa");
      await page.getByLabel("First password").fill("eight-letters");
      await page.getByRole("button", { name: "Add user" }).click();
      await page.waitForURL(/users\/nomsa$/, patient);
      const theirs = await gateway.open("/channels/web");
      await theirs.getByLabel("Name").fill("nomsa");
      await theirs.getByLabel("Password").fill("eight-letters");
      await pressKey(theirs, "Enter");
      await theirs.locator("h1", { hasText: "web" }).waitFor(patient);
      expect(await theirs.getByRole("button", { name: /Pause/ }).isDisabled()).toBe(true);
      expect(await theirs.getByRole("button", { name: /Pause/ }).textContent()).toContain("operator");
      await theirs.context().close();
    });
  });

  describe("A13 a line that is cut, and a gateway that is killed and started again", () => {
    let page: Page;
    const scrolled = 60;
    const readScroll = (): Promise<number> => page.$eval(".phone-log", (log) => Math.round(log.scrollTop));
    beforeAll(async () => {
      page = await gateway.open("/talk/sms", { token: gateway.client.token ?? "" });
      await page.fill(".phone-input input", "half a sentence");
      const person = await page.evaluate(() => localStorage.getItem("switchboard.person") ?? "");
      for (let count = 0; count < 8; count++) await gateway.write(`hello ${count}`, { person });
      await page.locator(".exchange .screen, .exchange .bubble:not(.bubble-in)").nth(7).waitFor(patient);
      // Away from the end, where new answers would lead.
      await page.$eval(".phone-log", (log, top) => (log.scrollTop = top), scrolled);
    });
    afterAll(async () => await page.context().close());

    it("says so, marks every figure as old, and keeps what was typed and where one was; catches up when it is back", async () => {
      await seen(page.locator(".rail .count"));
      const others = await Promise.all(
        ["/", "/queues/sms.inbound", "/channels"].map(async (path) => {
          const other = await page.context().newPage();
          await other.goto(gateway.url + path);
          await seen(other.locator(".figure .value, .measured"));
          return other;
        }),
      );
      // The page has heard of all that was written until now.
      await until(async () => {
        const { figures } = (await gateway.client.call("metrics.current")) as { figures: { accepted: number } };
        const counts = await page.locator(".rail .count").allInnerTexts();
        return counts.some((count) => count.includes(`${figures.accepted}/min`));
      });
      gateway.proxy.refuse();
      gateway.proxy.cut();
      expect(await seen(page.getByText("The line to the gateway dropped"))).toBe(true);
      for (const each of [page, ...others]) {
        await seen(each.locator("[data-stale] .strip"));
        expect(await each.evaluate(figuresWithoutSign)).toEqual([]);
      }
      await Promise.all(others.map((other) => other.close()));
      expect(await seen(page.getByText(/\d(st|nd|rd|th) try in \d+ s/))).toBe(true);
      await gateway.ask("hello meanwhile");
      await gateway.ask("hello meanwhile, too");
      await gateway.proxy.heal();
      const back = page.getByText(/Back after .* 2 messages meanwhile/);
      // On a busy machine the page may have tried by itself.
      await page.getByRole("button", { name: "Try now" }).or(back).first().click();
      expect(await seen(back)).toBe(true);
      expect(await page.evaluate(() => document.documentElement.hasAttribute("data-stale"))).toBe(false);
      expect(await page.inputValue(".phone-input input")).toBe("half a sentence");
      expect(await readScroll()).toBe(scrolled);
    });

    it("stays signed in over a restart, says that it was one, and goes on", async () => {
      // The page is back before the gateway has started its plugins, and with them what the page shows.
      await gateway.restart(async () => void (await seen(page.locator(".strip-back"))));
      expect(await seen(page.getByText("The gateway restarted at"))).toBe(true);
      expect(await page.inputValue(".phone-input input")).toBe("half a sentence");
      expect(await readScroll()).toBe(scrolled);
      await page.fill(".phone-input input", "hello after the restart");
      await pressKey(page, "Enter");
      expect(await seen(page.locator(".bubble", { hasText: "hello after the restart" }).nth(1))).toBe(true);
    });
  });

  it("A14 tells trails whose rows add up to their headlines", async () => {
    const { client } = gateway;
    await Promise.all(Array.from({ length: 40 }, (_, index) => gateway.ask(`hello ${index}`, `person ${index}`)));
    const { rows } = (await client.call("messages.search", ["type:in", { limit: 100 }])) as { rows: { id: string }[] };
    const trails = await Promise.all(rows.map(async ({ id }) => (await client.call("messages.trail", [id])) as Trail));
    const told = trails.filter(({ total_ms }) => total_ms !== null);
    expect(told.length).toBeGreaterThan(40);
    for (const { rows: parts, total_ms } of told) {
      const steps = parts.filter(({ kind }) => kind !== "event");
      const sum = steps.reduce((all, { took_ms = 0, waited_ms = 0 }) => all + took_ms + waited_ms, 0);
      expect(Math.abs(sum - (total_ms ?? 0))).toBeLessThanOrEqual(1);
    }
  });

  it("sets a password of one's own after the link, with which one comes back", async () => {
    const page = await gateway.browser.newPage();
    await page.goto(await gateway.newLink());
    await page.getByLabel("New password").fill("a-word-of-my-own");
    await pressKey(page, "Enter");
    expect(await seen(page.locator("h1", { hasText: "Overview" }))).toBe(true);
    // Two of the three ways to try it are open here; what is written is ticked.
    await gateway.ask("hello from curl");
    expect(await seen(page.locator(".welcome-done", { hasText: "Ask over HTTP" }))).toBe(true);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Name").fill("root");
    await page.getByLabel("Password").fill("a-word-of-my-own");
    await pressKey(page, "Enter");
    expect(await seen(page.locator("h1", { hasText: "Overview" }))).toBe(true);
    await page.context().close();
  });
});

interface Trail {
  readonly total_ms: number | null;
  readonly rows: readonly { readonly kind: string; readonly took_ms?: number; readonly waited_ms?: number }[];
}
