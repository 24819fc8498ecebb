// Notices a server that has stopped answering. One timer for all calls: the client library's own way sets one for each.

/** Calls `onSilence` when calls have waited for `timeoutMs` without any answer. */
export class Watchdog {
  readonly #timeoutMs: number;
  readonly #onSilence: () => void;
  #waiting = 0;
  /** When the last answer came, or the first call was made after all had been answered. */
  #lastSign = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number, onSilence: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#onSilence = onSilence;
  }

  /** How many calls are without an answer. */
  get waiting(): number {
    return this.#waiting;
  }

  /** A call was made. */
  called(): void {
    if (++this.#waiting > 1) return;
    this.#lastSign = Date.now();
    if (this.#timer === undefined) this.#watch(this.#timeoutMs);
  }

  /** A call was answered, or has failed. */
  answered(): void {
    this.#waiting--;
    this.#lastSign = Date.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #watch(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#waiting === 0) return;
      const leftMs = this.#lastSign + this.#timeoutMs - Date.now();
      if (leftMs <= 0) this.#onSilence();
      this.#watch(leftMs > 0 ? leftMs : this.#timeoutMs);
    }, delayMs);
    // What waits keeps the process alive by its socket.
    this.#timer.unref();
  }
}
