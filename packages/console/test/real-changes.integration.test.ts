// Changing a real gateway in Chromium: two people at one router, all messages of a search, the body of a parked message, copies before a drop, a try before
// a channel is made. Needs Debian's Chromium; skips with that reason where there is none.

import { readFileSync } from "node:fs";
import { freePort, until } from "@switchboard/testkit";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium } from "./kit/browser.ts";
import { everything } from "./kit/everything.ts";
import { settled } from "./kit/pages.ts";
import { openRealGateway, type RealGateway } from "./kit/real-gateway.ts";

const patient = { timeout: 20_000 };

interface RouterRules {
  readonly revision: string;
  readonly settings: { readonly rules: readonly unknown[]; readonly fallback_application?: string };
}

describe.runIf(hasChromium)(`changes of a real gateway${hasChromium ? "" : " [needs chromium]"}`, () => {
  let gateway: RealGateway;
  let page: Page;
  beforeAll(async () => {
    gateway = await openRealGateway();
    page = await gateway.open("/", { token: gateway.client.token ?? "" });
    await page.locator("h1", { hasText: "Overview" }).waitFor(patient);
  });
  afterAll(async () => await gateway.close());
  const go = async (path: string): Promise<void> => void (await page.goto(gateway.url + path));
  const rulesNow = async (): Promise<RouterRules> =>
    (await gateway.client.call("routers.rules", ["words"])) as RouterRules;
  const parkedIn = async (queue: string): Promise<number> =>
    ((await gateway.client.call("bus.parked", [queue, {}])) as unknown[]).length;

  it("two people change one router: both changes stand, and what is wrong with a rule is said before it is saved", async () => {
    await go("/routers/words");
    await page.locator("label", { hasText: "Text" }).locator("input").first().fill("nurse please");
    await page.locator(".try-answer", { hasText: "nowhere" }).waitFor(patient);
    await page.locator("button", { hasText: "Add a rule" }).first().click();
    await page.getByLabel("App of rule 4").fill("nobody");
    await page.getByLabel("Keyword of rule 4").fill("nurse");
    await page.locator(".rule-problem", { hasText: "there is no connector nobody" }).waitFor(patient);
    await page.getByLabel("App of rule 4").fill("echo");
    await page.locator(".try-answer", { hasText: "by rule 4" }).waitFor(patient);
    const before = await rulesNow();
    await gateway.client.call("task.submit", [
      "router.set_rules",
      [{ name: "words", settings: { fallback_application: "menu" }, revision: before.revision }],
    ]);
    await page.locator(".conflict", { hasText: "both changes can stand" }).waitFor(patient);
    await page.locator("button", { hasText: "Go on with this" }).click();
    await page.keyboard.press("Control+S");
    await page.locator(".ask", { hasText: "None is lost" }).waitFor(patient);
    await page.locator(".ask button[type=submit]").click();
    await page.locator(".work-compact", { hasText: "finished" }).waitFor(patient);
    const { settings } = await rulesNow();
    expect(settings.fallback_application).toBe("menu");
    expect(settings.rules).toContainEqual({ app: "echo", keyword: "nurse" });
    // As it was, for what follows.
    await gateway.client.call("task.submit", [
      "router.set_rules",
      [{ name: "words", settings: { fallback_application: null } }],
    ]);
    await until(async () => (await rulesNow()).settings.fallback_application === undefined);
  });

  it("resends and downloads all that a search finds, which are more than were chosen", async () => {
    for (let index = 0; index < 5; index++) await gateway.write("hello again", { person: `+2782000999${index}` });
    const count = async (): Promise<number> =>
      ((await gateway.client.call("messages.select", [{ query: "again type:in" }])) as { count: number }).count;
    await until(async () => (await count()) === 5);
    await go("/messages?q=again%20type:in");
    await page.locator(".row").first().focus();
    await page.keyboard.press("x");
    await page.locator(".select-bar", { hasText: "1 selected" }).waitFor(patient);
    await page.keyboard.press("a");
    await page.locator(".select-bar", { hasText: "5 selected, all that match" }).waitFor(patient);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.locator("button", { hasText: "Export CSV" }).click(),
    ]);
    expect(
      readFileSync(await download.path(), "utf8")
        .trim()
        .split("\r\n"),
    ).toHaveLength(6);
    await page.locator(".select-bar button", { hasText: "Resend…" }).click();
    await page.locator(".ask h2", { hasText: "Resend 5 messages?" }).waitFor(patient);
    await page.locator(".ask button[type=submit]").click();
    await page.locator(".work-compact", { hasText: "5 of 5 done" }).waitFor(patient);
    await until(async () => (await count()) === 10);
    expect(await count()).toBe(10);
  });

  it("corrects a parked message's body, which the gateway checks, and keeps the first; saves others before they are dropped", async () => {
    const ids = await Promise.all(["helo one", "helo two", "helo three"].map((text) => gateway.write(text)));
    await until(async () => (await parkedIn("sms.inbound")) === 3);
    await go(`/messages/${ids[0]}`);
    await page.locator("button", { hasText: "Edit and retry…" }).click();
    const editor = page.locator("section[aria-label='Edit and retry']");
    await editor.locator("textarea").fill("hello one");
    await editor.locator("button", { hasText: "Raw body" }).click();
    const body = await editor.locator("textarea").inputValue();
    await editor.locator("textarea").fill("{}");
    await editor.locator("button", { hasText: "Retry this version" }).click();
    await page.locator(".act-error", { hasText: "EINVAL" }).waitFor(patient);
    await editor.locator("textarea").fill(body);
    await editor.locator("button", { hasText: "Retry this version" }).click();
    await editor.waitFor({ ...patient, state: "detached" });
    expect(await gateway.client.call("bus.edits", ["sms.inbound"])).toMatchObject([{ by: "root", message_id: ids[0] }]);
    await until(async () => (await parkedIn("sms.inbound")) === 2);

    await go("/queues/sms.inbound");
    await page.locator(".cause input").first().click();
    await page.locator("button", { hasText: "Drop…" }).click();
    await page.locator("[role=alertdialog]", { hasText: "Drop 2 messages?" }).waitFor(patient);
    await page.keyboard.type("2");
    const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
    const saved = readFileSync(await download.path(), "utf8")
      .trim()
      .split("\n");
    const texts = saved.map(
      (line) => (JSON.parse((JSON.parse(line) as { body: string }).body) as { content: string }).content,
    );
    expect(texts.toSorted()).toEqual(["helo three", "helo two"]);
    // The list of what is parked follows by itself.
    await page.locator("p", { hasText: "Nothing is parked here." }).waitFor(patient);
    expect(await parkedIn("sms.inbound")).toBe(0);
  });

  it("A20 tries a channel before it is made, keeps its password when something else is changed, and lets nobody read it", async () => {
    const heard: unknown[] = [];
    const stopListening = gateway.client.on("*", (event) => void heard.push(event));
    const taken = new URL(gateway.url).port;
    const port = await freePort();
    await go("/channels/new?class=HttpApiTransport");
    await page.locator(".form-narrow > label input").fill("side");
    await page.locator("#new-web_path").fill("/side");
    await page.locator("#new-web_username").fill("clinic");
    await page.locator("#new-web_password").fill("kept-secret");
    await page.locator("#new-web_host").fill("127.0.0.1");
    await page.locator("#new-web_port").fill(taken);
    await page.locator("button", { hasText: "Try it" }).click();
    await page.locator(".trial", { hasText: "EADDRINUSE" }).waitFor(patient);
    await page.locator("#new-web_port").fill(String(port));
    await page.keyboard.press("Control+S");
    await page.locator(".work", { hasText: "finished" }).waitFor(patient);
    await go("/channels/side/settings");
    await page.locator("#settings-request_timeout").fill("2 min");
    await page.keyboard.press("Control+S");
    await page.locator(".ask button[type=submit]").click();
    await page.locator(".work-compact", { hasText: "finished" }).waitFor(patient);
    const worker = (await gateway.client.call("workers.get", ["side"])) as { config: Record<string, unknown> };
    expect(worker.config).toMatchObject({ request_timeout: 120, web_password: "********" });
    const authorization = (password: string): string => `Basic ${Buffer.from(`clinic:${password}`).toString("base64")}`;
    const status = async (password: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}/side?content=x`, { headers: { Authorization: authorization(password) } }))
        .status;
    expect(await status("wrong")).toBe(401);
    expect(await status("kept-secret")).not.toBe(401);
    // Where it could be: on the page, in its address and storage, in tasks, events and the log, in a call that is copied.
    const tasks = await gateway.client.call("task.query", [[], {}]);
    expect(JSON.stringify(tasks)).toContain("worker.create");
    expect(heard.length).toBeGreaterThan(0);
    expect(JSON.stringify([tasks, heard])).not.toContain("kept-secret");
    stopListening();
    await go("/services/config/try");
    await page.getByRole("button", { name: "JSON" }).click();
    const change = { class: "HttpApiTransport", config: { web_password: "kept-secret" } };
    await page.locator("#args-json").fill(JSON.stringify([change]));
    const copied = page.getByRole("region", { name: "The same call" });
    for (const form of ["CLI", "curl", "TypeScript"]) {
      await page.getByRole("button", { name: form, exact: true }).click();
      expect(await copied.textContent()).toContain("$WEB_PASSWORD");
      expect(await copied.textContent()).not.toContain("kept-secret");
    }
    await page.getByRole("button", { name: /^Call/ }).click();
    await page.locator(".explorer-result").waitFor(patient);
    for (const path of ["/services/config/try", "/channels/side/settings", "/tasks", "/logs"]) {
      await go(path);
      await settled(page);
      expect(await page.evaluate(everything)).not.toContain("kept-secret");
    }
  });

  it("shows without secrets what the gateway's file does not say yet, and writes it there with them", async () => {
    const differs = { workers: expect.arrayContaining([{ name: "side", change: "added", options: [] }]) };
    expect(await gateway.client.call("config.file_changes")).toMatchObject(differs);
    await go("/settings/config");
    await page.locator(".code .added", { hasText: "side:" }).waitFor(patient);
    expect(await page.content()).not.toContain("kept-secret");
    await page.getByRole("button", { name: "Write to the file…" }).click();
    await page.locator(".ask").waitFor(patient);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "The file says what runs" }).waitFor(patient);
    const workers = (await gateway.client.call("workers.query")) as readonly { readonly source: string }[];
    expect(new Set(workers.map(({ source }) => source))).toEqual(new Set(["file"]));
    const { path } = (await gateway.client.call("config.file_changes")) as { readonly path: string };
    expect(readFileSync(path, "utf8")).toContain("web_password: kept-secret");
  });
});
