// Resources that follow a service.

import { silentLogger } from "@switchboard/core";
import { until } from "@switchboard/testkit";
import { expect, it } from "vitest";
import type { EventHandler } from "../../src/events/event.ts";
import { ResourceGraph } from "../../src/tasks/index.ts";
import { trackResources } from "../../src/tasks/track-resources.ts";

it("makes, renames and removes resources as objects come, change and go", async () => {
  const resources = new ResourceGraph();
  const objects = new Map([[1, "one"]]);
  let tell: EventHandler = () => undefined;
  const stop = await trackResources(
    {
      query: "volume.query",
      event: "volume.changed",
      name: ({ name }) => `volume:${String(name)}`,
      parents: () => ["system"],
    },
    {
      resources,
      logger: silentLogger,
      services: { call: async () => Array.from(objects, ([id, name]) => ({ id, name })) },
      events: {
        on: (_, handler) => {
          tell = handler;
          return () => undefined;
        },
      },
    },
  );
  const has = (name: string): boolean => resources.has(`volume:${name}`);
  expect(has("one")).toBe(true);
  objects.set(2, "two");
  tell({ operation: "create", ids: [2] }, "volume.changed");
  await until(() => has("two"));
  objects.set(2, "zwei");
  tell({ operation: "update", ids: [2] }, "volume.changed");
  await until(() => has("zwei") && !has("two"));
  tell({ operation: "delete", ids: [2] }, "volume.changed");
  await until(() => !has("zwei"));
  stop();
  expect(resources.list().map(({ name }) => name)).toEqual(["root", "system"]);
});
