// Debian's Chromium and a page of the console on the memory gateway: built once per run into a temporary folder, signed in as nomsa or thandi.

import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { tempFolder } from "@switchboard/testkit";
import { type Browser, type Page, chromium } from "playwright-core";
import { buildConsole } from "./build.ts";
import { type Site, serveSite } from "./site.ts";

/** Where Chromium is. */
export const chromiumPath = "/usr/bin/chromium";
/** How it is started: without what reaches out of this machine or needs a graphics card. */
export const chromiumArgs: readonly string[] = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
/** Whether there is a Chromium. */
export const hasChromium: boolean = existsSync(chromiumPath);
/** Where screenshots go; ignored by git. */
export const pictures = fileURLToPath(new URL("../../../../test-results/console", import.meta.url));

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
  open(path: string, options?: OpenOptions): Promise<Page>;
  close(): Promise<void>;
}

/** Starts it all. */
export async function openStage(): Promise<Stage> {
  const folder = tempFolder();
  await buildConsole(folder, true);
  const site = await serveSite(folder);
  const browser = await chromium.launch({ executablePath: chromiumPath, args: [...chromiumArgs] });
  mkdirSync(pictures, { recursive: true });
  return {
    site,
    browser,
    open: async (path, { width = 1440, height = 900, theme = "light", user = "nomsa", reducedMotion = true } = {}) => {
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
      await page.goto(site.url + path);
      return page;
    },
    close: async () => {
      await browser.close();
      await site.close();
    },
  };
}
