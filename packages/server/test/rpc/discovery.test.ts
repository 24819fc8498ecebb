// The service `discovery`, and what services say of themselves.

import { TestClock } from "@switchboard/core/testing";
import { expect, test } from "vitest";
import { discoveryService } from "../../src/rpc/discovery.ts";
import { ServiceRegistry } from "../../src/rpc/index.ts";
import { SchemaRegistry } from "../../src/schema/index.ts";

function newDiscovery(): { services: ServiceRegistry; schemas: SchemaRegistry } {
  const schemas = new SchemaRegistry();
  const services = new ServiceRegistry({ schemas, clock: new TestClock() });
  const sources = { services, schemas, tasks: () => ({ "x.y": {} }), eventTypes: () => ({ "a.b": { refcount: 0 } }) };
  services.register("discovery", discoveryService(sources));
  services.register("disks", {
    description: "Disks",
    docstring: "All about disks.",
    methods: {
      find: {
        description: "Finds one",
        accepts: [{ title: "name", type: "string", mandatory: true }],
        returns: { type: "object" },
        roles: ["operator"],
        handler: () => ({}),
      },
      all: { generator: true, private: true, handler: () => [] },
    },
  });
  return { services, schemas };
}

test("services are names, methods have schemas under hyphenated keys, roles, and whether the caller has them", async () => {
  const { services } = newDiscovery();
  expect(await services.call("discovery.get_services")).toEqual(["discovery", "disks"]);
  expect(await services.call("discovery.get_methods", ["disks"])).toEqual([
    { name: "get_metadata", private: false, roles: [], allowed: true },
    { name: "enumerate_methods", private: false, roles: [], allowed: true },
    {
      name: "find",
      private: false,
      description: "Finds one",
      "params-schema": { type: "array", items: [{ title: "name", type: "string", mandatory: true }] },
      "result-schema": { type: "object" },
      roles: ["operator"],
      allowed: true,
    },
    { name: "all", private: true, generator: true, roles: [], allowed: true },
  ]);
  await expect(services.call("discovery.get_methods", ["nothing"])).rejects.toMatchObject({ errno: 2 });
  expect(await services.call("disks.get_metadata")).toEqual({
    private: false,
    docstring: "All about disks.",
    description: "Disks",
  });
});

test("tasks and events are told by those who know", async () => {
  const { services } = newDiscovery();
  expect(await services.call("discovery.get_tasks")).toEqual({ "x.y": {} });
  expect(await services.call("discovery.get_event_types")).toEqual({ "a.b": { refcount: 0 } });
});

test("the schema document and its hash follow the definitions", async () => {
  const { services, schemas } = newDiscovery();
  const before = await services.call("discovery.get_schema_hash");
  schemas.register("Disk", { type: "object" });
  expect(before).toMatch(/^[\da-f]{64}$/);
  expect(await services.call("discovery.get_schema_hash")).not.toBe(before);
  expect(await services.call("discovery.get_schema")).toMatchObject({ definitions: { Disk: { type: "object" } } });
});

test("results are checked in debug mode, with a line in the log only", async () => {
  const lines: unknown[] = [];
  const quiet = { debug: () => undefined, info: () => undefined, error: () => undefined };
  const services = new ServiceRegistry({
    debug: true,
    logger: { ...quiet, warn: (fields) => void lines.push(fields) },
  });
  services.register("x", { methods: { m: { returns: { type: "integer" }, handler: (value: unknown) => value } } });
  expect(await services.call("x.m", [1])).toBe(1);
  expect(await services.call("x.m", ["one"])).toBe("one");
  expect(lines).toEqual([{ method: "x.m", path: [], problem: "expected an integer, got a string" }]);
});
