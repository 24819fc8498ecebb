// The harness finds what it is there for: bugs planted into a bus that keeps its promises without them.

import { expect, it } from "vitest";
import { torture } from "./run.ts";

it("finds a bus that acknowledges before handling", { timeout: 180_000 }, async () => {
  const only = ["kill a consumer", "reset connections"];
  const report = await torture({
    bus: "embedded",
    seed: 1,
    minutes: 0.05,
    only,
    fault: "acknowledges before handling",
  });
  expect(report.lost.length).toBeGreaterThan(0);
  expect(report.ok).toBe(false);
});

it("finds a bus whose publish resolves before the message is safe", { timeout: 180_000 }, async () => {
  const only = ["kill owner", "full disk"];
  // What is not safe yet becomes so within milliseconds; whether a kill comes before that is chance.
  for (let seed = 1; seed <= 8; seed++) {
    const report = await torture({ bus: "embedded", seed, minutes: 0.1, only, fault: "resolves before safe" });
    if (report.lost.length === 0) continue;
    expect(report.ok).toBe(false);
    return;
  }
  expect.fail("the harness did not find the planted bug");
});

it("finds a bus that keeps nothing when its process is killed", { timeout: 180_000 }, async () => {
  const report = await torture({ bus: "memory", seed: 1, minutes: 0, only: ["kill a consumer", "kill owner"] });
  expect(report.lost.length).toBeGreaterThan(0);
  expect(report.ok).toBe(false);
});
