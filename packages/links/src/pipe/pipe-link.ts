// A link over a message pipe that exists already: IPC, worker threads, memory. Either end may start first; a session begins when both
// have said so, and after a reset a new one is agreed on. When the pipe itself is gone, or the other end is closed, the link is over.

import { type Link, LinkError, type LinkFrame, type LinkPeer, type SwitchboardError } from "@switchboard/core";
import { Backoff } from "../backoff.ts";
import { decode, excerpt } from "../codec.ts";
import { asSwitchboardError, closedHere } from "../link-errors.ts";
import type { ResolvedLinkOptions, ResolvedReconnectOptions } from "../options.ts";
import { maxBatchBytes, Outbox } from "../outbox.ts";
import { type Batch, type Control, type MessagePipe, ours, readBatch, readControl } from "./message-pipe.ts";

export interface PipeLinkOptions extends ResolvedLinkOptions, ResolvedReconnectOptions {
  readonly pipe: MessagePipe;
}

/** What may be on its way, in characters of batches; more is handed over when some was confirmed. */
const windowChars = 262_144;
/** After so many characters the receiver confirms them; fewer are not counted as waiting. */
const confirmChars = 65_536;

/** Joins two dispatchers over a message pipe. */
export class PipeLink implements Link {
  readonly name: string;
  readonly #options: PipeLinkOptions;
  readonly #pipe: MessagePipe;
  readonly #backoff: Backoff;
  readonly #maxBatchChars: number;
  #peer: LinkPeer | undefined;
  #outbox: Outbox<Batch[0]> | undefined;
  #state: "new" | "opening" | "open" | "pausing" | "closing" | "over" = "new";
  /** This end's number of the session, fresh for each. */
  #mine = 0;
  #theirs: number | undefined;
  /** The number that `ready` was said to. */
  #answered: number | undefined;
  #onItsWay = 0;
  #toConfirm = 0;
  #whenOver: () => void = () => undefined;

  constructor(options: PipeLinkOptions) {
    this.name = options.pipe.name;
    this.#options = options;
    this.#pipe = options.pipe;
    this.#backoff = new Backoff(options.clock, options);
    this.#maxBatchChars = maxBatchBytes(options.maxFrameBytes);
  }

  /** As long as its pipe is there and its other end was not closed. */
  get reconnects(): boolean {
    return this.#state !== "over" && this.#state !== "closing";
  }

  start(peer: LinkPeer): void {
    if (this.#state !== "new") return;
    this.#peer = peer;
    this.#pipe.open({
      received: (message) => this.#onMessage(ours(message)),
      gone: (reason) => this.#onGone(reason),
    });
    this.#propose();
  }

  send(frame: LinkFrame): boolean {
    if (this.#state !== "open" || this.#outbox === undefined) return true;
    return this.#outbox.push(frame);
  }

  reset(error: SwitchboardError): void {
    if (this.#state !== "open") return;
    this.#say({ kind: "end", mine: this.#mine, final: false });
    this.#tryAgain(error);
  }

  async close(): Promise<void> {
    if (this.#state === "closing" || this.#state === "over") return;
    const wasOpen = this.#state === "open";
    this.#state = "closing";
    this.#backoff.cancel();
    if (wasOpen) {
      this.#postAll();
      this.#say({ kind: "end", mine: this.#mine, final: true });
      const ended = this.#otherEndAnswers();
      this.#endSession(closedHere());
      await ended;
    }
    this.#finish();
  }

  #propose(): void {
    this.#beginOpening();
    this.#say({ kind: "open", mine: this.#mine });
  }

  #beginOpening(): void {
    this.#state = "opening";
    this.#mine = Math.floor(this.#options.random() * 2 ** 48);
    this.#theirs = undefined;
    this.#answered = undefined;
  }

  #onMessage(value: unknown): void {
    if (value === undefined || this.#state === "over") return;
    const control = readControl(value);
    if (control !== undefined) this.#onControl(control);
    else if (this.#state === "open") this.#onTraffic(value);
    // Otherwise it belongs to a session that is over.
  }

  #onControl(control: Control): void {
    switch (control.kind) {
      case "open":
        return this.#onOpen(control.mine);
      case "ready":
        if (this.#state === "opening" && control.theirs === this.#mine) this.#onReady(control.mine);
        return;
      case "end":
        if (this.#state === "closing") {
          if (control.final) this.#whenOver();
        } else if (this.#state === "open" && control.mine === this.#theirs) this.#onEnd(control.final);
    }
  }

  #onOpen(theirs: number): void {
    if (this.#state === "open") this.#tryAgain(new LinkError("LINK_LOST", "the other side began a new session"));
    if (this.#state === "pausing") {
      this.#backoff.cancel();
      this.#beginOpening();
    }
    if (this.#state !== "opening") return;
    this.#answered = theirs;
    this.#say({ kind: "ready", mine: this.#mine, theirs });
  }

  #onReady(theirs: number): void {
    if (this.#answered !== theirs) this.#say({ kind: "ready", mine: this.#mine, theirs });
    this.#theirs = theirs;
    this.#state = "open";
    this.#onItsWay = 0;
    this.#toConfirm = 0;
    this.#outbox = new Outbox({
      ...this.#options,
      sink: {
        pack: (frames) => (this.#pipe.carries === "text" ? JSON.stringify(frames) : frames),
        write: (batch, chars) => this.#write(batch, chars),
        heldBytes: () => Math.max(0, this.#onItsWay - confirmChars),
      },
      onDrained: () => this.#peer?.drained(),
      onFailed: (error) => this.reset(error),
    });
    this.#backoff.succeeded();
    this.#options.logger.info({ link: this.name }, "link up");
    this.#peer?.opened();
  }

  #onEnd(final: boolean): void {
    if (!final) {
      this.#tryAgain(new LinkError("LINK_LOST", "the other side ended the session"));
      return;
    }
    this.#say({ kind: "end", mine: this.#mine, final: true });
    this.#finish();
    this.#endSession(new LinkError("LINK_LOST", "the other side closed the link"));
  }

  #onGone(reason: string): void {
    const wasOpen = this.#state === "open";
    this.#backoff.cancel();
    this.#finish();
    this.#whenOver();
    if (wasOpen) this.#endSession(new LinkError("LINK_LOST", reason));
  }

  #onTraffic(value: unknown): void {
    try {
      const batch = readBatch(value);
      if (batch !== undefined) this.#onBatch(batch);
      else if (typeof value === "number") this.#onConfirmed(value);
      else throw new LinkError("LINK_PROTOCOL", `expected a batch of frames, got ${excerpt(value)}`);
    } catch (error) {
      // The peer may have sent why, just before.
      this.#postAll();
      this.reset(asSwitchboardError(error));
    }
  }

  #onBatch([content, chars]: Batch): void {
    if (content.length > this.#maxBatchChars) {
      throw new LinkError("LINK_PROTOCOL", `a batch may have ${this.#maxBatchChars} characters, got ${content.length}`);
    }
    const frames = typeof content === "string" ? decode(content) : content;
    if (!Array.isArray(frames)) {
      throw new LinkError("LINK_PROTOCOL", `expected an array of frames, got ${excerpt(content)}`);
    }
    this.#toConfirm += chars;
    if (this.#toConfirm >= confirmChars) {
      this.#pipe.post({ switchboard: this.#toConfirm });
      this.#toConfirm = 0;
    }
    this.#peer?.received(frames);
  }

  #onConfirmed(chars: number): void {
    if (!Number.isInteger(chars) || chars < 1 || chars > this.#onItsWay) {
      throw new LinkError("LINK_PROTOCOL", `expected at most ${this.#onItsWay} characters confirmed, got ${chars}`);
    }
    this.#onItsWay -= chars;
    if (this.#onItsWay < windowChars) this.#outbox?.resume();
  }

  #write(batch: Batch[0], chars: number): boolean {
    this.#pipe.post({ switchboard: [batch, chars] });
    this.#onItsWay += chars;
    return this.#onItsWay < windowChars;
  }

  #postAll(): void {
    try {
      for (const batch of this.#outbox?.takeAll() ?? []) this.#pipe.post({ switchboard: [batch, 0] });
    } catch (error) {
      // A frame was changed after it was sent. The session ends now, which is all that could be done about it.
      this.#options.logger.warn({ link: this.name, reason: String(error) }, "last frames not sent");
    }
  }

  #say(control: Control): void {
    this.#pipe.post({ switchboard: control });
  }

  /** Ends the session and proposes another after a pause. */
  #tryAgain(error: SwitchboardError): void {
    this.#state = "pausing";
    const delayMs = this.#backoff.retry(() => this.#propose());
    this.#options.logger.debug({ link: this.name, delayMs }, "trying again");
    this.#endSession(error);
  }

  #endSession(error: SwitchboardError): void {
    this.#outbox?.stop();
    this.#outbox = undefined;
    this.#options.logger.info({ link: this.name, code: error.code, reason: error.message }, "link down");
    this.#peer?.lost(error);
  }

  #finish(): void {
    this.#state = "over";
    this.#pipe.close();
  }

  async #otherEndAnswers(): Promise<void> {
    const { clock, closeTimeoutMs } = this.#options;
    await new Promise<void>((resolve) => {
      this.#whenOver = resolve;
      const timer = clock.setTimer(resolve, closeTimeoutMs);
      this.#whenOver = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}
