// The short form of the gateway's loss harness; `npm run torture -- --gateway` is the long one.

import { expect, it } from "vitest";
import { tortureGateway } from "./gateway.ts";

it("a gateway that is killed under load loses nothing that its channel accepted", { timeout: 300_000 }, async () => {
  const report = await tortureGateway({ seed: 7, kills: 4 });
  expect(report).toMatchObject({ lost: [], invented: [] });
  expect(report.accepted).toBeGreaterThan(50);
});
