// Messages are stored in segments: those of one lane that were published in one turn of the event loop form one row.
// A row is removed when all of its messages are settled; until then a bitmap tells which ones are.

/** What this process knows of one stored segment. Its messages have the numbers `seq` to `seq + count - 1`. */
export class Segment {
  readonly seq: number;
  readonly count: number;
  /** True when the database has a bitmap for it. */
  stored: boolean;
  /** True when there is something to write that is not in a batch yet. */
  dirty = false;
  /** A bit for each message, set when it is settled. */
  readonly done: Uint8Array;
  #remaining: number;

  /** `done` is the bitmap as stored; left out when nothing is settled yet. */
  constructor(seq: number, count: number, done?: Uint8Array) {
    this.seq = seq;
    this.count = count;
    this.stored = done !== undefined;
    this.done = done ?? new Uint8Array((count + 7) >> 3);
    this.#remaining = count;
    if (done !== undefined) for (let index = 0; index < count; index++) if (this.isDone(index)) this.#remaining--;
  }

  /** True when every message is settled. */
  get finished(): boolean {
    return this.#remaining === 0;
  }

  isDone(index: number): boolean {
    return (((this.done[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
  }

  settle(index: number): void {
    if (this.isDone(index)) return;
    this.done[index >> 3] = (this.done[index >> 3] ?? 0) | (1 << (index & 7));
    this.#remaining--;
  }
}
