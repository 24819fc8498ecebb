// What a server does that is told nothing.

import { expect, test } from "vitest";
import type { Datastore } from "../src/datastore/index.ts";
import { resolveServerOptions } from "../src/options.ts";

test("S3 without configuration the protocol is on port 5000 and the console on 8180, for this machine only", () => {
  const datastore = {} as Datastore;
  const { listen, logStore, limits, debug } = resolveServerOptions({ datastore });
  expect(listen).toEqual({ websocketPort: 5_000, frontendPort: 8_180, hosts: ["127.0.0.1", "::1"] });
  expect(logStore).toBe(datastore);
  expect(limits).toMatchObject({
    maxOpenCalls: 256,
    loginTimeoutMs: 60_000,
    pingIntervalMs: 30_000,
    maxFrameBytes: 16_777_216,
  });
  expect(debug).toBe(false);
});

test("what is given counts", () => {
  const { listen, limits } = resolveServerOptions({
    datastore: {} as Datastore,
    listen: { websocketPort: 5_005, hosts: ["0.0.0.0"] },
    limits: { maxOpenCalls: 3 },
  });
  expect(listen).toEqual({ websocketPort: 5_005, frontendPort: 8_180, hosts: ["0.0.0.0"] });
  expect(limits).toMatchObject({ maxOpenCalls: 3, maxMasks: 1_000 });
});
