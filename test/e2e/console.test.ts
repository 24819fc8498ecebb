// The link that `switchboard start` prints, opened in a real browser, and what the page and a client do when the gateway is killed and started again.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect } from "@switchboard/client/node";
import { builtFile, freePort, type NodeProcess, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const main = builtFile("packages/cli/dist/main.js");
const executablePath = "/usr/bin/chromium";
const hasChromium = existsSync(executablePath);
const patient = { timeout: 60_000 };

interface Report {
  readonly console: string;
  readonly login_link: string;
  readonly programs: string;
  readonly password_file: string;
}

describe.runIf(hasChromium)(`the console${hasChromium ? "" : " [needs chromium]"}`, () => {
  let browser: Browser;
  let gateway: NodeProcess;
  let args: string[];

  async function start(): Promise<Report> {
    gateway = spawnNode(main, args);
    const { value } = await gateway.lines.next();
    if (typeof value !== "string") throw new Error(gateway.stderr());
    return JSON.parse(value) as Report;
  }

  beforeAll(async () => {
    execFileSync(process.execPath, [join(root, "scripts/setup.mjs"), "--build"], { cwd: root });
    const file = join(tempFolder(), "switchboard.yaml");
    writeFileSync(
      file,
      `dispatcher: { websocket-port: ${await freePort()}, frontend-port: ${await freePort()} }
workers:
  phone: { class: LoopbackTransport, label: Try-out phone, config: { transport_name: app } }
  echo: { class: EchoWorker, label: Echo it, config: { transport_name: app } }
`,
    );
    args = ["start", file, "--json"];
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  });

  afterAll(async () => {
    await browser.close();
    await gateway.kill();
  });

  it("signs in by the printed link, once", { timeout: 180_000 }, async () => {
    const { login_link } = await start();
    const page = await browser.newPage();
    await page.goto(login_link);
    await page.getByRole("button", { name: "Later" }).click(patient);
    await page.getByText("Echo it").first().waitFor(patient);
    expect(new URL(page.url()).pathname).toBe("/");
    await page.close();
    const second = await browser.newContext();
    const late = await second.newPage();
    await late.goto(login_link);
    await late.getByText("This link does not work any more").waitFor(patient);
    await second.close();
    expect(await gateway.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  });

  it(
    "opens the line again by itself after a kill, without asking who is there; a client with a password comes back",
    { timeout: 180_000 },
    async () => {
      const report = await start();
      const page = await browser.newPage();
      await page.goto(report.login_link);
      await page.getByRole("button", { name: "Later" }).click(patient);
      await page.getByText("Echo it").first().waitFor(patient);
      const password = readFileSync(report.password_file, "utf8").trim();
      const client = await connect({ url: report.programs, login: { username: "root", password } });
      const opened = page.waitForEvent("websocket", patient);
      await gateway.kill();
      await start();
      await opened;
      // The client logs in by its password again; what it asks meanwhile fails.
      await until(
        async () => {
          const states = (await client.call("workers.query", [[], { select: "state" }]).catch(() => [])) as string[];
          return states.length === 2 && states.every((state) => state === "running");
        },
        { deadlineMs: patient.timeout },
      );
      // Tokens outlive the process that gave them: the page goes on by itself, and so does one that is loaded anew.
      await page.getByText("Echo it").first().waitFor(patient);
      await page.reload();
      await page.getByText("Echo it").first().waitFor(patient);
      expect(await page.getByRole("button", { name: "Sign in" }).count()).toBe(0);
      await client.close();
      await page.close();
      expect(await gateway.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    },
  );
});
