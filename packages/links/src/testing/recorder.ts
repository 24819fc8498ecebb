// The near end's peer in the contract suite: writes down what a link does, and lets a test wait for it.

import type { LinkFrame, LinkPeer, SwitchboardError } from "@switchboard/core";

/** Writes down the calls of a link. */
export class Recorder implements LinkPeer {
  /** `opened`, `received`, `drained` or `lost <CODE>`, in order. */
  readonly events: string[] = [];
  /** Everything received, over all sessions. */
  readonly frames: LinkFrame[] = [];
  readonly errors: SwitchboardError[] = [];
  /** What the link did against its contract; empty if it kept it. */
  readonly faults: string[] = [];
  /** Called with each frame; what it throws is thrown to the link. */
  onFrame: (frame: LinkFrame) => void = () => undefined;
  #open = false;
  #calling: string | undefined;
  #waiting = new Set<() => void>();

  opened(): void {
    if (this.#open) this.faults.push("opened twice");
    this.#open = true;
    this.#note("opened");
  }

  received(frames: readonly LinkFrame[]): void {
    if (!this.#open) this.faults.push("received outside of a session");
    this.frames.push(...frames);
    this.#note("received");
    for (const frame of frames) this.onFrame(frame);
  }

  drained(): void {
    if (!this.#open) this.faults.push("drained outside of a session");
    this.#note("drained");
  }

  lost(error: SwitchboardError): void {
    if (!this.#open) this.faults.push("lost outside of a session");
    this.#open = false;
    this.errors.push(error);
    this.#note(`lost ${error.code}`);
  }

  /** Runs `call`, and notes it as a fault if the link calls back from inside it. */
  during<Result>(name: string, call: () => Result): Result {
    this.#calling = name;
    try {
      return call();
    } finally {
      this.#calling = undefined;
    }
  }

  /** Resolves when `condition` holds, looking after each call of the link. */
  async when(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }

  /** How often something has happened. */
  count(event: string): number {
    return this.events.filter((each) => each === event).length;
  }

  #note(event: string): void {
    if (this.#calling !== undefined) this.faults.push(`${event} inside ${this.#calling}`);
    this.events.push(event);
    for (const resume of this.#waiting) resume();
    this.#waiting.clear();
  }
}
