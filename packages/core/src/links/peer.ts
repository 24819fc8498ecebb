// One joined link: its session from hello to loss, and what waits while the other side is slow.
// What frames mean is the exchange's business.

import { LinkError, QueueFullError, type SwitchboardError } from "../errors.ts";
import { Fifo } from "../fifo.ts";
import type { Link, LinkFrame, LinkPeer } from "../link.ts";
import { type Frame, helloFrame, kind, malformed, readHello, refusal } from "./frames.ts";

/** What a peer needs of the exchange. */
export interface PeerOffice {
  readonly processId: string;
  readonly maxQueued: number;
  /** A neighbour has said hello. @throws {LinkError} LINK_PROTOCOL to refuse it. */
  greeted(peer: Peer): void;
  opened(peer: Peer): void;
  /** What the neighbour has to be told first, frame by frame as there is room. */
  announcements(peer: Peer): Iterator<Frame>;
  handle(peer: Peer, frame: Frame): void;
  /** The session is over. */
  lost(peer: Peer, error: SwitchboardError): void;
}

interface Held {
  readonly frame: Frame;
  readonly handedOver: ((error?: unknown) => void) | undefined;
}

export class Peer implements LinkPeer {
  readonly link: Link;
  /** The neighbour's process id; empty until it has said hello. */
  processId = "";
  /** Counts what this neighbour has announced, to bound it. */
  announced = 0;
  readonly #office: PeerOffice;
  readonly #joined: { resolve(): void; reject(error: unknown): void };
  #state: "closed" | "opened" | "greeted" | "broken" = "closed";
  #hasRoom = true;
  #held = new Fifo<Held>();
  #announcements: Iterator<Frame> | undefined;

  constructor(link: Link, office: PeerOffice, joined: { resolve(): void; reject(error: unknown): void }) {
    this.link = link;
    this.#office = office;
    this.#joined = joined;
  }

  /** Whether hellos were exchanged, so that frames may be sent. */
  get greeted(): boolean {
    return this.#state === "greeted";
  }

  /** Whether a frame would leave at once. */
  get hasRoom(): boolean {
    return this.#hasRoom && this.#held.length === 0;
  }

  opened(): void {
    this.#office.opened(this);
    this.#state = "opened";
    this.#hasRoom = true;
    this.#write(helloFrame(this.#office.processId));
  }

  received(frames: readonly LinkFrame[]): void {
    try {
      for (const frame of frames) this.#receive(frame);
    } catch (error) {
      const problem =
        error instanceof LinkError
          ? error
          : new LinkError("LINK_PROTOCOL", `${this.link.name}: bad frame`, { cause: error });
      const isStranger = this.#state === "opened";
      this.#state = "broken";
      if (!isStranger) throw problem;
      // Told why, so that its operator need not guess; the session ends once that frame has been taken away.
      this.#write([kind.refused, problem.message]);
      void Promise.resolve().then(() => this.link.reset(problem));
    }
  }

  #receive(frame: LinkFrame): void {
    if (this.#state !== "opened" && this.#state !== "greeted") return;
    if (!Array.isArray(frame)) throw malformed("link");
    if (frame[0] === kind.refused) throw refusal(frame);
    if (this.#state === "opened") this.#greet(frame);
    else if (frame[0] === kind.ready) this.#joined.resolve();
    else this.#office.handle(this, frame);
  }

  #greet(frame: Frame): void {
    this.processId = readHello(frame);
    this.#office.greeted(this);
    this.#state = "greeted";
    this.#announcements = this.#office.announcements(this);
    this.drained();
  }

  /**
   * Sends a frame, or holds it while the other side is slow. Returns false when held; `handedOver` is then called once it has
   * left, or with an error if it never will.
   *
   * @throws {QueueFullError} KERNEL_QUEUE_FULL when too many are held.
   */
  post(frame: Frame, handedOver?: (error?: unknown) => void): boolean {
    if (this.hasRoom) {
      this.#write(frame);
      return true;
    }
    if (this.#held.length >= this.#office.maxQueued) {
      throw new QueueFullError(`${this.link.name} is slow: ${this.#held.length} frames wait already`);
    }
    this.#held.push({ frame, handedOver });
    return false;
  }

  /**
   * Like `post`, for what must not get lost: rather than drop it, the session is given up. For a frame that the link cannot carry
   * (LINK_FRAME_INVALID), the one that `instead` makes of the error is sent.
   */
  mustPost(frame: Frame, instead?: (error: LinkError) => Frame): void {
    try {
      if (this.hasRoom) this.#write(frame);
      else this.post(frame, (error) => this.#notPosted(error, instead));
    } catch (error) {
      this.#notPosted(error, instead);
    }
  }

  #notPosted(error: unknown, instead: ((error: LinkError) => Frame) | undefined): void {
    if (error instanceof QueueFullError) this.link.reset(new LinkError("LINK_CONGESTED", error.message));
    else if (!(error instanceof LinkError) || error.code !== "LINK_FRAME_INVALID") return;
    else if (instead === undefined) this.link.reset(error);
    else this.mustPost(instead(error));
  }

  drained(): void {
    this.#hasRoom = true;
    while (this.#hasRoom) {
      const held = this.#held.shift();
      if (held === undefined) break;
      try {
        this.#write(held.frame);
      } catch (error) {
        held.handedOver?.(error);
        continue;
      }
      held.handedOver?.();
    }
    while (this.#hasRoom && this.#announcements !== undefined) {
      const { done, value } = this.#announcements.next();
      if (done === true) this.#announcements = undefined;
      else this.mustPost(value);
    }
  }

  lost(error: SwitchboardError): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#announcements = undefined;
    this.announced = 0;
    const held = this.#held;
    this.#held = new Fifo();
    for (let next = held.shift(); next !== undefined; next = held.shift()) next.handedOver?.(error);
    this.#office.lost(this, error);
    if (this.link.reconnects !== true) this.#joined.reject(error);
  }

  #write(frame: Frame): void {
    this.#hasRoom = this.link.send(frame);
  }
}
