// Two ends of a link in one process, under the test's control: frames cross as JSON text when the test (or a microtask) lets them.

import { type Link, LinkError, type LinkFrame, type LinkPeer, type SwitchboardError } from "@switchboard/core";

/** One end. */
export class TestLink implements Link {
  readonly name: string;
  readonly reconnects = true;
  /** What this end has sent, oldest first. */
  readonly sent: LinkFrame[] = [];
  /** While true, `send` takes frames but returns false, and they do not move. */
  slow = false;
  other: TestLink | undefined;
  #peer: LinkPeer | undefined;
  #open = false;
  #queue: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  start(peer: LinkPeer): void {
    this.#peer = peer;
    if (this.other !== undefined && this.other.#peer !== undefined) queueMicrotask(() => this.open());
  }

  /** Opens a session at both ends. */
  open(): void {
    const ends = [this, this.other].filter((end) => end !== undefined);
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

  /** Ends the slowness. */
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

  /** Frames arrive at this end. Returns the error that they caused, which also ends the session. */
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
    for (const end of [this, this.other]) {
      if (end === undefined || !end.#open) continue;
      end.#open = false;
      end.#queue = [];
      end.#peer?.lost(error);
    }
  }

  reset(error: SwitchboardError): void {
    this.break(error);
  }

  async close(): Promise<void> {
    this.#flush();
    this.break(new LinkError("LINK_CLOSED", `${this.name} was closed`));
  }
}

/** Two ends that open as soon as both have been joined. */
export function linkPair(name = "test"): [TestLink, TestLink] {
  const a = new TestLink(`${name} a`);
  const b = new TestLink(`${name} b`);
  a.other = b;
  b.other = a;
  return [a, b];
}
