// Serves windows by itself: frees the room of overdue flights, hands every key that may take off to a callback, removes idle windows.

import { type Clock, type Logger, silentLogger, systemClock } from "@switchboard/core";
import { ComponentError } from "./errors.ts";
import { Repeat } from "./repeat.ts";
import type { WindowManager } from "./window-manager.ts";

/** What a monitor does with windows, and how often. */
export interface WindowMonitorOptions {
  /** Sends one item. When it rejects, that is logged; the key stays in flight and its room is freed when it is overdue. */
  readonly onKey: (window: string, key: string) => Promise<void>;
  /** Told before an idle window is removed. */
  readonly onCleanUp?: (window: string) => Promise<void> | void;
  /** False: idle windows stay. Default true. */
  readonly cleanUp?: boolean;
  /** Pause between two rounds, milliseconds, default 10_000. */
  readonly intervalMs?: number;
  /** Pause between two looks for overdue flights, milliseconds, default 10_000. */
  readonly clearIntervalMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** One monitor for the windows of one manager. */
export class WindowMonitor {
  readonly #windows: WindowManager;
  readonly #options: WindowMonitorOptions;
  readonly #logger: Logger;
  #repeats: readonly Repeat[] = [];

  constructor(windows: WindowManager, options: WindowMonitorOptions) {
    this.#windows = windows;
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
  }

  /**
   * Begins after the first interval.
   *
   * @throws {ComponentError} COMPONENT_ALREADY_RUNNING.
   */
  start(): void {
    if (this.#repeats.length > 0)
      throw new ComponentError("COMPONENT_ALREADY_RUNNING", "the window monitor runs already");
    const { clock = systemClock, intervalMs = 10_000, clearIntervalMs = 10_000 } = this.#options;
    const shared = { clock, logger: this.#logger };
    this.#repeats = [
      new Repeat(() => this.#windows.clearOverdueFlights(), {
        ...shared,
        intervalMs: clearIntervalMs,
        what: "clearing overdue flights",
      }),
      new Repeat(() => this.#round(), { ...shared, intervalMs, what: "a round of the window monitor" }),
    ];
  }

  /** Resolves when no callback runs any more. Idempotent; may be started again. */
  async stop(): Promise<void> {
    await Promise.all(this.#repeats.map((repeat) => repeat.stop()));
    this.#repeats = [];
  }

  async #round(): Promise<void> {
    for (const window of await this.#windows.windows()) {
      await this.#feed(window);
      if (this.#options.cleanUp === false) continue;
      if ((await this.#windows.countWaiting(window)) > 0 || (await this.#windows.countInFlight(window)) > 0) continue;
      await this.#options.onCleanUp?.(window);
      await this.#windows.removeIdleWindow(window);
    }
  }

  async #feed(window: string): Promise<void> {
    const isStopped = (): boolean => this.#repeats.some((repeat) => repeat.isStopped);
    while (!isStopped()) {
      const key = await this.#windows.nextKey(window);
      if (key === undefined) return;
      try {
        await this.#options.onKey(window, key);
      } catch (error) {
        this.#logger.error(
          { window, key, err: error },
          "an item of a window could not be sent; it counts as in flight until it is overdue",
        );
      }
    }
  }
}
