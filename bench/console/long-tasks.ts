// Which tasks of a page took long and why, from the browser's own trace: when each began, how much of it was processor time and what ran in it, and how
// much of the machine its host gave to others meanwhile (a virtual machine's `steal`). Read when all is over, so that reading disturbs nothing.

import { readFileSync } from "node:fs";
import { setInterval as every } from "node:timers";
import type { Browser, Page } from "playwright-core";

/** A task of a page's thread that took over 50 ms. */
export interface LongTask {
  /** Since the trace began. */
  readonly atMs: number;
  readonly tookMs: number;
  /** By the thread's own clock; what the host took while the thread was on a processor is counted with it. */
  readonly processorMs: number;
  /** The same without what the host took, as far as can be told. */
  readonly ownMs: number;
  /** Part of the busy processors that the host gave to others, 0 to 1. */
  readonly stolen: number;
  /** Whatever took over a millisecond in it, the longest first; of what is within its like only the outermost. */
  readonly parts: readonly { readonly name: string; readonly tookMs: number; readonly processorMs: number }[];
}

/** The tasks of one page. */
export interface PageTasks {
  readonly long: readonly LongTask[];
  /** The most processor time of any task, without what the host took. */
  readonly mostOwnMs: number;
}

/** A trace that runs. */
export interface TaskTrace {
  /** Ends it and returns the tasks of each page, in the order in which they were given. */
  stop(): Promise<readonly PageTasks[]>;
}

/** What is read of a trace's events; times in microseconds of the machine's monotonic clock. */
interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: {
    readonly data?: {
      readonly message?: string;
      readonly functionName?: string;
      readonly url?: string;
      readonly lineNumber?: number;
      readonly columnNumber?: number;
    };
  };
}

// Ten minutes of two pages are 190,000; the browser's own choice is 200,000.
const bufferKb = 400_000;

/** Begins to trace pages of one browser. */
export async function traceTasks(browser: Browser, pages: readonly Page[]): Promise<TaskTrace> {
  const session = await browser.newBrowserCDPSession();
  const processors = watchProcessors();
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: {
      recordMode: "recordContinuously",
      traceBufferSizeInKb: bufferKb,
      includedCategories: ["devtools.timeline", "disabled-by-default-devtools.timeline"],
      excludedCategories: ["*"],
    },
  });
  await Promise.all(pages.map((page, index) => page.evaluate((name) => console.timeStamp(name), `page ${index}`)));
  return {
    stop: async () => {
      const stolenBetween = processors.stop();
      const marks = new Map<string, TraceEvent>();
      const longer: TraceEvent[] = [];
      session.on("Tracing.dataCollected", ({ value }) => {
        for (const event of value as unknown as TraceEvent[]) {
          if (event.name === "TimeStamp") marks.set(event.args?.data?.message ?? "", event);
          if (event.ph === "X" && (event.dur ?? 0) >= 1_000) longer.push(event);
        }
      });
      const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
      await session.send("Tracing.end");
      await complete;
      await session.detach();
      return pages.map((_, index) => {
        const mark = marks.get(`page ${index}`);
        if (mark === undefined) throw new Error("the trace has lost its beginning: its buffer is too small");
        const events = longer.filter(({ pid, tid }) => pid === mark.pid && tid === mark.tid);
        return tasksOf(events, mark.ts, stolenBetween);
      });
    },
  };
}

function tasksOf(
  events: readonly TraceEvent[],
  begunAt: number,
  stolenBetween: (from: number, to: number) => number,
): PageTasks {
  const tasks = events.filter(({ name }) => name === "RunTask");
  const ownMs = ({ ts, dur = 0, tdur = 0 }: TraceEvent): number => (tdur / 1_000) * (1 - stolenBetween(ts, ts + dur));
  const long = tasks.filter(({ dur = 0 }) => dur > 50_000).toSorted((a, b) => a.ts - b.ts);
  return {
    mostOwnMs: Math.max(0, ...tasks.map(ownMs)),
    long: long.map((task) => {
      const { ts, dur = 0, tdur = 0 } = task;
      // The stages of a collection are in the collection.
      const inside = events.filter((one) => contains(task, one) && !one.name.startsWith("V8."));
      return {
        atMs: (ts - begunAt) / 1_000,
        tookMs: dur / 1_000,
        processorMs: tdur / 1_000,
        ownMs: ownMs(task),
        stolen: stolenBetween(ts, ts + dur),
        parts: inside
          .filter((one) => !inside.some((other) => other.name === one.name && contains(other, one)))
          .toSorted((a, b) => (b.dur ?? 0) - (a.dur ?? 0))
          .map((one) => ({ name: nameOf(one), tookMs: (one.dur ?? 0) / 1_000, processorMs: (one.tdur ?? 0) / 1_000 })),
      };
    }),
  };
}

function contains(one: TraceEvent, other: TraceEvent): boolean {
  return one !== other && other.ts >= one.ts && other.ts + (other.dur ?? 0) <= one.ts + (one.dur ?? 0);
}

/** A script with where it stands: `FunctionCall messages-Bx1.js:1:2042`. */
function nameOf({ name, args }: TraceEvent): string {
  const { url, functionName = "", lineNumber = 0, columnNumber = 0 } = args?.data ?? {};
  if (url === undefined || url === "") return name;
  return [name, functionName, `${url.split("/").at(-1)}:${lineNumber + 1}:${columnNumber + 1}`]
    .filter((part) => part !== "")
    .join(" ");
}

/** Looks twenty times a second at what the processors do; the function that `stop` returns tells which part of the busy time the host took. */
function watchProcessors(): { stop(): (from: number, to: number) => number } {
  const samples: { readonly at: number; readonly stolen: number; readonly busy: number }[] = [];
  const look = (): void => {
    // proc(5), /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal. A guest's time is in user already.
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] =
      readFileSync("/proc/stat", "utf8").slice(0, 200).split("\n", 1)[0]?.split(/ +/).slice(1).map(Number) ?? [];
    const at = Number(process.hrtime.bigint() / 1_000n);
    samples.push({ at, stolen, busy: user + nice + system + irq + softirq + stolen });
  };
  look();
  const timer = every(look, 50);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return (from, to) => {
        const before = samples.findLast(({ at }) => at <= from) ?? samples[0];
        const after = samples.find(({ at }) => at >= to) ?? samples.at(-1);
        if (before === undefined || after === undefined || after.busy === before.busy) return 0;
        return (after.stolen - before.stolen) / (after.busy - before.busy);
      };
    },
  };
}
