// Parked messages of the embedded bus. They stay on disk; what is listed or put back passes through memory a page at a time.

import type { ParkedMessage, ParkedPage, Parking } from "../bus.ts";
import { BusError } from "../errors.ts";
import { checkRange } from "../options.ts";
import { readContent } from "./codec.ts";
import { Message } from "./message.ts";
import type { Outbox } from "./outbox.ts";
import type { ParkedRow, Questions } from "./protocol.ts";
import type { Queue } from "./queue.ts";

const maxPageBytes = 4_194_304;
const rowsAtATime = 200;

/** What parking needs of the bus. */
export interface ParkingHost {
  readonly outbox: Outbox;
  /**
   * The queue of that name.
   *
   * @throws {BusError} BUS_CLOSED
   */
  queue(name: string): Queue | undefined;
  readParked(ask: Questions["parked"]["ask"]): Promise<Questions["parked"]["answer"]>;
  dropParked(ask: Questions["dropParked"]["ask"]): Promise<number>;
}

/** `bus.parking` of the embedded bus. */
export class EmbeddedParking implements Parking {
  readonly #host: ParkingHost;
  // Changes run one after another, so that no message is put back twice.
  #last: Promise<unknown> = Promise.resolve();

  constructor(host: ParkingHost) {
    this.#host = host;
  }

  async list(queue: string, options: { readonly limit?: number; readonly after?: string } = {}): Promise<ParkedPage> {
    const limit = checkRange("limit", options.limit ?? 100, 1, 1_000);
    const after = options.after === undefined ? 0 : parseCursor(options.after);
    const known = this.#host.queue(queue);
    if (known === undefined) return { messages: [], next: undefined };
    await this.#host.outbox.written();
    const which = { after, limit, maxBytes: maxPageBytes };
    const { rows, more } = await this.#host.readParked({ queue: known.id, which });
    return {
      messages: rows.map((row) => toParkedMessage(known, row)),
      next: more ? rows.at(-1)?.number.toString() : undefined,
    };
  }

  async get(queue: string, id: string): Promise<ParkedMessage | undefined> {
    const known = this.#host.queue(queue);
    const seqs = parseIds([id]);
    if (known === undefined || seqs.length === 0) return undefined;
    await this.#host.outbox.written();
    const { rows } = await this.#host.readParked({ queue: known.id, which: { seqs } });
    return rows.map((row) => toParkedMessage(known, row))[0];
  }

  async retry(queue: string, ids: readonly string[] | "all"): Promise<number> {
    return await this.#change(queue, async (known) => {
      let count = 0;
      for await (const rows of this.#pages(known, ids)) {
        const outcomes = await Promise.allSettled(rows.map((row) => this.#putBack(known, row)));
        const failed = outcomes.filter((outcome) => outcome.status === "rejected");
        known.parked -= rows.length - failed.length;
        for (const { reason } of failed) throw reason;
        count += rows.length;
      }
      return count;
    });
  }

  async drop(queue: string, ids: readonly string[] | "all"): Promise<number> {
    return await this.#change(queue, async (known) => {
      let count = 0;
      for (const which of ids === "all" ? portions(known.parked) : pieces(parseIds(ids))) {
        const dropped = await this.#host.dropParked({ queue: known.id, which });
        known.parked -= dropped;
        count += dropped;
      }
      return count;
    });
  }

  async #change(queue: string, work: (queue: Queue) => Promise<number>): Promise<number> {
    const known = this.#host.queue(queue);
    if (known === undefined) return 0;
    const before = this.#last;
    const result = (async () => {
      await before;
      await this.#host.outbox.written();
      return await work(known);
    })();
    this.#last = result.catch(() => undefined);
    return await result;
  }

  /** The parked messages meant, as they are when this is called; those parked later are left out. */
  async *#pages(queue: Queue, ids: readonly string[] | "all"): AsyncGenerator<readonly ParkedRow[]> {
    if (ids !== "all") {
      for (const seqs of pieces(parseIds(ids))) {
        yield (await this.#host.readParked({ queue: queue.id, which: { seqs } })).rows;
      }
      return;
    }
    let left = queue.parked;
    let after = 0;
    while (left > 0) {
      const which = { after, limit: Math.min(left, rowsAtATime), maxBytes: maxPageBytes };
      const { rows } = await this.#host.readParked({ queue: queue.id, which });
      if (rows.length === 0) return;
      yield rows;
      left -= rows.length;
      after = rows.at(-1)?.number ?? after;
    }
  }

  #putBack(queue: Queue, { seq, priority, entry }: ParkedRow): Promise<void> {
    const content = readContent(asBuffer(entry), 0, queue.name);
    return new Promise((resolve, reject) => {
      this.#host.outbox.publish({
        // Somebody wants it delivered now, so its old expiry counts no more.
        messages: [new Message(queue.lane(priority), { ...content, expiresAt: 0 })],
        change: { kind: "unpark", queue: queue.id, seq },
        resolve,
        reject,
      });
    });
  }
}

function toParkedMessage(queue: Queue, { seq, priority, attempt, parkedAt, history, entry }: ParkedRow): ParkedMessage {
  const { exchange, routingKey, body, contentType, headers, publishedAt } = readContent(asBuffer(entry), 0, queue.name);
  return {
    id: String(seq),
    queue: queue.name,
    exchange,
    routingKey,
    body,
    contentType,
    headers,
    priority,
    publishedAt,
    attempt,
    parkedAt,
    // JSON has no undefined.
    history: history.map((failure) => ({ ...failure, code: failure.code })),
  };
}

function parseCursor(after: string): number {
  const number = Number(after);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new BusError("BUS_OPTION_INVALID", `after: expected \`next\` of an earlier page, got ${JSON.stringify(after)}`);
}

// An id that is no number was never given out, and unknown ids are ignored.
function parseIds(ids: readonly string[]): number[] {
  return [...new Set(ids)].map(Number).filter((seq) => Number.isSafeInteger(seq) && seq > 0);
}

function pieces(seqs: readonly number[]): number[][] {
  const count = Math.ceil(seqs.length / rowsAtATime);
  return Array.from({ length: count }, (_, index) => seqs.slice(index * rowsAtATime, (index + 1) * rowsAtATime));
}

function portions(count: number): number[] {
  return Array.from({ length: Math.ceil(count / rowsAtATime) }, (_, index) =>
    Math.min(rowsAtATime, count - index * rowsAtATime),
  );
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
