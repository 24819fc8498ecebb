// `switchboard queues`: what waits between workers.

import type { Command } from "commander";
import { withClient } from "../connection.ts";
import { printTable, printValue } from "../output.ts";
import { type GatewayFlags, gatewayVerb, type Row, rowsOf, shortDuration } from "./verb.ts";

/** The verb `queues`. */
export function queuesCommand(): Command {
  return gatewayVerb("queues", "list the queues between workers, with what waits in them", "queues").action(
    async (flags: GatewayFlags) => {
      const queues = await withClient(flags, (client) => rowsOf(client.call("bus.queues")));
      if (flags.json) printValue(queues, flags);
      else printTable(queues.map(queueRow));
    },
  );
}

function queueRow(queue: Row): Row {
  const { name, worker, state, waiting, oldest_ms, in_flight, consumers } = queue;
  return {
    queue: name,
    worker,
    state,
    waiting,
    oldest: shortDuration(oldest_ms),
    "in/min": queue["in"],
    "out/min": queue["out"],
    "in work": in_flight,
    readers: consumers,
    parked: queue["parked"],
  };
}
