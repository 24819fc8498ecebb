// The messages of one queue with one priority, in order: the first ones in memory, the others, if any, only on disk.

import { readContent, contentEnd } from "./codec.ts";
import { Message } from "./message.ts";
import type { PageRow } from "./batch.ts";
import type { Queue } from "./queue.ts";
import { Segment } from "./segment.ts";

const maxWaiting = 2_048;
const maxWaitingBytes = 2_097_152;
const pageBytes = 262_144;
const smallPageBytes = 65_536;

// What was read of a body takes several times as much memory as the body, so only messages that will be handed out soon keep it.
const maxDecoded = 256;
const maxDecodedBytes = 8_388_608;

/** How many messages may be marked as handed out before they are, at most. */
export const maxLookahead = 256;

/** How much memory waiting messages take, over all lanes. */
export class MemoryBudget {
  used = 0;
  readonly #limit: number;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get exhausted(): boolean {
    return this.used >= this.#limit;
  }
}

const nothing = Buffer.alloc(0);

/** The waiting messages of one queue and priority. */
export class Lane {
  readonly id: number;
  readonly queue: Queue;
  readonly priority: number;
  /** Safe messages that are neither handed out nor settled, in memory or not. */
  depth = 0;
  /** The last number used. */
  last = 0;
  /** Messages settled since the last batch. */
  settled = 0;
  /** Up to this number messages may be handed out: a crash counts as a delivery of them. */
  claimed = 0;
  /** True when the outbox has it on its list. */
  touched = false;
  /** True while a page is being read. */
  reading = false;
  /** True when more messages wait on disk behind those in memory. */
  #backlog = false;
  /** The last segment that is, or was, in memory. */
  #readThrough = 0;
  #waiting: (Message | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  readonly #memory: MemoryBudget;

  constructor(id: number, queue: Queue, priority: number, memory: MemoryBudget) {
    this.id = id;
    this.queue = queue;
    this.priority = priority;
    this.#memory = memory;
  }

  /** How many messages wait in memory. */
  get length(): number {
    return this.#waiting.length - this.#head;
  }

  get backlog(): boolean {
    return this.#backlog;
  }

  get readThrough(): number {
    return this.#readThrough;
  }

  peek(): Message | undefined {
    return this.#waiting[this.#head];
  }

  shift(): void {
    const message = this.peek();
    if (message === undefined) return;
    this.#waiting[this.#head++] = undefined;
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    } else if (this.#head >= maxWaiting) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    this.#bytes -= message.bytes;
    this.#memory.used -= message.bytes;
    this.depth--;
  }

  /** Takes messages that are safe now: into memory if `keep` and there is room and nothing waits on disk before them. */
  accept(segment: Segment, messages: readonly Message[], keep: boolean): void {
    this.depth += messages.length;
    if (this.#backlog || !keep || this.#full || this.#memory.exhausted) {
      this.#backlog = true;
      return;
    }
    for (const message of messages) this.#push(message);
    this.#readThrough = segment.seq;
  }

  /** True when it is time to read the next page. */
  get wantsPage(): boolean {
    if (!this.#backlog || this.reading) return false;
    if (this.length === 0) return true;
    return this.length < maxWaiting / 2 && this.#bytes < maxWaitingBytes / 2 && !this.#memory.exhausted;
  }

  /** How much of the backlog to read at a time. */
  get pageBytes(): number {
    return this.#memory.exhausted ? smallPageBytes : pageBytes;
  }

  /** Takes a page that was read back. */
  fill(rows: readonly PageRow[], end: boolean, generation: number): void {
    for (const { seq, count, done, payload } of rows) {
      const segment = new Segment(seq, count, done);
      const source = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
      let offset = 0;
      for (let index = 0; index < count; index++) {
        if (!segment.isDone(index)) {
          const message = new Message(this, readContent(source, offset, this.queue.name), nothing);
          message.store(segment, index, generation);
          this.#push(message);
        }
        offset = contentEnd(source, offset);
      }
      this.#readThrough = seq;
    }
    if (end) this.#backlog = false;
  }

  /** The number up to which messages may be handed out when `allowed` of them can be taken soon, with `added` new ones from `first` on. */
  claimFor(allowed: number, first: number, added: number): number {
    const fresh = this.#backlog ? 0 : Math.min(added, allowed - this.length);
    if (fresh > 0) return first + fresh - 1;
    const reach = Math.min(allowed, this.length);
    const last = reach > 0 ? this.#waiting[this.#head + reach - 1]?.seq : undefined;
    return Math.max(last ?? 0, this.claimed);
  }

  /** Forgets what is in memory and reads nothing until `reset`. */
  suspend(): void {
    this.reset(this.depth);
    this.#backlog = true;
    this.reading = true;
  }

  /** Starts anew with `depth` messages, all of them on disk. */
  reset(depth: number, last: number = this.last): void {
    this.last = last;
    this.#memory.used -= this.#bytes;
    this.#bytes = 0;
    this.#waiting = [];
    this.#head = 0;
    this.#readThrough = 0;
    this.#backlog = depth > 0;
    this.depth = depth;
    this.settled = 0;
    this.claimed = 0;
    this.reading = false;
  }

  get #full(): boolean {
    return this.length >= maxWaiting || this.#bytes >= maxWaitingBytes;
  }

  #push(message: Message): void {
    if (this.length >= maxDecoded || this.#memory.used >= maxDecodedBytes) message.decoded = undefined;
    this.#waiting.push(message);
    this.#bytes += message.bytes;
    this.#memory.used += message.bytes;
  }
}
