// Says at the end of a run how many tests were skipped and why, so that a green run on a machine without servers is not mistaken for more; and
// which passed only when they were run again.

import type { Reporter, TestModule } from "vitest/node";

export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const reasons = new Map<string, number>();
    for (const module of modules) {
      if (module.state() === "failed" && module.errors().length > 0) counts.failed++;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (test.diagnostic()?.flaky === true) console.log(`Passed only the second time: ${test.fullName}`);
        if (state === "passed" || state === "failed") counts[state]++;
        else {
          counts.skipped++;
          const reason = skipReason(test.fullName);
          reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        }
      }
    }
    for (const [reason, count] of reasons) console.log(`Skipped ${count}: ${reason}`);
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}

// `describeWithServer` puts the reason into the suite's name.
function skipReason(fullName: string): string {
  return /\[(needs [^\]]+)\]/.exec(fullName)?.[1] ?? fullName;
}
