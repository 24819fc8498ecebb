// Debian's Chromium and pages of the console on the memory gateway, signed in as nomsa or thandi.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type Page, chromium } from "playwright-core";
import { builtConsole } from "./build.ts";
import { type Site, serveSite } from "./site.ts";

/** Where Chromium is. */
export const chromiumPath = "/usr/bin/chromium";
/** How it is started: without what reaches out of this machine or needs a graphics card. */
export const chromiumArgs: readonly string[] = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
/** Whether there is a Chromium. */
export const hasChromium: boolean = existsSync(chromiumPath);
/** Where pictures go; ignored by git. */
const pictures = fileURLToPath(new URL("../../../../test-results/console", import.meta.url));

/** Takes a picture for somebody to look at, if the environment says `SWITCHBOARD_PICTURES=1`: it takes longer than to test what is on it. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (process.env["SWITCHBOARD_PICTURES"] === "1") await page.screenshot({ path: join(pictures, `${name}.png`) });
}

/** How a page is opened. */
export interface OpenOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: "light" | "dark";
  readonly user?: string | null;
  readonly reducedMotion?: boolean;
}

/** A browser with the console on the memory gateway. */
export interface Stage {
  readonly site: Site;
  readonly browser: Browser;
  /** Opens a page in a browser that has never been here before. */
  open(path: string, options?: OpenOptions): Promise<Page>;
  /** Opens one after the other in the same window, which takes a third of the work: what needs no browser of its own. */
  turnTo(path: string, options: OpenOptions): Promise<Page>;
  /** Errors on a page, and requests of it to anywhere else, since it was opened or turned to. */
  problems(page: Page): readonly string[];
  close(): Promise<void>;
}

/** Starts it all. */
export async function openStage(): Promise<Stage> {
  const site = await serveSite(await builtConsole(true));
  const browser = await chromium.launch({ executablePath: chromiumPath, args: [...chromiumArgs] });
  const windows = new Map<string, Page>();
  const problems = new WeakMap<Page, string[]>();
  const newWindow = async (options: OpenOptions): Promise<Page> => {
    const { width = 1440, height = 900, theme = "light", user = "nomsa", reducedMotion = true } = options;
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      reducedMotion: reducedMotion ? "reduce" : "no-preference",
      timezoneId: "Africa/Johannesburg",
      locale: "en-GB",
      hasTouch: width < 760,
    });
    if (user !== null)
      await context.addInitScript((name) => localStorage.setItem("switchboard.token", `memory-${name}`), user);
    const page = await context.newPage();
    problems.set(page, []);
    const note = (problem: string): void => void problems.get(page)?.push(problem);
    page.on("pageerror", (error) => note(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") note(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(site.url)) note(`foreign request to ${request.url()}`);
    });
    return page;
  };
  return {
    site,
    browser,
    open: async (path, options = {}) => {
      const page = await newWindow(options);
      await page.goto(site.url + path);
      return page;
    },
    turnTo: async (path, options) => {
      const { width = 1440, height = 900, theme = "light" } = options;
      const key = JSON.stringify(options);
      const page = windows.get(key) ?? (await newWindow(options));
      windows.set(key, page);
      problems.set(page, []);
      // The last test may have changed it.
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: theme });
      await page.goto(site.url + path);
      return page;
    },
    problems: (page) => problems.get(page) ?? [],
    close: async () => {
      await browser.close();
      await site.close();
    },
  };
}
