// The far end of a link in the contract suite, below the level of dispatchers: does what frames from the near end tell it to, and reports
// what it saw. Harnesses run it wherever their far end lives: in this process, a child, a worker.

import { type Link, LinkError, type LinkFrame, type LinkPeer, type SwitchboardError } from "@switchboard/core";

/** What the near end may tell the far one to do. Every other frame is counted; `{ n }` is expected to count up from 0. */
export type FarCommand =
  | { readonly do: "echo"; readonly value: unknown }
  | { readonly do: "burst"; readonly count: number; readonly pad: string }
  | { readonly do: "report" }
  | { readonly do: "reset" }
  | { readonly do: "close" };

/** One session as the far end saw it. */
export interface SessionReport {
  /** How many `{ n }` frames came. */
  readonly counted: number;
  /** How many times frames were handed over, one or many at once. */
  readonly batches: number;
  /** What the link did against its contract; empty if it kept it. */
  readonly faults: readonly string[];
  /** The code of the error it ended with; undefined while it lasts. */
  readonly lost: string | undefined;
}

/** The last session that ended, over all links that were given the same memory. */
export interface FarMemory {
  previous: SessionReport | undefined;
}

/** The peer of a far link. Start the link with it. */
export class FarPeer implements LinkPeer {
  readonly #link: Link;
  readonly #memory: FarMemory;
  #session: { counted: number; batches: number; faults: string[] } | undefined;

  constructor(link: Link, memory: FarMemory) {
    this.#link = link;
    this.#memory = memory;
  }

  opened(): void {
    const faults = this.#session === undefined ? [] : ["opened twice"];
    this.#session = { counted: 0, batches: 0, faults };
  }

  received(frames: readonly LinkFrame[]): void {
    if (this.#session === undefined) throw new LinkError("LINK_PROTOCOL", "received outside of a session");
    this.#session.batches++;
    for (const frame of frames) this.#obey(frame as FarCommand | { readonly n: number });
  }

  drained(): void {
    // The far end sends little and heeds no limit.
  }

  lost({ code }: SwitchboardError): void {
    const session = this.#session ?? { counted: 0, batches: 0, faults: ["lost without a session"] };
    this.#session = undefined;
    this.#memory.previous = { ...session, lost: code };
  }

  #obey(frame: FarCommand | { readonly n: number }): void {
    if (this.#session === undefined) return;
    if ("n" in frame) {
      if (frame.n !== this.#session.counted)
        this.#session.faults.push(`${frame.n} came after ${this.#session.counted}`);
      this.#session.counted = frame.n + 1;
      return;
    }
    switch (frame.do) {
      case "echo":
        this.#link.send({ echo: frame.value });
        return;
      case "burst":
        for (let n = 0; n < frame.count; n++) this.#link.send({ n, pad: frame.pad });
        return;
      case "report":
        this.#link.send({ report: { ...this.#session, previous: this.#memory.previous } });
        return;
      case "reset":
        this.#link.reset(new LinkError("LINK_LOST", "reset by the far end"));
        return;
      case "close":
        void this.#link.close();
    }
  }
}

/** A peer that on each frame `{ raw, times }` calls `post` with that text so often repeated, to be put where a batch would be. */
export function hostilePeer(post: (raw: string) => void): LinkPeer {
  return {
    opened: nothing,
    received: (frames) => {
      for (const frame of frames) post(hostileText(frame));
    },
    drained: nothing,
    lost: nothing,
  };
}

function nothing(): void {}

/** What a frame `{ raw, times }` asks for; to anything else, such as a dispatcher's hello, a batch that means nothing. */
export function hostileText(frame: LinkFrame): string {
  const { raw, times } = frame as { readonly raw?: string; readonly times: number };
  return raw === undefined ? '[{"hello":"?"}]' : raw.repeat(times);
}
