// `switchboard queues` and `switchboard parked`: what waits between workers, and what was set aside and why.

import { Argument, type Command } from "commander";
import { withClient } from "../connection.ts";
import { printTable, printValue } from "../output.ts";
import { followTask } from "../task.ts";
import { count, type GatewayFlags, gatewayVerb, memberOf, type Row, rowsOf, shortDuration, textOf } from "./verb.ts";

interface ParkedFlags extends GatewayFlags {
  readonly cause?: string;
  readonly id?: readonly string[];
  readonly limit: number;
}

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

/** The verb `parked`. */
export function parkedCommand(): Command {
  return gatewayVerb(
    "parked",
    "list the messages that were set aside from a queue, put them back, or drop them",
    "parked echo.inbound retry --cause TIMEOUT",
  )
    .argument("<queue>", "which queue, as `queues` lists them")
    .addArgument(new Argument("[action]", "what to do with them (default: list them)").choices(["retry", "drop"]))
    .option("--cause <cause>", "only those that failed with this")
    .option("--id <ids...>", "only these")
    .option("--limit <n>", "list at most so many", count, 100)
    .action(parked);
}

async function parked(queue: string, action: string | undefined, flags: ParkedFlags): Promise<void> {
  const { cause, id: ids, limit } = flags;
  const chosen = cause === undefined ? {} : { cause };
  if (action !== undefined) {
    const choice = { queue, ...chosen, ...(ids !== undefined && { ids }) };
    await followTask(flags, (client) => client.submitTask(`bus.${action}`, [choice]));
    return;
  }
  const all = await withClient(flags, (client) => rowsOf(client.call("bus.parked", [queue, { ...chosen, limit }])));
  const found = ids === undefined ? all : all.filter(({ id }) => ids.includes(textOf(id)));
  if (flags.json) printValue(found, flags);
  else printTable(found.map(parkedRow), ["id", "at", "tries", "code", "error", "person", "content"]);
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

function parkedRow({ id, at, tries, error, person, content }: Row): Row {
  return { id, at, tries, code: memberOf(error, "code"), error: memberOf(error, "message"), person, content };
}
