// What axe-core finds on a page.

import axeCore from "axe-core";
import type { Page } from "playwright-core";

interface Axe {
  run(options: {
    readonly runOnly?: readonly string[];
    readonly resultTypes: readonly string[];
    readonly preload: boolean;
  }): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
}

/** What axe finds: by all its rules, or by those given. A line each, with the first element that breaks the rule. */
export async function violations(page: Page, ...rules: readonly string[]): Promise<readonly string[]> {
  // As an extension would do it: the page's own policy allows no inline script.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axeCore.source);
  return await page.evaluate(async (runOnly) => {
    const { axe } = globalThis as unknown as { axe: Axe };
    // Without a description of all that is well, and without what only films need.
    const options = { resultTypes: ["violations"], preload: false };
    const { violations } = await axe.run(runOnly.length === 0 ? options : { ...options, runOnly });
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)} ${nodes[0]?.failureSummary}`);
  }, rules);
}
