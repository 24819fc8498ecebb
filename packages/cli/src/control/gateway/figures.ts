// `switchboard figures`: rates, waits and latencies over the last minutes, hours or days; and how long middlewares take.

import { type Command, Option } from "commander";
import { withClient } from "../connection.ts";
import { printTable, printValue } from "../output.ts";
import { type GatewayFlags, gatewayVerb, type Row } from "./verb.ts";

interface Flags extends GatewayFlags {
  readonly window: string;
  readonly middleware?: true;
}

interface History {
  readonly step_s: number;
  readonly at: Date;
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

const usual = ["figures.accepted", "figures.sent", "figures.failed", "figures.parked", "figures.latency_ms.p95"];

/** The verb. */
export function figuresCommand(): Command {
  return gatewayVerb(
    "figures",
    "print figures over time, a line per step; rates are per minute",
    "figures --window 24h workers.echo.in lines.echo.waiting",
  )
    .argument("[names...]", `figures.NAME, workers.WORKER.NAME, lines.LINE.NAME (default: ${usual.join(", ")})`)
    .addOption(new Option("--window <window>", "how far back").choices(["15m", "1h", "24h", "7d"]).default("15m"))
    .option("--middleware", "instead, how long each worker's middlewares took within the last minute")
    .action(figures);
}

async function figures(names: readonly string[], flags: Flags): Promise<void> {
  if (flags.middleware) {
    await middleware(flags);
    return;
  }
  const wanted = names.length === 0 ? usual : names;
  const history = (await withClient(flags, (client) =>
    client.call("metrics.history", [wanted, flags.window]),
  )) as History;
  if (flags.json) {
    printValue(history, flags);
    return;
  }
  printTable(rowsOf(history, wanted), ["from", ...wanted]);
  for (const name of names) {
    const isKnown = history.series[name]?.some((value) => value !== null) ?? false;
    if (!isKnown) console.error(`nothing is known of ${name} in the last ${flags.window}`);
  }
}

/** A row per step that something is known of. */
function rowsOf({ step_s, at, series }: History, names: readonly string[]): Row[] {
  const steps = Math.max(0, ...Object.values(series).map((values) => values.length));
  const rows = Array.from({ length: steps }, (_, index) => {
    const from = new Date(at.getTime() - (steps - index) * step_s * 1_000);
    return Object.fromEntries([["from", from], ...names.map((name) => [name, series[name]?.[index] ?? null])]) as Row;
  });
  return rows.filter((row) => names.some((name) => row[name] !== null));
}

async function middleware(flags: Flags): Promise<void> {
  const found = (await withClient(flags, (client) => client.call("metrics.middleware"))) as Readonly<
    Record<string, Readonly<Record<string, Row>>>
  >;
  if (flags.json) {
    printValue(found, flags);
    return;
  }
  const rows = Object.entries(found).flatMap(([worker, own]) =>
    Object.entries(own).map(([name, { per_minute, p50_ms, p95_ms, p99_ms }]) => ({
      worker,
      middleware: name,
      "per min": per_minute,
      "p50 ms": p50_ms,
      "p95 ms": p95_ms,
      "p99 ms": p99_ms,
    })),
  );
  printTable(rows, ["worker", "middleware", "per min", "p50 ms", "p95 ms", "p99 ms"]);
}
