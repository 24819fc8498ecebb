// Row 7: frames while messages pass, on two pages that are open at the same time, and every task that held one up.

import { setTimeout as sleep } from "node:timers/promises";
import type { RealGateway } from "../../packages/console/test/kit/real-gateway.ts";
import { fact } from "../harness.ts";
import { type LongTask, type PageTasks, traceTasks } from "./long-tasks.ts";
import { ms, nameFunctions, processorTime, section } from "./page.ts";

/** Measures Messages and Overview, both open for as long as told. */
export async function measureFrames(
  one: RealGateway,
  { minutes, perMinute }: { readonly minutes: number; readonly perMinute: number },
): Promise<void> {
  const paths = ["/messages", "/"];
  const pages = await Promise.all(paths.map((path) => openLive(one, path)));
  const trace = await traceTasks(one.browser, pages);
  const found = await Promise.all(pages.map((page) => framesOf(page, minutes * 60_000)));
  const tasks = await trace.stop();
  await Promise.all(pages.map((page) => page.context().close()));
  for (const [index, { deltas, perFrame, rows }] of found.entries()) {
    const path = paths[index] ?? "";
    const sorted = deltas.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
    section(
      `7 ${path === "/" ? "Overview" : "Messages"} open for ${minutes} min at ${perMinute.toLocaleString("en")} messages a minute`,
    );
    // Frames come every 16.7 ms, give or take what the clock of the page rounds.
    fact(
      "frame p95, p99",
      `${ms(at(0.95))}, ${ms(at(0.99))} of ${deltas.length} frames`,
      at(0.95) <= 17 && at(0.99) <= 33.5,
    );
    fact("processor time of the page's thread per frame", ms(perFrame), perFrame <= 16.7);
    tellTasks(tasks[index]);
    fact("rows in the page", String(rows), rows <= 60);
  }
}

/** What the page itself needs is judged; what it waited for a processor is told. */
function tellTasks({ long, mostOwnMs }: PageTasks = { long: [], mostOwnMs: Number.NaN }): void {
  const longest = Math.max(...long.map(({ tookMs }) => tookMs));
  fact("longest task, in processor time", ms(mostOwnMs), mostOwnMs <= 50);
  fact(
    "tasks over 50 ms, waiting for a processor included",
    `${long.length}${long.length > 0 ? `, longest ${ms(longest)}` : ""}`,
  );
  for (const task of long.toSorted((a, b) => b.tookMs - a.tookMs).slice(0, 10)) console.log(`    ${describe(task)}`);
}

function describe({ atMs, tookMs, processorMs, stolen, parts }: LongTask): string {
  const inside = parts.slice(0, 6).map((part) => `${part.name} ${ms(part.tookMs)} (${ms(part.processorMs)})`);
  return (
    `after ${(atMs / 1_000).toFixed(1)} s: ${ms(tookMs)}, of processor time ${ms(processorMs)}, the host took ${Math.round(stolen * 100)} %: ` +
    (inside.length === 0 ? "nothing in it took over 1 ms" : inside.join(", "))
  );
}

type Page = Awaited<ReturnType<RealGateway["open"]>>;

async function openLive(one: RealGateway, path: string): Promise<Page> {
  const page = await one.open(path, { token: one.client.token ?? "" });
  await page
    .locator(path === "/" ? ".board" : ".row")
    .first()
    .waitFor();
  await sleep(2_000);
  await nameFunctions(page);
  return page;
}

async function framesOf(page: Page, forMs: number): Promise<Frames & { readonly perFrame: number }> {
  const spent = await processorTime(page);
  const frames = await page.evaluate(watchFrames, forMs);
  return { ...frames, perFrame: (await spent()) / frames.deltas.length };
}

/** What a page told of its frames. */
interface Frames {
  readonly deltas: readonly number[];
  readonly rows: number;
}

/** Runs in the page: the time between frames, and the most rows there were. */
async function watchFrames(forMs: number): Promise<Frames> {
  const deltas: number[] = [];
  let rows = 0;
  const end = performance.now() + forMs;
  await new Promise<void>((resolve) => {
    let before = performance.now();
    const next = (now: number): void => {
      deltas.push(now - before);
      before = now;
      if (deltas.length % 60 === 0) rows = Math.max(rows, document.querySelectorAll(".row").length);
      if (now < end) requestAnimationFrame(next);
      else resolve();
    };
    requestAnimationFrame(next);
  });
  return { deltas: deltas.slice(1), rows };
}
