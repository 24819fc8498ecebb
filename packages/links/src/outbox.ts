// What waits to be sent in one session: gathers frames into batches, hands these to a sink, and bounds what waits.
// Every kind of link has one per session; what a batch travels through is the sink's business.

import { LinkError, type LinkFrame, type SwitchboardError } from "@switchboard/core";
import { encode, maxBytesPerChar, measure } from "./codec.ts";

/** What takes batches. */
export interface BatchSink {
  /** Hands over one batch, a JSON array of frames. Returns false when no more should follow until {@link Outbox.resume}. */
  write(batch: string): boolean;
  /** Characters handed over that the sink still holds. */
  heldBytes(): number;
}

export interface OutboxOptions {
  readonly sink: BatchSink;
  readonly maxFrameBytes: number;
  readonly highWaterBytes: number;
  readonly maxWaitingBytes: number;
  /** Room again after `push` returned false. Never called from inside `push`. */
  readonly onDrained: () => void;
  /** Too much waits, or it cannot be encoded. What waited is gone. Never called from inside `push`. */
  readonly onFailed: (error: SwitchboardError) => void;
}

/** A batch is closed at about this length, so that the other side can begin while this one goes on. A longer frame travels alone. */
function batchChars(maxFrameBytes: number): number {
  return Math.min(65_536, maxFrameBytes);
}

/** No batch is longer, if both sides have the same `maxFrameBytes`. */
export function maxBatchBytes(maxFrameBytes: number): number {
  return Math.max(maxFrameBytes, maxBytesPerChar * batchChars(maxFrameBytes)) + 2;
}

/**
 * Gathers frames and writes them in batches.
 *
 * The first frames of a turn of the event loop go out as soon as the code that sends them has returned. What follows in the same turn
 * is gathered until the turn ends: with little traffic nothing waits, with much there are few writes.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #batchChars: number;
  #frames: LinkFrame[] = [];
  #framesChars = 0;
  readonly #batches: string[] = [];
  #batchesChars = 0;
  #scheduled = false;
  #wroteThisTurn = false;
  #blocked = false;
  #full = false;
  #stopped = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#batchChars = batchChars(options.maxFrameBytes);
  }

  /** Takes one frame, which must not be changed any more. Returns false above the high-water mark. @throws {LinkError} LINK_FRAME_INVALID. */
  push(frame: LinkFrame): boolean {
    if (this.#stopped) return false;
    const chars = typeof frame === "object" ? measure(frame) : Infinity;
    if (chars * maxBytesPerChar > this.#options.maxFrameBytes) this.#pushAlone(frame);
    else {
      if (this.#framesChars + chars > this.#batchChars) this.#closeBatch();
      this.#frames.push(frame);
      this.#framesChars += chars;
    }
    this.#schedule();
    const waitingBytes = this.#framesChars + this.#batchesChars + this.#options.sink.heldBytes();
    if (waitingBytes <= this.#options.highWaterBytes) return true;
    this.#full = true;
    if (waitingBytes > this.#options.maxWaitingBytes) this.#congest(waitingBytes);
    return false;
  }

  /** The sink takes batches again. */
  resume(): void {
    if (this.#stopped) return;
    this.#blocked = false;
    this.#flush();
  }

  /** Takes out the batches that wait, for a last write before the end. */
  takeAll(): readonly string[] {
    this.#closeBatch();
    this.#batchesChars = 0;
    return this.#batches.splice(0);
  }

  /** Forgets what waits and takes nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#frames = [];
    this.#framesChars = 0;
    this.#batches.length = 0;
    this.#batchesChars = 0;
  }

  /** A frame so large that it has to be encoded to know whether it may be sent. */
  #pushAlone(frame: LinkFrame): void {
    const text = encode(frame, this.#options.maxFrameBytes);
    this.#closeBatch();
    this.#addBatch(`[${text}]`);
  }

  #closeBatch(): void {
    const frames = this.#frames;
    if (frames.length === 0) return;
    this.#frames = [];
    this.#framesChars = 0;
    try {
      this.#addBatch(JSON.stringify(frames));
    } catch (cause) {
      // Each was measured, so its sender has changed one since; which one, nobody can tell any more.
      this.#fail(new LinkError("LINK_FRAME_INVALID", "a frame was changed after it was sent", { cause }));
    }
  }

  #addBatch(batch: string): void {
    this.#batches.push(batch);
    this.#batchesChars += batch.length;
  }

  #schedule(): void {
    if (this.#scheduled || this.#blocked) return;
    this.#scheduled = true;
    // After a first write in this turn, its end is waited for already.
    if (!this.#wroteThisTurn) process.nextTick(this.#flushSoon);
  }

  readonly #flushSoon = (): void => {
    this.#scheduled = false;
    this.#wroteThisTurn = true;
    setImmediate(this.#endTurn);
    this.#flush();
  };

  readonly #endTurn = (): void => {
    this.#wroteThisTurn = false;
    if (!this.#scheduled) return;
    this.#scheduled = false;
    this.#flush();
  };

  #flush(): void {
    if (!this.#blocked) this.#closeBatch();
    while (!this.#blocked) {
      const batch = this.#batches.shift();
      if (batch === undefined) break;
      this.#batchesChars -= batch.length;
      this.#blocked = !this.#options.sink.write(batch);
    }
    if (this.#full) this.#tellDrained();
  }

  #tellDrained(): void {
    const waitingBytes = this.#framesChars + this.#batchesChars + this.#options.sink.heldBytes();
    if (this.#stopped || waitingBytes > this.#options.highWaterBytes / 2) return;
    this.#full = false;
    this.#options.onDrained();
  }

  #congest(waitingBytes: number): void {
    const { maxWaitingBytes } = this.#options;
    const message = `${waitingBytes} bytes wait for the other side, at most ${maxWaitingBytes} may`;
    this.#fail(new LinkError("LINK_CONGESTED", message));
  }

  #fail(error: SwitchboardError): void {
    this.stop();
    process.nextTick(this.#options.onFailed, error);
  }
}
