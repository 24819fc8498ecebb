// The memory bus keeps the contract, its store standing for the disk.

import { MemoryStore, busContract, createMemoryBus } from "@switchboard/bus/testing";

busContract("memory", {
  createPlace: () => new MemoryStore(),
  open: async (store, { clock, logger, maxPendingPublishes }) =>
    createMemoryBus({
      store,
      logger,
      ...(clock === undefined ? {} : { clock }),
      ...(maxPendingPublishes === undefined ? {} : { maxPendingPublishes }),
    }),
  // Opening the next bus on the same store kills this one.
  crash: () => Promise.resolve(),
});
