// Time as a dependency: everything that waits takes a Clock, so that tests decide when time passes.
// The test twin is `TestClock` in `@switchboard/core/testing`.

/** A running timer, as handed out by {@link Clock.setTimer}. */
export interface Timer {
  /** Stops it; the callback will not run. Cancelling twice, or after it ran, does nothing. */
  cancel(): void;
}

/** Where time comes from. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. May jump when the host's clock is set. */
  now(): number;
  /**
   * Runs `callback` once, after at least `delayMs` milliseconds.
   *
   * Units: milliseconds, 0 to 2_147_483_647 (longer delays are cut to that, about 24 days).
   */
  setTimer(callback: () => void, delayMs: number): Timer;
}

const maxDelayMs = 2_147_483_647;

/** The host's clock. A waiting timer keeps a Node process alive, as `setTimeout` does. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(callback, delayMs) {
    const handle = setTimeout(callback, Math.min(Math.max(delayMs, 0), maxDelayMs));
    return { cancel: () => clearTimeout(handle) };
  },
};
