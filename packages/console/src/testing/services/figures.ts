// What the memory gateway tells in figures: the map, each second's rates, series, and what needs attention.

import type { PeerServices } from "@switchboard/client/testing";
import type { MetricsFrame, Worker } from "../../services/types.ts";
import type { HistoryData, HistoryWindow } from "../../services/use-history.ts";
import { at } from "../data/clock.ts";
import { lineRates } from "../data/map.ts";
import type { World } from "../world.ts";

/** `map`, `metrics` and `attention`. */
export function figureServices(world: World): PeerServices {
  return {
    map: { get: () => world.map },
    metrics: {
      current: () => figuresOf(world),
      history: (names: readonly string[], window: HistoryWindow) => historyOf(world, names, window),
      series: (names: readonly string[], points = 60) =>
        Object.fromEntries(names.map((name) => [name, seriesOf(name, points)])),
    },
    attention: {
      list: () => attention(world),
      last: () => ({
        id: "slow-lakecell",
        lamp: "degraded",
        subject: { kind: "channel", name: "sms-lakecell" },
        text: "is throttled by the SMSC",
        code: null,
        cost: null,
        since: at("11:31:10"),
        until: at("11:42:55"),
        path: "/channels/sms-lakecell/history",
      }),
    },
  };
}

/** The figures of this second. */
export function figuresOf(world: World): MetricsFrame {
  const isEmpty = world.isEmpty;
  const parked = [...world.parked.values()].reduce((sum, list) => sum + list.length, 0);
  const measures = (worker: Worker): MetricsFrame["workers"][string] => {
    const own = world.queues.filter((queue) => queue.worker === worker.name);
    return {
      ...worker.rates,
      waiting: worker.waiting,
      oldest_ms: worker.oldest_ms,
      parked: own.reduce((sum, queue) => sum + (world.parked.get(queue.name)?.length ?? 0), 0),
    };
  };
  const lines = world.map.lines.map((line) => {
    const isLeft = line.outbound_queue.startsWith(line.from);
    const queue = world.queues.find(({ name }) => name === (isLeft ? line.outbound_queue : line.inbound_queue));
    const isFirst = world.map.lines.find((other) => other.inbound_queue === line.inbound_queue) === line;
    const set = isFirst ? (world.parked.get(queue?.name ?? "")?.length ?? 0) : 0;
    return [
      line.id,
      {
        ...(lineRates.get(line.id) ?? movingRates(line.id, world.now())),
        waiting: isFirst ? (queue?.waiting ?? 0) : 0,
        oldest_ms: queue?.oldest_ms ?? null,
        parked: set,
      },
    ] as const;
  });
  return {
    at: world.now(),
    window_s: 60,
    totals: { accepted: 1_204_310 + world.sent },
    figures: isEmpty
      ? { accepted: 0, sent: 0, failed: 0, parked: 0, latency_ms: { p50: null, p95: null, p99: null } }
      : { accepted: 926, sent: 913, failed: 4.2, parked, latency_ms: { p50: 236, p95: 640, p99: 1900 } },
    workers: Object.fromEntries(world.workers.map((worker) => [worker.name, measures(worker)])),
    lines: isEmpty ? {} : Object.fromEntries(lines),
  };
}

const steps: Readonly<Record<HistoryWindow, readonly [count: number, seconds: number]>> = {
  "15m": [90, 10],
  "1h": [60, 60],
  "24h": [96, 900],
  "7d": [84, 7200],
};

function historyOf(world: World, names: readonly string[], window: HistoryWindow): HistoryData {
  const [count, step_s] = steps[window];
  return {
    window,
    step_s,
    at: new Date((Math.floor(world.now().getTime() / (step_s * 1000)) + 1) * step_s * 1000),
    series: Object.fromEntries(names.map((name) => [name, world.isEmpty ? [] : seriesOf(name, count)])),
  };
}

/** Rates that change with each second as those over a sliding minute do: by what comes and goes at its ends. */
function movingRates(id: string, now: Date): { readonly in: number; readonly out: number } {
  const seed = Array.from(id).reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 997, 7);
  const second = Math.floor(now.getTime() / 1000);
  const moved = (base: number, by: number): number => Math.max(1, base + (((second + by) * 7) % 11) - 5);
  return { in: moved(seed % 900, seed), out: moved((seed * 7) % 900, seed + 3) };
}

function attention(world: World): readonly unknown[] {
  const parked = [...world.parked.values()].reduce((sum, list) => sum + list.length, 0);
  if (world.isEmpty) return [];
  return [
    {
      id: "down-northtel",
      lamp: "down",
      subject: { kind: "channel", name: "sms-northtel" },
      text: "is down: the SMSC refused the bind",
      code: "ESME_RINVPASWD",
      cost: "1,204 messages wait; nothing is lost.",
      since: at("14:21:08"),
      path: "/channels/sms-northtel",
    },
    {
      id: "slow-lakecell",
      lamp: "degraded",
      subject: { kind: "channel", name: "sms-lakecell" },
      text: "is throttled by the SMSC",
      cost: "316 wait, about 2 min at the present rate.",
      since: at("14:07:31"),
      path: "/channels/sms-lakecell",
    },
    ...(parked === 0
      ? []
      : [
          {
            id: "parked",
            lamp: "parked",
            subject: { kind: "queue", name: `${parked} messages` },
            text: "are parked",
            cost: "31 throttled, 6 invalid address, 3 rejected by reminders, 1 timed out.",
            since: at("13:58:02"),
            path: "/queues/sms-lakecell.outbound",
          },
        ]),
  ];
}

/** A wavy number for a place in a series. */
export function wave(index: number): number {
  return Math.sin(index / 3.1) + Math.sin(index * 1.7) * 0.6;
}

function seriesOf(name: string, points: number): readonly number[] {
  const base: Record<string, number> = {
    "figures.accepted": 926,
    "figures.sent": 913,
    "figures.failed": 3,
    "figures.parked": 41,
    "figures.latency_ms.p50": 236,
    "figures.latency_ms.p95": 640,
  };
  const top = base[name] ?? 100;
  if (name === "figures.parked")
    return Array.from({ length: points }, (_, index) =>
      Math.round(top * Math.min(1, Math.max(0, (index - points * 0.35) / (points * 0.25)))),
    );
  return Array.from({ length: points }, (_, index) =>
    Math.max(0, top + wave(index) * top * 0.05 + (name === "figures.failed" && index > points * 0.6 ? 1.2 : 0)),
  );
}
