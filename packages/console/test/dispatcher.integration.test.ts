// The console as it ships on a plain dispatcher server, which knows nothing of messaging: a real process, a real browser, nothing from other hosts.
// Needs Debian's Chromium; skips with that reason where there is none.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "@switchboard/client";
import { connect } from "@switchboard/client/node";
import { builtFile, freePort, type NodeProcess, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumArgs, chromiumPath, hasChromium } from "./kit/browser.ts";
import { builtConsole } from "./kit/build.ts";

const main = builtFile("packages/server/dist/daemon/main.js");
const patient = { timeout: 30_000 };

describe.skipIf(!hasChromium)(`the console on a dispatcher server${hasChromium ? "" : " [needs chromium]"}`, () => {
  let server: NodeProcess;
  let client: Client;
  let browser: Browser;
  let page: Page;
  let url: string;
  let hosts: Set<string>;

  beforeAll(async () => {
    const folder = tempFolder();
    const [protocol, frontend, site] = await Promise.all([freePort(), freePort(), builtConsole(false)]);
    const file = join(folder, "server.yaml");
    const dispatcher = {
      "websocket-port": protocol,
      "frontend-port": frontend,
      "static-dir": site,
      data: join(folder, "data"),
      "plugin-dirs": [],
      "test-services": true,
      logging: `file:${join(folder, "log")}`,
    };
    writeFileSync(file, JSON.stringify({ dispatcher }));
    server = spawnNode(main, ["-c", file]);
    await until(() => readFileSync(join(folder, "log"), "utf8").includes('"msg":"running"'));
    const password = readFileSync(join(folder, "data/admin-password"), "utf8").trim();
    client = await connect({ url: `ws://127.0.0.1:${protocol}`, login: { username: "root", password } });
    url = `http://127.0.0.1:${frontend}`;
    browser = await chromium.launch({ executablePath: chromiumPath, args: [...chromiumArgs] });
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    hosts = new Set();
    page.on("request", (request) => hosts.add(new URL(request.url()).host));
    await page.goto(url);
    await page.getByLabel("Name").fill("root");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("navigation", { name: "Services and methods" }).waitFor(patient);
  });

  afterAll(async () => {
    await browser.close();
    await client.close();
    await server.kill("SIGTERM");
  });

  it("S105 has the pages of a server only, in the rail, for the keys and in the palette; the first is Services", async () => {
    expect(new URL(page.url()).pathname).toBe("/services");
    const rail = page.getByRole("navigation", { name: "Pages" });
    expect(await rail.getByRole("listitem").getByRole("link").allInnerTexts()).toEqual([
      "Tasks",
      "Services",
      "Events",
      "Plugins",
      "Sessions",
      "Settings",
    ]);
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Go to anything" }).fill("e");
    const found = await page.getByRole("option").allInnerTexts();
    expect(found.join(" ")).toContain("Events");
    expect(found.join(" ")).not.toMatch(/Overview|Messages|Queues|Channels/);
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("m");
    expect(new URL(page.url()).pathname).toBe("/services");
    await page.goto(`${url}/messages`);
    await page.getByText("Messages is a page of gateways").waitFor(patient);
    await page.getByRole("link", { name: "To the first page" }).click();
    await page.getByRole("navigation", { name: "Services and methods" }).waitFor(patient);
    await page.setViewportSize({ width: 380, height: 760 });
    const bottom = page.getByRole("navigation", { name: "Main pages" });
    expect(await bottom.getByRole("link").allInnerTexts()).toEqual(["Tasks", "Services", "Events", "Plugins", "More"]);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it("S105 lists services and calls a method, whose answer and whose error are shown", async () => {
    const tree = page.getByRole("navigation", { name: "Services and methods" });
    await tree.getByRole("link", { name: "session" }).click();
    await tree.getByRole("link", { name: "whoami" }).click();
    await page.getByRole("button", { name: /^Call/ }).click();
    await page.getByText('"root"').waitFor(patient);
    await tree.getByRole("link", { name: "test" }).click();
    await tree.getByRole("link", { name: "rpcerror" }).click();
    await page.getByRole("button", { name: /^Call/ }).click();
    await page.getByText("This is a custom extra").waitFor(patient);
    expect(new URL(page.url()).pathname).toBe("/services/test/rpcerror");
  });

  it("S105 shows events as they come, and only those that fit the mask", async () => {
    await page.goto(`${url}/events?mask=weather.*`);
    await page.getByText("No event yet").waitFor(patient);
    await until(async () => {
      client.emit("sports.changed", { score: "1:0" });
      client.emit("weather.changed", { city: "Oslo" });
      return (await page.getByText("Oslo").count()) > 0;
    });
    expect(await page.getByText("sports.changed").count()).toBe(0);
  });

  it("S105 submits a task and shows its progress to the end, and aborts another", async () => {
    await page.goto(`${url}/tasks/new`);
    await page.getByRole("link", { name: /^test\.progress/ }).click();
    await page.getByRole("button", { name: /^Submit/ }).click();
    await page.getByText(/^finished at/).waitFor(patient);
    const [done] = (await client.call("task.query", [[["name", "=", "test.progress"]]])) as readonly object[];
    expect(done).toMatchObject({ state: "FINISHED", user: "root" });
    await page.goto(`${url}/tasks/new/test.abort`);
    await page.getByRole("button", { name: /^Submit/ }).click();
    await page.getByRole("button", { name: /^Stop/ }).click();
    await page
      .getByText(/^aborted/)
      .first()
      .waitFor(patient);
    const [aborted] = (await client.call("task.query", [[["name", "=", "test.abort"]]])) as readonly object[];
    expect(aborted).toMatchObject({ state: "ABORTED" });
  });

  it("S105 shows plugins, sessions and accounts, and asks no other host for anything", async () => {
    await page.goto(`${url}/plugins`);
    await page.getByText("0 plugins").waitFor(patient);
    await page.goto(`${url}/sessions`);
    await page.getByText("2 sessions").waitFor(patient);
    await page.goto(`${url}/settings/users`);
    await page.getByRole("cell", { name: "root" }).waitFor(patient);
    expect([...hosts]).toEqual([new URL(url).host]);
  });

  it("ends the session on the server, too, when one signs out", async () => {
    const token = await page.evaluate(() => localStorage.getItem("switchboard.token"));
    expect(token).toMatch(/^[A-Za-z0-9]{32}$/);
    await page.getByRole("button", { name: "Sign out" }).first().click();
    await page.getByRole("button", { name: "Sign in" }).waitFor(patient);
    await until(async () => ((await client.call("session.get_live_user_sessions")) as object[]).length === 1);
    const again = connect({ url: url.replace("http", "ws"), login: { token: token ?? "" }, reconnect: false });
    await expect(again).rejects.toMatchObject({ code: "CLIENT_LOGIN_REFUSED" });
  });
});
