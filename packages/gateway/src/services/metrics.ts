// Service `metrics` and the event `metrics.second`: rates, latencies, what waits and what is parked, for the gateway, each worker and each line.

import type { QueueInfo } from "@switchboard/bus";
import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import type { Timer } from "@switchboard/core";
import { History, type HistoryWindow, historyWindowNames, historyWindows } from "../observe/history.ts";
import type { Percentiles } from "../observe/latency-window.ts";
import { SeriesBook } from "../observe/series.ts";
import type { Board } from "./board.ts";
import { workerOf } from "./common.ts";
import { keepHistory } from "./kept-history.ts";

interface LineFigures {
  readonly in: number;
  readonly out: number;
  readonly waiting: number;
  readonly oldest_ms: number | null;
  readonly parked: number;
  /** Of its two queues that in which more is parked, else more waits; null when neither is. */
  readonly worst_queue: string | null;
  /** How long messages waited before they were taken, from people and to them; null when none was. */
  readonly wait_in_ms: Percentiles | null;
  readonly wait_out_ms: Percentiles | null;
}

/** Shows figures. */
export function metricsPlugin(board: Board): Plugin {
  const { clock } = board.view;
  const series = new SeriesBook();
  const history = new History();
  let keep: Awaited<ReturnType<typeof keepHistory>> | undefined;
  let isWanted = false;
  let tick = 0;
  let timer: Timer | undefined;
  return definePlugin({
    name: "metrics",
    services: {
      metrics: {
        description: "Rates are per minute, over the last minute.",
        methods: {
          current: { description: "All figures now.", accepts: [], handler: () => frame(board) },
          series: {
            description:
              "The last values of figures, one per ten seconds: `figures.accepted`, `workers.NAME.in`, `lines.ID.waiting`.",
            accepts: [
              { title: "names", type: "array", items: { type: "string" }, maxItems: 1_000, mandatory: true },
              { title: "points", type: "integer", minimum: 1, maximum: 60, default: 60 },
            ],
            handler: (names: readonly string[], points = 60) =>
              Object.fromEntries(names.map((name) => [name, series.get(name, points)])),
          },
          middleware: {
            description:
              "How long each middleware of each worker, or of one, had messages over the last minute, and how many a minute.",
            accepts: [{ title: "worker", type: ["string", "null"], default: null }],
            handler: (name?: string | null) => middlewareOf(board, name ?? undefined),
          },
          history: {
            description:
              "Figures over the last 15 minutes, hour, day or week, one value per step: the mean, of what waits or is parked the highest.",
            accepts: [
              { title: "names", type: "array", items: { type: "string" }, maxItems: 1_000, mandatory: true },
              { title: "window", enum: [...historyWindowNames], mandatory: true },
            ],
            handler: (names: readonly string[], window: HistoryWindow) => historyOf(board, history, { names, window }),
          },
        },
      },
    },
    start: async (context) => {
      keep = await keepHistory(history, context.datastoreLog);
      context.registerEventType("metrics.second", {
        description: "All figures, once a second while somebody listens.",
        demand: { enable: () => (isWanted = true), disable: () => (isWanted = false) },
      });
      const second = async (): Promise<void> => {
        tick += 1;
        const isTenth = tick % 10 === 0;
        if (isWanted || isTenth) {
          const figures = await frame(board);
          if (isTenth) {
            await board.queues.remember();
            const values = valuesOf(figures);
            series.add(values);
            await keep?.(history.add(clock.now(), values));
          }
          if (isWanted) await context.emitEvent("metrics.second", figures as unknown as Record<string, unknown>);
        }
      };
      const again = (): void => {
        timer = clock.setTimer(() => {
          second()
            .catch((error: unknown) => context.logger.warn({ err: error }, "figures could not be gathered"))
            .finally(() => timer !== undefined && again());
        }, 1_000);
      };
      again();
    },
    stop: async () => {
      timer?.cancel();
      timer = undefined;
      await keep?.(history.unfinished());
    },
  });
}

function middlewareOf({ view }: Board, name: string | undefined): object {
  const wanted = name === undefined ? view.workers() : [workerOf(view, name)];
  return Object.fromEntries(wanted.map((worker) => [worker.name, view.observer.middleware(worker.name)]));
}

function historyOf(
  { view: { clock } }: Board,
  history: History,
  { names, window }: { readonly names: readonly string[]; readonly window: HistoryWindow },
): object {
  const now = clock.now();
  const { stepMs } = historyWindows[window];
  return {
    window,
    step_s: stepMs / 1_000,
    at: new Date((Math.floor(now / stepMs) + 1) * stepMs),
    series: Object.fromEntries(names.map((name) => [name, history.get(window, name, now)])),
  };
}

/** All figures, as they go over the wire. */
export interface MetricsFrame {
  readonly at: Date;
  readonly window_s: 60;
  /** Since the gateway started. */
  readonly totals: ReturnType<Board["view"]["observer"]["totals"]>;
  readonly figures: ReturnType<Board["view"]["observer"]["figures"]>;
  readonly workers: Readonly<Record<string, object>>;
  readonly lines: Readonly<Record<string, LineFigures>>;
}

async function frame(board: Board): Promise<MetricsFrame> {
  const { view } = board;
  const [records, { lines }, queues] = await Promise.all([board.records(), board.map(), board.queues.queues()]);
  const workers = records.map(({ name, rates, waiting, oldest_ms, parked }) => {
    const took_ms = view.observer.handling(name) ?? null;
    return [name, { ...rates, waiting, oldest_ms, parked, took_ms }];
  });
  const figuresOf = (
    names: readonly string[],
  ): Pick<LineFigures, "waiting" | "oldest_ms" | "parked" | "worst_queue"> => {
    const own = names.flatMap((name): QueueInfo[] => [queues.get(name) ?? []].flat());
    const ages = own.flatMap(({ oldestAgeMs }) => (oldestAgeMs === undefined ? [] : [oldestAgeMs]));
    const [worst] = own.toSorted((one, other) => other.parked - one.parked || other.depth - one.depth);
    return {
      worst_queue: worst === undefined || worst.parked + worst.depth === 0 ? null : worst.queue,
      waiting: own.reduce((total, { depth }) => total + depth, 0),
      oldest_ms: ages.length === 0 ? null : Math.max(...ages),
      parked: own.reduce((total, { parked }) => total + parked, 0),
    };
  };
  return {
    at: new Date(view.clock.now()),
    window_s: 60,
    totals: view.observer.totals(),
    // What is parked now, however long ago it was set aside.
    figures: { ...view.observer.figures(), parked: sumOf([...queues.values()], ({ parked }) => parked) },
    workers: Object.fromEntries(workers) as Record<string, object>,
    lines: Object.fromEntries(
      lines.map(({ id, inbound_queue, outbound_queue }) => [
        id,
        {
          in: view.observer.queue(inbound_queue).out,
          out: view.observer.queue(outbound_queue).out,
          wait_in_ms: view.observer.queueWait(inbound_queue) ?? null,
          wait_out_ms: view.observer.queueWait(outbound_queue) ?? null,
          ...figuresOf([inbound_queue, outbound_queue]),
        },
      ]),
    ),
  };
}

function sumOf<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amount(item), 0);
}

/** Every number of a frame under its path. */
function valuesOf(metrics: MetricsFrame): Map<string, number | null> {
  const values = new Map<string, number | null>();
  const walk = (path: string, value: unknown): void => {
    if (typeof value === "number" || value === null) values.set(path, value);
    else if (typeof value === "object") for (const [key, inner] of Object.entries(value)) walk(`${path}.${key}`, inner);
  };
  walk("figures", metrics.figures);
  walk("workers", metrics.workers);
  walk("lines", metrics.lines);
  return values;
}
