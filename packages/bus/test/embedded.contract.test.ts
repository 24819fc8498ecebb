// The embedded bus keeps the contract.

import { rmSync } from "node:fs";
import type { EmbeddedBus } from "@switchboard/bus/embedded";
import { busContract } from "@switchboard/bus/testing";
import { tempFolder } from "@switchboard/testkit";
import { crash, openBus } from "./embedded-kit.ts";

busContract("embedded", {
  createPlace: tempFolder,
  open: (path, { clock, logger, maxPendingPublishes }) =>
    openBus({
      path,
      logger,
      ...(clock === undefined ? {} : { clock }),
      ...(maxPendingPublishes === undefined ? {} : { maxPendingPublishes }),
    }),
  crash: (_path, bus) => crash(bus as EmbeddedBus),
  removePlace: (path) => rmSync(path, { recursive: true }),
  // Each run opens several buses, and each of those starts a thread.
  propertyRuns: 6,
});
