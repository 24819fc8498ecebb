// The events that wait for one connection. Bounded: a peer that does not read is ended and told from which event on it missed some.

import { joinEvents } from "./encoded-event.ts";
import type { EncodedFrame, EventOutlet } from "./event.ts";

/** How much may wait. */
export interface EventQueueLimits {
  /** Events, default 10,000. */
  readonly maxEvents: number;
  /** Characters of all their frames, default 16 Mi. */
  readonly maxChars: number;
}

/** How a queue is made. */
export interface EventQueueOptions extends EventQueueLimits {
  readonly outlet: EventOutlet;
  /** True as long as the connection wants several events in one frame. */
  readonly wantsBursts: () => boolean;
}

const maxBurst = 1_000;

/** First in, first out. */
export class EventQueue {
  readonly #options: EventQueueOptions;
  #waiting: EncodedFrame[] = [];
  #chars = 0;
  #isBlocked = false;
  #isHeld = false;
  #isClosed = false;
  #willFlush = false;
  #isSending = false;

  constructor(options: EventQueueOptions) {
    this.#options = options;
  }

  /** How many events wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Sends the event, or keeps it until the peer has caught up. `name` is for the reason when there is no room. */
  push(frame: EncodedFrame, name: string): void {
    if (this.#isClosed) return;
    const mayGoOut = !this.#isBlocked && !this.#isHeld;
    const wantsBursts = this.#options.wantsBursts();
    if (mayGoOut && !wantsBursts && this.#waiting.length === 0) {
      this.#isBlocked = !this.#options.outlet.send(frame);
      return;
    }
    this.#waiting.push(frame);
    this.#chars += frame.text.length;
    const { maxEvents, maxChars } = this.#options;
    if (this.#waiting.length > maxEvents || this.#chars > maxChars) this.#overflow(name);
    // A burst is what one turn of the event loop has brought.
    else if (mayGoOut && !this.#willFlush) {
      this.#willFlush = true;
      setImmediate(() => {
        this.#willFlush = false;
        this.#send();
      });
    }
  }

  /** Says that the peer has caught up. */
  flush(): void {
    this.#isBlocked = false;
    this.#send();
  }

  /** Keeps everything until {@link release}. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#send();
  }

  /** Forgets what waits; nothing is sent any more. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    this.#chars = 0;
  }

  #send(): void {
    // The outlet may say at once that the peer has caught up.
    if (this.#isSending) return;
    this.#isSending = true;
    const waiting = this.#waiting;
    let sent = 0;
    while (sent < waiting.length && !this.#isBlocked && !this.#isHeld && !this.#isClosed) {
      const batch = this.#options.wantsBursts() ? waiting.slice(sent, sent + maxBurst) : waiting.slice(sent, sent + 1);
      const [first] = batch;
      if (first === undefined) break;
      sent += batch.length;
      this.#isBlocked = !this.#options.outlet.send(batch.length === 1 ? first : joinEvents(batch));
    }
    this.#isSending = false;
    if (this.#isClosed || sent === 0) return;
    for (const { text } of waiting.splice(0, sent)) this.#chars -= text.length;
  }

  #overflow(name: string): void {
    const count = this.#waiting.length;
    this.close();
    const what = `${count} events were waiting and are lost, the last of them ${JSON.stringify(name.slice(0, 100))}`;
    this.#options.outlet.end(`this connection reads too slowly: ${what}`, true);
  }
}
