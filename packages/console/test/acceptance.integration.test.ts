// What the console promises of every page, in Chromium on the memory gateway: shapes that can be told apart without colour, a large map that names what
// is down, text of twice the size, views that open again from their address, secrets that are nowhere afterwards.

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenOptions, type Stage, hasChromium, openStage } from "./kit/browser.ts";
import { pressKey } from "./kit/keys.ts";
import { everything } from "./kit/everything.ts";
import { jobs } from "./kit/jobs.ts";
import { pages, settled } from "./kit/pages.ts";

/** Inside the page: what a lamp looks like, as a grid of dark and light. */
const gridSize = 24;

/** The eight shapes as somebody would draw them from their description: whether a point (−1 to 1 both ways) is dark. */
const shapes: Readonly<Record<string, (x: number, y: number) => boolean>> = {
  ok: (x, y) => Math.hypot(x, y) < 0.77,
  degraded: (x, y) => y > -0.8 && y < 0.77 && Math.abs(x) < (y + 0.8) * 0.55,
  down: (x, y) => Math.abs(x) < 0.75 && Math.abs(y) < 0.75 && Math.min(Math.abs(x - y), Math.abs(x + y)) < 0.28,
  parked: (x, y) => Math.abs(x) < 0.77 && Math.abs(y) < 0.77,
  paused: (x, y) => Math.abs(y) < 0.77 && Math.abs(Math.abs(x) - 0.41) < 0.22,
  starting: (x, y) => isRing(x, y, 0.73, 0.17) && gap(x, y, 5) < 0.67,
  stopped: (x, y) => isRing(x, y, 0.7, 0.15),
  unknown: (x, y) => isRing(x, y, 0.73, 0.14) && gap(x, y, 10) < 0.6,
};

function isRing(x: number, y: number, radius: number, half: number): boolean {
  return Math.abs(Math.hypot(x, y) - radius) < half;
}

/** How far round a point is within one of so many equal pieces, 0 to 1. */
function gap(x: number, y: number, pieces: number): number {
  return ((((Math.atan2(y, x) / (2 * Math.PI)) * pieces) % 1) + 1) % 1;
}

/** The share of dark points, of those that are so at the same distance from the middle in every direction, and where the pieces lie does not matter. */
function likeness(seen: readonly boolean[], shape: (x: number, y: number) => boolean, turn: number): number {
  let [both, either] = [0, 0];
  for (const [index, isDark] of seen.entries()) {
    const x = (((index % gridSize) + 0.5) / gridSize) * 2 - 1;
    const y = ((Math.floor(index / gridSize) + 0.5) / gridSize) * 2 - 1;
    const isDrawn = shape(x * Math.cos(turn) - y * Math.sin(turn), x * Math.sin(turn) + y * Math.cos(turn));
    if (isDark && isDrawn) both++;
    if (isDark || isDrawn) either++;
  }
  return both / Math.max(1, either);
}

describe.runIf(hasChromium)(`the console's promises${hasChromium ? "" : " [needs chromium]"}`, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(async () => await stage.close());

  async function open(path: string, options: OpenOptions = {}): Promise<Page> {
    const page = await stage.open(path, options);
    await settled(page);
    return page;
  }

  it.each(["light", "dark"] as const)(
    "A3 tells all eight states by their shapes alone, in grey, in %s",
    async (theme) => {
      const page = await open("/", { theme });
      // The map's lamps, one of each state, without their colours, as large as shapes of 12 pixels become on a good screen.
      await page.evaluate((states) => {
        document.documentElement.style.filter = "grayscale(1)";
        const lamps = [...document.querySelectorAll<SVGElement>(".board .lamp")].slice(0, states.length);
        const { twin } = globalThis as unknown as {
          twin: { world: { workers: { name: string }[]; setWorker(name: string, changes: object): void } };
        };
        for (const [index, state] of states.entries())
          twin.world.setWorker(twin.world.workers[index]?.name ?? "", { lamp: state, state });
        return lamps.length;
      }, Object.keys(shapes));
      await page.waitForFunction(
        (states) => states.every((state) => document.querySelector(`.board .lamp-${state}`) !== null),
        Object.keys(shapes),
      );
      const told: Record<string, string> = {};
      for (const state of Object.keys(shapes)) {
        const box = await page.locator(`.board .lamp-${state}`).first().boundingBox();
        const shot = await page.screenshot(box === null ? {} : { clip: box });
        const dark = await page.evaluate(darkPoints, { image: shot.toString("base64"), size: gridSize });
        const likest = Object.entries(shapes)
          .map(([name, shape]) => {
            const turns = ["starting", "unknown"].includes(name)
              ? Array.from({ length: 24 }, (_, n) => (n / 24) * 1.26)
              : [0];
            return [name, Math.max(...turns.map((turn) => likeness(dark, shape, turn)))] as const;
          })
          .toSorted((one, other) => other[1] - one[1]);
        told[state] = likest[0]?.[0] ?? "";
      }
      expect(told).toEqual(Object.fromEntries(Object.keys(shapes).map((state) => [state, state])));
      await page.context().close();
    },
  );

  it("A10 names the one of 300 that is down, on the first screen, without pointing", async () => {
    const page = await open("/?nodes=300", { width: 1440, height: 900 });
    const name = page.locator(".board").getByText("channel-017", { exact: false }).first();
    await name.waitFor();
    const box = await name.boundingBox();
    expect(box).not.toBeNull();
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(900);
    expect(box?.y ?? -1).toBeGreaterThanOrEqual(0);
    // Nothing lies over it.
    const onTop = await page.evaluate(
      ([x, y]) => document.elementFromPoint(x ?? 0, y ?? 0)?.closest("a")?.textContent ?? "",
      [(box?.x ?? 0) + 4, (box?.y ?? 0) + (box?.height ?? 0) / 2],
    );
    expect(onTop).toContain("channel-017");
    await page.context().close();
  });

  it("A12 counts what arrives while the list is held, and then shows each of it once", async () => {
    const page = await open("/messages?rate=20");
    // The first of those that pass: from then on keys are listened to.
    const first = await page.getAttribute(".row", "data-key");
    await page.waitForFunction((key) => document.querySelector(".row")?.getAttribute("data-key") !== key, first);
    await pressKey(page, "Space");
    const held = page.locator(".table-banner");
    await held.waitFor();
    await pressKey(page, "j");
    const place = await page.locator(".row").nth(1).boundingBox();
    const before = await page.$$eval(".row", (rows) => rows.map((row) => row.getAttribute("data-key")));
    await page.waitForFunction(
      () => Number(/^\d+/.exec(document.querySelector(".table-banner")?.textContent ?? "")?.[0]) > 30,
    );
    expect(await page.locator(".row").nth(1).boundingBox()).toEqual(place);
    expect(await page.$$eval(".row", (rows) => rows.map((row) => row.getAttribute("data-key")))).toEqual(before);
    // What was counted and what is there can only be compared while no more comes.
    await page.evaluate(() => {
      const { twin } = globalThis as unknown as { twin: { world: { messagesPerSecond: number } } };
      twin.world.messagesPerSecond = 0;
    });
    await page.waitForFunction(() => {
      const seen = globalThis as unknown as { last?: string; same?: number };
      const text = document.querySelector(".table-banner")?.textContent ?? "";
      seen.same = text === seen.last ? (seen.same ?? 0) + 1 : 0;
      seen.last = text;
      return seen.same > 60;
    });
    const counted = Number(/^\d+/.exec((await held.textContent()) ?? "")?.[0]);
    await pressKey(page, ".");
    await page.waitForFunction(
      (key) => document.querySelector(".row")?.getAttribute("data-key") !== key,
      before[0] ?? "",
    );
    const keys: string[] = await page.evaluate(collectKeys, before[0] ?? "");
    expect(keys.indexOf(before[0] ?? "")).toBe(counted);
    expect(new Set(keys).size).toBe(keys.length);
    await page.context().close();
  });

  it.each(Object.entries(pages))(
    "A17 shows %s in DejaVu Sans with text of twice the size, on 320 px, and with labels a third longer, without scrolling sideways or clipping",
    async (name, path) => {
      const page = await stage.turnTo(path, { user: name === "users" ? "thandi" : "nomsa" });
      await settled(page);
      const found: Record<string, unknown> = {};
      // The page is set at 81.25 % of the browser's size.
      found["twice the text"] = await page.evaluate(stretch, { fontSize: "162.5%", longer: 0 });
      await page.setViewportSize({ width: 320, height: 700 });
      found["320 px"] = await page.evaluate(stretch, { fontSize: "", longer: 0 });
      await page.setViewportSize({ width: 1440, height: 900 });
      found["longer labels"] = await page.evaluate(stretch, { fontSize: "", longer: 0.35 });
      const fits = { over: 0, clipped: [] };
      expect(found).toEqual({ "twice the text": fits, "320 px": fits, "longer labels": fits });
    },
  );

  it("A17 is looked at in DejaVu Sans, which is wider than most faces", async () => {
    const page = await stage.turnTo("/", { user: "nomsa" });
    await settled(page);
    await page.evaluate(stretch, { fontSize: "", longer: 0 });
    const session = await page.context().newCDPSession(page);
    await session.send("DOM.enable");
    await session.send("CSS.enable");
    const { root } = await session.send("DOM.getDocument");
    for (const selector of ["h1", "main .segments button"]) {
      const { nodeId } = await session.send("DOM.querySelector", { nodeId: root.nodeId, selector });
      const { fonts } = await session.send("CSS.getPlatformFontsForNode", { nodeId });
      expect(fonts.map(({ familyName }) => familyName)).toEqual(["DejaVu Sans"]);
    }
  });

  it.each([
    "/?range=24h&only=trouble",
    "/queues?sort=waiting:down&q=sms",
    "/queues/sms-lakecell.outbound",
    "/messages?q=channel:sms-lakecell",
    "/messages/f3a91c075d2e4b189c70aa316e4f2d90",
    "/channels?q=sms",
    "/channels/sms-northtel/settings",
    "/routers/ussd-codes/explain?message=5b1e0c9a7d3f4e6f8a2b4c6d8e0f1a2b",
    "/tasks/4708",
    "/services/routers/explain",
    "/settings/look",
  ])("A18 opens %s again from its address, as it was", async (path) => {
    const first = await open(`${path}${path.includes("?") ? "&" : "?"}rate=0`);
    const before = await first.evaluate(viewOf);
    const again = await open(await first.evaluate(() => location.pathname + location.search));
    expect(await again.evaluate(viewOf)).toEqual(before);
    expect(before.title).not.toBe("");
    await first.context().close();
    await again.context().close();
  });

  it.each(Object.entries(jobs))("A19 %s, with no more keys than it may take", async (_name, { steps, atMost }) => {
    const page = await stage.turnTo("/", { user: "thandi" });
    await settled(page);
    await page.waitForSelector(".attention-line");
    let keys = 0;
    for (const step of steps) {
      if (typeof step === "function") await step(page);
      else if (step.startsWith('"')) await page.keyboard.type(step.slice(1));
      else {
        keys++;
        await pressKey(page, step);
      }
    }
    expect(keys).toBe(atMost);
  });

  it("A20 keeps a secret that was typed out of the page, the address, the storage and the events once it is saved", async () => {
    const secret = "k4-not-for-anybodys-eyes";
    const page = await open("/settings/users", { user: "thandi" });
    await page.getByRole("link", { name: "Add a user" }).click();
    await page.getByLabel("Name").fill("sipho");
    await page.getByLabel("First password").fill(secret);
    await page.getByRole("button", { name: "Add user" }).click();
    await page.waitForURL(/users\/sipho$/);
    await settled(page);
    expect(await page.evaluate(everything)).not.toContain(secret);
    await page.goto(`${stage.site.url}/settings/me`);
    await settled(page);
    await page.getByLabel("Present password").fill(secret);
    await page.getByLabel("New password").fill(secret);
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByText("The password is changed").waitFor();
    expect(await page.evaluate(everything)).not.toContain(secret);
    await page.context().close();
  });
});

/** In the page: which points of a picture are dark, or light on dark: what is not like its corner. */
async function darkPoints({ image, size }: { image: string; size: number }): Promise<boolean[]> {
  const picture = new Image();
  picture.src = `data:image/png;base64,${image}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext("2d");
  context?.drawImage(picture, 0, 0, size, size);
  const data = context?.getImageData(0, 0, size, size).data ?? new Uint8ClampedArray();
  const grey = (index: number): number => data[index * 4] ?? 0;
  const farthest = Math.max(...Array.from({ length: size * size }, (_, index) => Math.abs(grey(index) - grey(0))));
  return Array.from({ length: size * size }, (_, index) => Math.abs(grey(index) - grey(0)) > farthest / 2);
}

/** How far a page is wider than its window, and which controls are cut off. */
interface Fit {
  readonly over: number;
  readonly clipped: readonly string[];
}

/** In the page: makes text larger or longer; tells what no longer fits. */
async function stretch({ fontSize, longer }: { fontSize: string; longer: number }): Promise<Fit> {
  document.documentElement.style.fontSize = fontSize;
  document.documentElement.style.fontFamily = '"DejaVu Sans", sans-serif';
  const labels = "button, a, th, label, h1, h2, h3, legend, dt, .figure-label";
  if (longer > 0) {
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = words.nextNode(); node !== null; node = words.nextNode()) {
      const text = node.nodeValue ?? "";
      if (node.parentElement?.closest(labels) === null || text.trim() === "" || /^[\d\s.,:%–-]+$/.test(text)) continue;
      node.nodeValue = text + "n".repeat(Math.ceil(text.trim().length * longer));
    }
  }
  // The map is laid out again when it hears of its new width.
  for (let frame = 0; frame < 3; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
  const clipped = [...document.querySelectorAll<HTMLElement>("button, h1, th, .tabs a, .segments button, .state h2")]
    .filter((element) => {
      const style = getComputedStyle(element);
      const isShortened =
        style.textOverflow === "ellipsis" || style.overflowX === "auto" || style.overflowX === "scroll";
      const isShown = element.offsetParent !== null && element.clientWidth > 1;
      return isShown && !isShortened && element.scrollWidth > element.clientWidth + 1 && style.display !== "inline";
    })
    .map((element) => element.outerHTML.slice(0, 120));
  return { over: Math.max(0, document.documentElement.scrollWidth - innerWidth), clipped };
}

/** In the page: rows, filters, the open item and tab. */
function viewOf(): Record<string, unknown> {
  const all = (selector: string): string[] =>
    [...document.querySelectorAll(selector)].map(
      (element) => element.getAttribute("data-key") ?? element.textContent ?? "",
    );
  return {
    title: document.querySelector("h1")?.textContent ?? "",
    rows: all(".row"),
    open: all(".inspector h2").slice(0, 1),
    tab: all(".tabs [aria-current=page]"),
    chosen: all("[aria-pressed=true]"),
    fields: [...document.querySelectorAll("input, select, textarea")].map((field) => (field as HTMLInputElement).value),
  };
}

/** In the page: scrolls a virtual list down to a row, and tells the keys on the way. */
async function collectKeys(last: string): Promise<string[]> {
  const keys: string[] = [];
  const scroller = [...document.querySelectorAll<HTMLElement>("*")].find(
    (element) =>
      element.querySelector(".row") !== null &&
      element.scrollHeight > element.clientHeight + 40 &&
      getComputedStyle(element).overflowY !== "visible",
  );
  for (let step = 0; step < 200 && !keys.includes(last); step++) {
    for (const row of document.querySelectorAll(".row")) {
      const key = row.getAttribute("data-key") ?? "";
      if (!keys.includes(key)) keys.push(key);
    }
    scroller?.scrollBy(0, 300);
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  }
  return keys;
}
