// The short form of the loss harness against the embedded bus: every kind of disaster once.

import { expect, it } from "vitest";
import { torture } from "./run.ts";

it(
  "the embedded bus keeps every accepted message through kills, full disks and broken connections",
  { timeout: 180_000 },
  async () => {
    const report = await torture({ bus: "embedded", seed: 1, minutes: 0 });
    expect(report).toMatchObject({ lost: [], invented: [], outOfOrder: [], stuck: 0, crashes: [], ok: true });
    expect(report.handled).toBeGreaterThan(1_000);
  },
);
