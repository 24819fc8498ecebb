// Figures over fifteen minutes, an hour, a day and a week: for each window a ring of steps, each step the mean or the highest of the values in it.
// Memory depends on how many figures there are, not on traffic. What the longer windows hold is handed out to be kept, and taken back.

/** How far back. */
export type HistoryWindow = "15m" | "1h" | "24h" | "7d";

/** How long the steps of a window are, and how many there are. */
export const historyWindows: Readonly<
  Record<HistoryWindow, { readonly stepMs: number; readonly steps: number; readonly isKept: boolean }>
> = {
  "15m": { stepMs: 10_000, steps: 90, isKept: false },
  "1h": { stepMs: 60_000, steps: 60, isKept: false },
  "24h": { stepMs: 900_000, steps: 96, isKept: true },
  "7d": { stepMs: 7_200_000, steps: 84, isKept: true },
};

/** All of them, the shortest first. */
export const historyWindowNames: readonly HistoryWindow[] = ["15m", "1h", "24h", "7d"];

/** One step that is over. */
export interface HistoryStep {
  readonly window: HistoryWindow;
  /** When it began: a whole number of steps since 1970. Milliseconds. */
  readonly at: number;
  readonly values: ReadonlyMap<string, number>;
}

const maxNames = 5_000;

interface Step {
  readonly at: number;
  readonly values: Map<string, { total: number; count: number; highest: number }>;
}

/** Remembers figures by name. */
export class History {
  readonly #past: Readonly<Record<HistoryWindow, HistoryStep[]>> = { "15m": [], "1h": [], "24h": [], "7d": [] };
  readonly #present = new Map<HistoryWindow, Step>();

  /** Takes the values of now; null where one is not known. Returns the steps of longer windows that ended by it, to be kept. */
  add(now: number, values: ReadonlyMap<string, number | null>): HistoryStep[] {
    return historyWindowNames.flatMap((window) => {
      const ended = this.#stepAt(window, now);
      const step = this.#present.get(window);
      for (const [name, value] of values) if (value !== null && step !== undefined) count(step, name, value);
      return ended !== undefined && historyWindows[window].isKept ? [ended] : [];
    });
  }

  /** The steps of longer windows as far as they have come, to be kept when the gateway stops. */
  unfinished(): HistoryStep[] {
    return [...this.#present].flatMap(([window, step]) =>
      historyWindows[window].isKept ? [{ window, at: step.at, values: valuesOf(step) }] : [],
    );
  }

  /** Takes back a step that was kept. Steps come in the order of their times, before anything is added. */
  restore(step: HistoryStep): void {
    this.#push(step);
  }

  /** The values of a figure, oldest first, null where nothing is known, the step that is not over included; and when the last step began. */
  get(window: HistoryWindow, name: string, now: number): (number | null)[] {
    const { stepMs, steps } = historyWindows[window];
    const last = Math.floor(now / stepMs) * stepMs;
    const values = new Map(this.#past[window].map((step) => [step.at, step.values.get(name)]));
    const present = this.#present.get(window);
    const counted = present?.values.get(name);
    if (present !== undefined && counted !== undefined) values.set(present.at, valueOf(name, counted));
    return Array.from({ length: steps }, (_, index) => values.get(last - (steps - 1 - index) * stepMs) ?? null);
  }

  /** Makes the step of `now` the present one; returns the one before when it is over. */
  #stepAt(window: HistoryWindow, now: number): HistoryStep | undefined {
    const { stepMs } = historyWindows[window];
    const at = Math.floor(now / stepMs) * stepMs;
    const present = this.#present.get(window);
    if (present !== undefined && present.at >= at) return undefined;
    this.#present.set(window, { at, values: new Map() });
    if (present === undefined) return undefined;
    const ended = { window, at: present.at, values: valuesOf(present) };
    this.#push(ended);
    return ended;
  }

  #push(step: HistoryStep): void {
    const past = this.#past[step.window];
    past.push(step);
    if (past.length >= historyWindows[step.window].steps) past.shift();
  }
}

function valuesOf({ values }: Step): Map<string, number> {
  return new Map([...values].map(([name, counted]) => [name, valueOf(name, counted)]));
}

function count({ values }: Step, name: string, value: number): void {
  const counted = values.get(name);
  if (counted !== undefined) {
    counted.total += value;
    counted.count += 1;
    counted.highest = Math.max(counted.highest, value);
  } else if (values.size < maxNames) {
    values.set(name, { total: value, count: 1, highest: value });
  }
}

// Of what waits or is set aside the worst counts, of rates the mean.
const isLevel = /\.(?:waiting|oldest_ms|parked)$/;

function valueOf(
  name: string,
  counted: { readonly total: number; readonly count: number; readonly highest: number },
): number {
  const value = isLevel.test(name) ? counted.highest : counted.total / counted.count;
  return Math.round(value * 1_000) / 1_000;
}
