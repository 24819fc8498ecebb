// Two ends of a link in one process, under the test's control. Frames cross as JSON text, in batches, a microtask after they were sent.

import { type Link, LinkError, type LinkFrame, type LinkPeer, type SwitchboardError } from "@switchboard/core";

/** One end. */
export class TestLink implements Link {
  readonly name: string;
  /** As of a link that opens again; set it to false for one that does not. */
  reconnects = true;
  /** What this end has sent in all sessions, oldest first. */
  readonly sent: LinkFrame[] = [];
  /** While true, `send` takes frames but returns false, and they do not move. */
  slow = false;
  /** The error with which the last session of this end was lost. */
  lostWith: SwitchboardError | undefined;
  other: TestLink | undefined;
  #peer: LinkPeer | undefined;
  #open = false;
  #closed = false;
  #queue: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  start(peer: LinkPeer): void {
    this.#peer = peer;
    queueMicrotask(() => this.open());
  }

  /** Opens a session at both ends, if both were joined and none is open. */
  open(): void {
    const ends = [this, this.other].filter((end) => end !== undefined);
    if (ends.some((end) => end.#peer === undefined || end.#open || end.#closed)) return;
    for (const end of ends) end.#open = true;
    for (const end of ends) end.#peer?.opened();
  }

  send(frame: LinkFrame): boolean {
    if (!this.#open) return true;
    this.sent.push(frame);
    this.#queue.push(JSON.stringify(frame));
    if (this.#queue.length === 1) queueMicrotask(() => this.#flush());
    return !this.slow;
  }

  /** The other side has caught up. */
  drain(): void {
    this.slow = false;
    this.#flush();
    this.#peer?.drained();
  }

  #flush(): void {
    if (this.slow || !this.#open) return;
    const frames = this.#queue.map((text): LinkFrame => JSON.parse(text));
    this.#queue = [];
    if (frames.length > 0) this.other?.deliver(frames);
  }

  /** Frames arrive at this end. Returns the error that they cause, which also ends the session. */
  deliver(frames: readonly LinkFrame[]): unknown {
    try {
      this.#peer?.received(frames);
      return undefined;
    } catch (error) {
      this.break(error as SwitchboardError);
      return error;
    }
  }

  /** Ends the session at both ends. */
  break(error: SwitchboardError = new LinkError("LINK_LOST", `${this.name}: cut by the test`)): void {
    this.#end(error);
    if (this.other !== undefined)
      this.other.#end(new LinkError("LINK_LOST", `${this.other.name}: the other side has gone`));
  }

  #end(error: SwitchboardError): void {
    if (!this.#open) return;
    this.#open = false;
    this.#queue = [];
    this.lostWith = error;
    this.#peer?.lost(error);
  }

  reset(error: SwitchboardError): void {
    this.break(error);
  }

  async close(): Promise<void> {
    this.#flush();
    this.#closed = true;
    this.break(new LinkError("LINK_CLOSED", `${this.name} was closed`));
  }
}

/** Two ends that open as soon as both have been joined. */
export function linkPair(name = "link"): [TestLink, TestLink] {
  const a = new TestLink(`${name} a`);
  const b = new TestLink(`${name} b`);
  a.other = b;
  b.other = a;
  return [a, b];
}
