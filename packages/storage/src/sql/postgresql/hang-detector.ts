// Notices a PostgreSQL server that hangs: connected, and silent. One that is gone says so by itself. Asked by the pool.

import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, DatabaseError, type PoolClient } from "pg";
import { Watchdog } from "../../watchdog.ts";

/** Which server, and what to do about it. */
export interface HangDetectorOptions {
  readonly url: string;
  /** How long the server may be silent: half of it to all statements, the other half to somebody new who asks whether it is there. */
  readonly answerTimeoutMs: number;
  /** Called when it hangs. */
  readonly onHang: () => void;
}

const retryMs = 500;

/** Watches the statements of a pool. While the server hangs it is asked again and again, until it answers. */
export class HangDetector {
  /** Told of each statement. */
  readonly watchdog: Watchdog;
  readonly #options: HangDetectorOptions;
  readonly #ended = new AbortController();
  #isAsking = false;
  #hangs = false;

  constructor(options: HangDetectorOptions) {
    this.#options = options;
    this.watchdog = new Watchdog(options.answerTimeoutMs / 2, () => void this.#silent());
  }

  /** True from when the server was found to hang until it answers again. */
  get hangs(): boolean {
    return this.#hangs;
  }

  /** Stops asking. */
  end(): void {
    this.#ended.abort();
  }

  async #silent(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#hangs = !(await this.#answers());
    if (this.#hangs) this.#options.onHang();
    while (this.#hangs && !this.#ended.signal.aborted) {
      await sleep(retryMs, undefined, { ref: false });
      this.#hangs = !(await this.#answers());
    }
    this.#isAsking = false;
  }

  /** Whether the server answers somebody new, if only that it refuses: a long statement is no reason to give it up. */
  async #answers(): Promise<boolean> {
    const { url, answerTimeoutMs } = this.#options;
    const client = new Client({ connectionString: url });
    client.on("error", () => undefined);
    const giveUp = (): void => cut(client);
    const timer = setTimeout(giveUp, answerTimeoutMs / 2);
    this.#ended.signal.addEventListener("abort", giveUp);
    try {
      await client.connect();
      await client.query("SELECT 1");
      return true;
    } catch (error) {
      return error instanceof DatabaseError;
    } finally {
      clearTimeout(timer);
      this.#ended.signal.removeEventListener("abort", giveUp);
      giveUp();
    }
  }
}

/** Ends a connection whatever the other side does; what waits for it rejects. */
export function cut(client: Client | PoolClient): void {
  (client as unknown as { readonly connection: { readonly stream: Duplex } }).connection.stream.destroy();
}
