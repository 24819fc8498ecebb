// The short form of the loss harness against RabbitMQ: every kind of disaster once.

import { describeWithServer } from "@switchboard/testkit";
import { expect, it } from "vitest";
import { torture } from "./run.ts";

// The run starts a broker of its own, because it kills it.
describeWithServer("rabbitmq", "the RabbitMQ bus", () => {
  it(
    "keeps every accepted message through kills of processes and broker, alarms and broken connections",
    { timeout: 180_000 },
    async () => {
      const report = await torture({ bus: "amqp", seed: 1, minutes: 0 });
      expect(report).toMatchObject({ lost: [], invented: [], outOfOrder: [], stuck: 0, crashes: [], ok: true });
      expect(report.handled).toBeGreaterThan(1_000);
    },
  );

  it("is found out when it acknowledges before handling", { timeout: 180_000 }, async () => {
    const only = ["kill a consumer", "reset connections"];
    const report = await torture({ bus: "amqp", seed: 1, minutes: 0.05, only, fault: "acknowledges before handling" });
    expect(report.lost.length).toBeGreaterThan(0);
    expect(report.ok).toBe(false);
  });
});
