// The bus of a worker that is made only to see whether it can be: making one does not touch its bus, starting it would.

import { type Bus, BusError } from "@switchboard/bus";

const refuse = (): Promise<never> =>
  Promise.reject(new BusError("BUS_CLOSED", "there is no bus while a configuration is checked"));

/** Refuses everything. */
export const closedBus: Bus = {
  declareExchange: refuse,
  declareQueue: refuse,
  publish: refuse,
  consume: refuse,
  inspect: refuse,
  parking: { list: refuse, get: refuse, retry: refuse, drop: refuse },
  close: () => Promise.resolve(),
};
