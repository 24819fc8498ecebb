// Two orders are published before anybody takes them; one of them cannot be filled and is set aside.

import { setTimeout as sleep } from "node:timers/promises";
import { openEmbeddedBus } from "@switchboard/bus/embedded";

const bus = await openEmbeddedBus({ path: process.argv[2] ?? "var/bus" });

// Safe on disk when this resolves. Nobody consumes yet, so it waits.
await bus.publish("orders.inbound", "one coffee");
await bus.publish("orders.inbound", "one unicorn");

await bus.consume("orders.inbound", { prefetch: 1, maxDeliveries: 2, retryDelayMs: 50 }, async ({ body, attempt }) => {
  console.log(`attempt ${attempt}: ${body.toString()}`);
  if (body.toString() === "one unicorn") throw new Error("sold out");
});

while ((await bus.inspect("orders.inbound"))[0]?.parked === 0) await sleep(10);
for (const { body, history } of (await bus.parking.list("orders.inbound")).messages) {
  console.log(`parked: ${body.toString()}, because ${history.at(-1)?.message}`);
}
await bus.parking.drop("orders.inbound", "all");
await bus.close();
