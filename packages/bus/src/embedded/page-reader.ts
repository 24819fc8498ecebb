// Reads backlogs from disk, a page at a time and ahead of their consumers.

import type { Clock, Logger } from "@switchboard/core";
import { decodePage } from "./batch.ts";
import type { Lane } from "./lane.ts";
import type { Outbox } from "./outbox.ts";
import type { Questions } from "./protocol.ts";

const retryDelayMs = 1_000;

/** What the reader needs of the bus. */
export interface PageReaderHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outbox: Outbox;
  readPage(ask: Questions["page"]["ask"]): Promise<Questions["page"]["answer"]>;
}

/** Fills lanes whose messages wait on disk. */
export class PageReader {
  readonly #host: PageReaderHost;

  constructor(host: PageReaderHost) {
    this.#host = host;
  }

  /** Reads the next page of `lane` and lets its queue hand it out. */
  read(lane: Lane): void {
    const { generation } = this.#host.outbox;
    const isCurrent = (): boolean => this.#host.outbox.generation === generation;
    lane.reading = true;
    const ask = { lane: lane.id, after: lane.readThrough, maxBytes: lane.pageBytes };
    this.#host.readPage(ask).then(
      ({ bytes, end }) => {
        if (!isCurrent()) return;
        lane.reading = false;
        lane.fill(decodePage(bytes), end, generation);
        lane.queue.handOut();
      },
      (error: unknown) => {
        if (!isCurrent()) return;
        this.#host.logger.error({ queue: lane.queue.name, err: error }, "waiting messages could not be read");
        this.#host.clock.setTimer(() => {
          if (!isCurrent()) return;
          lane.reading = false;
          lane.queue.handOut();
        }, retryDelayMs);
      },
    );
  }
}
