// What waits to be sent in one session: gathers frames into batches, hands these to a sink, and bounds what waits.
// Every kind of link has one per session; what a batch travels through is the sink's business.

import { LinkError, type LinkFrame, type SwitchboardError } from "@switchboard/core";
import { encode, maxBytesPerChar, measure } from "./codec.ts";

/** What takes batches, in whatever form it carries them. */
export interface BatchSink<Batch> {
  /** Makes one batch. Throws when a frame cannot be encoded, which is when it was changed after it was sent. */
  pack(frames: readonly LinkFrame[]): Batch;
  /** Hands over one batch. Throws as `pack` does, where encoding is done as late as here. Returns false when no more should follow until {@link Outbox.resume}. */
  write(batch: Batch, chars: number): boolean;
  /** Characters handed over that the sink still holds. */
  heldBytes(): number;
}

export interface OutboxOptions<Batch> {
  readonly sink: BatchSink<Batch>;
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

const writesBeforeGathering = 4;

/** No batch has more bytes of JSON, if both sides have the same `maxFrameBytes`. */
export function maxBatchBytes(maxFrameBytes: number): number {
  return Math.max(maxFrameBytes, maxBytesPerChar * batchChars(maxFrameBytes)) + 2;
}

/**
 * Gathers frames and writes them in batches.
 *
 * Frames go out together as soon as the code that sends them has returned. When that has happened a few times without a pause, what follows
 * in the same turn of the event loop is gathered until it ends: with little traffic nothing waits, with much there are few writes.
 */
export class Outbox<Batch> {
  readonly #options: OutboxOptions<Batch>;
  readonly #batchChars: number;
  #frames: LinkFrame[] = [];
  #framesChars = 0;
  readonly #batches: { readonly batch: Batch; readonly chars: number }[] = [];
  #batchesChars = 0;
  #scheduled = false;
  #writes = 0;
  #gathering = false;
  #blocked = false;
  #full = false;
  #stopped = false;

  constructor(options: OutboxOptions<Batch>) {
    this.#options = options;
    this.#batchChars = batchChars(options.maxFrameBytes);
  }

  /** Takes one frame, which must not be changed any more. Returns false above the high-water mark. @throws {LinkError} LINK_FRAME_INVALID. */
  push(frame: LinkFrame): boolean {
    if (this.#stopped) return false;
    const { maxFrameBytes } = this.#options;
    let chars = typeof frame === "object" ? measure(frame) : Infinity;
    // So large that it has to be encoded to know whether it may be sent.
    if (chars * maxBytesPerChar > maxFrameBytes) chars = encode(frame, maxFrameBytes).length;
    if (this.#framesChars + chars > this.#batchChars) this.#closeBatch();
    this.#frames.push(frame);
    this.#framesChars += chars;
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
  takeAll(): readonly Batch[] {
    this.#closeBatch();
    this.#batchesChars = 0;
    return this.#batches.splice(0).map(({ batch }) => batch);
  }

  /** Forgets what waits and takes nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#frames = [];
    this.#framesChars = 0;
    this.#batches.length = 0;
    this.#batchesChars = 0;
  }

  #closeBatch(): void {
    const frames = this.#frames;
    const chars = this.#framesChars;
    if (frames.length === 0) return;
    this.#frames = [];
    this.#framesChars = 0;
    this.#encoding(() => {
      this.#batches.push({ batch: this.#options.sink.pack(frames), chars });
      this.#batchesChars += chars;
    });
  }

  /** Each frame was measured, so if one cannot be encoded its sender has changed it since; which one, nobody can tell any more. */
  #encoding(step: () => void): void {
    try {
      step();
    } catch (cause) {
      this.#fail(new LinkError("LINK_FRAME_INVALID", "a frame was changed after it was sent", { cause }));
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#blocked) return;
    this.#scheduled = true;
    if (!this.#gathering) process.nextTick(this.#flushSoon);
  }

  readonly #flushSoon = (): void => {
    this.#scheduled = false;
    // Waiting for the end of each turn would cost more than a write does, so one is waited for now and then.
    if (++this.#writes >= writesBeforeGathering) {
      this.#gathering = true;
      setImmediate(this.#endTurn);
    }
    this.#flush();
  };

  readonly #endTurn = (): void => {
    this.#gathering = false;
    this.#writes = 0;
    if (!this.#scheduled) return;
    this.#scheduled = false;
    this.#flush();
  };

  #flush(): void {
    if (!this.#blocked) this.#closeBatch();
    while (!this.#blocked) {
      const next = this.#batches.shift();
      if (next === undefined) break;
      this.#batchesChars -= next.chars;
      this.#encoding(() => (this.#blocked = !this.#options.sink.write(next.batch, next.chars)));
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
