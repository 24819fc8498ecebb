// What every measurement of a page needs: a heading, milliseconds as text, and the processor time of the page's thread.

import { loadavg } from "node:os";
import type { Page } from "playwright-core";

/** Prints a heading, with how busy the machine is. */
export function section(title: string): void {
  console.log(`\n${title} (load ${loadavg()[0]?.toFixed(1)})`);
}

/** Milliseconds with their unit; one decimal below 10. */
export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

/** Lets functions of a benchmark run in a page: what its compiler calls for each of them. */
export async function nameFunctions(page: Page): Promise<void> {
  await page.evaluate("globalThis.__name = (one) => one");
}

/** Begins to measure what the page's thread does; the function that is returned tells it in milliseconds. */
export async function processorTime(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  // In processor time of the page's thread: what others do on this machine does not count.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const read = async (): Promise<number> => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.filter(({ name }) => name === "TaskDuration").reduce((sum, { value }) => sum + value * 1_000, 0);
  };
  const before = await read();
  return async () => (await read()) - before;
}
