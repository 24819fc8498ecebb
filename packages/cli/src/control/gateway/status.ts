// `switchboard status`: how the gateway does, drawn again every second on a terminal, printed once elsewhere.

import { type Client, ClientError } from "@switchboard/client";
import type { Command } from "commander";
import { withClient } from "../connection.ts";
import { printTable, printValue, shorten, styled } from "../output.ts";
import { type GatewayFlags, gatewayVerb, memberOf, type Row, rowsOf, shortDuration, textOf } from "./verb.ts";

interface Flags extends GatewayFlags {
  readonly once?: true;
}

interface Status {
  readonly gateway: Row;
  readonly figures: unknown;
  readonly workers: readonly Row[];
  readonly attention: readonly Row[];
  readonly last_trouble: Row | null;
}

/** So many stand below the workers of a live picture. */
const maxTroubles = 6;

/** The verb. */
export function statusCommand(): Command {
  return gatewayVerb("status", "show workers, what waits and what needs attention; live on a terminal", "status --once")
    .option("--once", "only once, also on a terminal")
    .action(status);
}

async function status(flags: Flags): Promise<void> {
  const isLive = !flags.json && !flags.once && process.stdout.isTTY;
  if (!isLive) {
    const found = await withClient(flags, read);
    if (flags.json) printValue(found, flags);
    else print(found);
    return;
  }
  await withClient(flags, watch, { comesBack: true });
}

async function watch(client: Client): Promise<void> {
  const draw = async (): Promise<void> => {
    const found = await read(client);
    process.stdout.write("\u001b[H\u001b[J");
    // What does not fit would scroll the head away.
    const troubles = Math.min(found.attention.length, maxTroubles + 1);
    print(found, { workers: Math.max(3, process.stdout.rows - 8 - troubles), troubles: maxTroubles });
  };
  const seconds = client.events(["metrics.second"]);
  await draw();
  while ((await seconds.next()).done !== true) {
    try {
      await draw();
    } catch (error) {
      // It comes back by itself; until then the last picture stays, with a word that it is old.
      if (!(error instanceof ClientError)) throw error;
      console.log(styled("yellow", `${error.message}; trying again`));
    }
  }
}

async function read(client: Client): Promise<Status> {
  const [gateway, current, workers, attention, last] = await Promise.all([
    client.call("system.info") as Promise<Row>,
    client.call("metrics.current"),
    rowsOf(client.call("workers.query")),
    rowsOf(client.call("attention.list")),
    client.call("attention.last") as Promise<Row | null>,
  ]);
  return { gateway, figures: memberOf(current, "figures"), workers, attention, last_trouble: last };
}

interface Most {
  readonly workers: number;
  readonly troubles: number;
}

function print(status: Status, most: Most = { workers: Infinity, troubles: Infinity }): void {
  const { gateway, figures, workers, attention, last_trouble: last } = status;
  const name = `${shown(gateway["gateway"])} (${shown(gateway["environment"])}) ${shown(gateway["version"])}`;
  console.log(styled("bold", name));
  const counts = ["accepted", "sent", "failed"].map((figure) => `${shown(memberOf(figures, figure))} ${figure}`);
  console.log(`${counts.join(", ")} a minute${latencyOf(figures)}\n`);
  const columns = [
    "worker",
    "kind",
    "lamp",
    "state",
    "in/min",
    "out/min",
    "waiting",
    "oldest",
    "meanwhile",
    "parked",
    "process",
  ];
  printTable(workers.slice(0, most.workers).map(workerRow), columns);
  printMore(workers.length - most.workers);
  console.log("");
  if (attention.length === 0) console.log(styled("green", "Nothing needs attention."));
  if (attention.length === 0 && last !== null) {
    console.log(styled("dim", `Last: ${textOf(last["text"])}, until ${textOf(last["until"])}`));
  }
  for (const { lamp, text: trouble, cost } of attention.slice(0, most.troubles)) {
    const costs = textOf(cost) === "" ? "" : ` (${textOf(cost)})`;
    const room = most.troubles === Infinity ? Infinity : process.stdout.columns - shown(lamp).length - 2;
    console.log(
      `${styled(lamp === "down" ? "red" : "yellow", shown(lamp))}: ${shorten(textOf(trouble) + costs, room)}`,
    );
  }
  printMore(attention.length - most.troubles);
}

function printMore(count: number): void {
  if (count > 0) console.log(styled("dim", `and ${count} more`));
}

// There is none while nothing is said.
function latencyOf(figures: unknown): string {
  const [p50, p99] = ["p50", "p99"].map((name) => shortDuration(memberOf(memberOf(figures, "latency_ms"), name)));
  return p50 && p99 ? `; p50 ${p50}, p99 ${p99}` : "";
}

/** A worker as a row of tables. */
export function workerRow(worker: Row): Row {
  const rates = worker["rates"];
  return {
    worker: worker["name"],
    kind: worker["kind"],
    lamp: worker["lamp"],
    state: worker["state"],
    "in/min": memberOf(rates, "in"),
    "out/min": memberOf(rates, "out"),
    waiting: worker["waiting"],
    oldest: shortDuration(worker["oldest_ms"]),
    meanwhile: worker["meanwhile"],
    parked: worker["parked"],
    process: worker["process"],
    source: worker["source"],
    class: worker["class"],
  };
}

function shown(value: unknown): string {
  return textOf(value) || "?";
}
