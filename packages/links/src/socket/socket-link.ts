// The two kinds of socket link: one that connects, and connects again, and one that a listener accepted and that ends with its connection.

import type { Socket } from "node:net";
import type { Link, LinkFrame, LinkPeer, SwitchboardError } from "@switchboard/core";
import { Backoff } from "../backoff.ts";
import type { ResolvedReconnectOptions, ResolvedSocketOptions } from "../options.ts";
import { SocketSession } from "./socket-session.ts";

export interface ConnectingLinkOptions extends ResolvedSocketOptions, ResolvedReconnectOptions {
  readonly name: string;
  readonly secret: string;
  /** Begins one connection. */
  readonly dial: () => Socket;
}

/** Connects until it is closed. */
export class ConnectingLink implements Link {
  readonly name: string;
  readonly #options: ConnectingLinkOptions;
  readonly #backoff: Backoff;
  #peer: LinkPeer | undefined;
  #session: SocketSession | undefined;
  #open = false;
  #closed = false;

  constructor(options: ConnectingLinkOptions) {
    this.name = options.name;
    this.#options = options;
    this.#backoff = new Backoff(options.clock, options);
  }

  /** Until it is closed. */
  get reconnects(): boolean {
    return !this.#closed;
  }

  start(peer: LinkPeer): void {
    this.#peer = peer;
    this.#connect();
  }

  send(frame: LinkFrame): boolean {
    return this.#open && this.#session !== undefined ? this.#session.send(frame) : true;
  }

  reset(error: SwitchboardError): void {
    if (this.#open) this.#session?.fail(error);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#backoff.cancel();
    await this.#session?.close();
  }

  #connect(): void {
    if (this.#closed) return;
    const { name, dial, logger } = this.#options;
    this.#session = new SocketSession({
      ...this.#options,
      socket: dial(),
      role: "connect",
      handlers: {
        opened: () => {
          this.#open = true;
          this.#backoff.succeeded();
          logger.info({ link: name }, "link up");
          this.#peer?.opened();
        },
        received: (frames) => this.#peer?.received(frames),
        drained: () => this.#peer?.drained(),
        ended: (error) => this.#ended(error),
      },
    });
  }

  #ended(error: SwitchboardError): void {
    const { name, logger } = this.#options;
    const wasOpen = this.#open;
    this.#open = false;
    logger.info({ link: name, code: error.code, reason: error.message }, wasOpen ? "link down" : "cannot connect");
    if (!this.#closed) {
      const delayMs = this.#backoff.retry(() => this.#connect());
      logger.debug({ link: name, delayMs }, "trying again");
    }
    if (wasOpen) this.#peer?.lost(error);
  }
}

export interface AcceptedLinkOptions extends ResolvedSocketOptions {
  readonly name: string;
  readonly secret: string;
  readonly socket: Socket;
  /** Gets the link when the other side has proved that it knows the secret. */
  readonly onReady: (link: AcceptedLink) => void;
  /** It never became a link, or is over. */
  readonly onEnd: () => void;
}

/** Lives as long as the connection it was made from. */
export class AcceptedLink implements Link {
  readonly name: string;
  readonly #session: SocketSession;
  #peer: LinkPeer | undefined;
  #state: "waiting" | "open" | "over" = "waiting";
  #error: SwitchboardError | undefined;

  constructor(options: AcceptedLinkOptions) {
    const { name, logger, onReady, onEnd } = options;
    this.name = name;
    this.#session = new SocketSession({
      ...options,
      role: "accept",
      handlers: {
        opened: () => {
          // Nothing is read until there is somebody to give it to.
          this.#session.pause();
          onReady(this);
        },
        received: (frames) => this.#peer?.received(frames),
        drained: () => this.#peer?.drained(),
        ended: (error) => {
          logger.info({ link: name, code: error.code, reason: error.message }, "link down");
          this.#error = error;
          onEnd();
          this.#end(error);
        },
      },
    });
  }

  start(peer: LinkPeer): void {
    this.#peer = peer;
    process.nextTick(() => this.#begin(peer));
  }

  send(frame: LinkFrame): boolean {
    return this.#state === "open" ? this.#session.send(frame) : true;
  }

  reset(error: SwitchboardError): void {
    this.#session.fail(error);
  }

  async close(): Promise<void> {
    if (this.#state === "waiting") this.#state = "over";
    await this.#session.close();
  }

  #begin(peer: LinkPeer): void {
    if (this.#state !== "waiting") return;
    this.#state = "open";
    peer.opened();
    // It may have ended before it was started, or just now.
    if (this.#error === undefined) this.#session.resume();
    else this.#end(this.#error);
  }

  #end(error: SwitchboardError): void {
    if (this.#state !== "open") return;
    this.#state = "over";
    this.#peer?.lost(error);
  }
}
