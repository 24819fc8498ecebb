// Lets writes through, or makes them wait, so that a backup finds nothing half done.

/** A gate that is open until it is closed. */
export class WriteGate {
  #isClosed = false;
  #waiting: (() => void)[] = [];
  readonly #inside = new Set<Promise<unknown>>();

  /** Runs `work` when the gate is open. */
  async pass<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.#isClosed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const running = work();
    this.#inside.add(running);
    try {
      return await running;
    } finally {
      this.#inside.delete(running);
    }
  }

  /** Closes, and resolves when nothing is inside any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#inside);
  }

  /** Opens again. */
  open(): void {
    this.#isClosed = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
