import { createMemoryBus } from "@switchboard/bus/testing";
import { silentLogger } from "@switchboard/core";
import { expect, it } from "vitest";
import { readStatusQueues } from "../../src/observe/status-queues.ts";
import type { WorkersChanged, WorkerView } from "../../src/services/gateway-view.ts";

it("empties the status queues of channels that publish statuses, those added later too, and no others", async () => {
  const bus = createMemoryBus();
  const configs: WorkerView["config"][] = [
    { transport_name: "loud", publish_status: true },
    { transport_name: "quiet" },
  ];
  let tell: (change: WorkersChanged) => void = () => undefined;
  const stop = readStatusQueues({
    bus,
    logger: silentLogger,
    view: {
      workers: () => configs.map((config) => ({ config }) as WorkerView),
      onWorkersChanged: (listener) => {
        tell = listener;
        return () => undefined;
      },
    },
  });
  configs.push({ transport_name: "later", publish_status: true });
  tell({ operation: "create", names: ["later"] });
  for (const name of ["loud", "quiet", "later"]) await bus.publish(`${name}.status.status`, "{}");
  const depths = async (): Promise<unknown> =>
    Object.fromEntries((await bus.inspect()).map(({ queue, depth, inFlight }) => [queue, depth + inFlight]));
  await expect.poll(depths).toEqual({ "loud.status.status": 0, "quiet.status.status": 1, "later.status.status": 0 });
  await stop();
  expect((await bus.inspect()).every(({ consumers }) => consumers === 0)).toBe(true);
  await bus.close();
});
