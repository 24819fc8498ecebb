// Two linked ends in one process, with the faults that pipes have: the twin of the real links for tests that open no port.

import { LinkError, type Link } from "@switchboard/core";
import type { PipeLinkOptions } from "../ipc.ts";
import { resolveLinkOptions, resolveReconnectOptions } from "../options.ts";
import type { MessagePipe, PipeHandlers } from "../pipe/message-pipe.ts";
import { PipeLink } from "../pipe/pipe-link.ts";

/** Both ends of a link in memory, and its faults. */
export interface MemoryLinkPair {
  readonly near: Link;
  readonly far: Link;
  /** Breaks the session: both ends lose it and what was on its way, and then open another. */
  cut(): void;
  /** Lets nothing arrive at either end until {@link MemoryLinkPair.heal}. */
  stall(): void;
  /** Lets everything arrive that was held back. */
  heal(): void;
  /** Ends the pipe for good, as when the other process dies. */
  kill(): void;
  /** Lets `message` arrive at the near end as if the far one had posted it. */
  inject(message: unknown): void;
}

/**
 * Returns two ends that are linked to each other. They work as real ones do: frames travel as text and arrive in a later turn of the
 * event loop.
 *
 * @throws {LinkError} LINK_OPTION_INVALID.
 */
export function memoryLinkPair(options: PipeLinkOptions = {}): MemoryLinkPair {
  const resolved = { ...resolveLinkOptions(options), ...resolveReconnectOptions(options) };
  const weather: Weather = { stalled: false };
  const nearPipe = new MemoryPipe("memory near", weather);
  const farPipe = new MemoryPipe("memory far", weather);
  nearPipe.other = farPipe;
  farPipe.other = nearPipe;
  const near = new PipeLink({ ...resolved, pipe: nearPipe });
  const far = new PipeLink({ ...resolved, pipe: farPipe });
  return {
    near,
    far,
    cut() {
      const error = new LinkError("LINK_LOST", "the memory link was cut");
      near.reset(error);
      far.reset(error);
      nearPipe.drop();
      farPipe.drop();
    },
    stall() {
      weather.stalled = true;
    },
    heal() {
      weather.stalled = false;
      nearPipe.deliverSoon();
      farPipe.deliverSoon();
    },
    kill() {
      nearPipe.die();
      farPipe.die();
    },
    inject: (message) => nearPipe.take(message),
  };
}

interface Weather {
  stalled: boolean;
}

/** One end: what was posted at the other waits here for the next turn. */
class MemoryPipe implements MessagePipe {
  readonly name: string;
  readonly carries = "text";
  other: MemoryPipe | undefined;
  readonly #weather: Readonly<Weather>;
  #handlers: PipeHandlers | undefined;
  #arriving: unknown[] = [];
  #scheduled = false;
  #dead = false;

  constructor(name: string, weather: Readonly<Weather>) {
    this.name = name;
    this.#weather = weather;
  }

  open(handlers: PipeHandlers): void {
    this.#handlers = handlers;
    this.deliverSoon();
  }

  post(message: unknown): void {
    this.other?.take(message);
  }

  close(): void {
    this.#handlers = undefined;
  }

  take(message: unknown): void {
    if (this.#dead) return;
    this.#arriving.push(message);
    this.deliverSoon();
  }

  drop(): void {
    this.#arriving = [];
  }

  die(): void {
    this.#dead = true;
    this.drop();
    setImmediate(() => this.#handlers?.gone("the memory pipe was ended"));
  }

  deliverSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    while (this.#handlers !== undefined && !this.#weather.stalled) {
      if (this.#arriving.length === 0) break;
      this.#handlers.received(this.#arriving.shift());
    }
  }
}
