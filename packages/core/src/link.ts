// The contract between a dispatcher and whatever carries its frames to another process.
// Implementations live in `@switchboard/links`; every one of them runs the suite exported from `@switchboard/links/testing`.
// The protocol spoken over a link (hello, announcements, messages, replies) is the dispatcher's business, not the link's.

import type { SwitchboardError } from "./errors.ts";

/** One protocol frame: a plain JSON value. Its shape is the dispatcher's business; a link only carries it. */
export type LinkFrame = unknown;

/**
 * The dispatcher's end of a link: what an implementation calls.
 *
 * A link has *sessions*: from `opened` to `lost` is one. Frames of one session arrive in sending order, each at most once;
 * nothing of an old session arrives in a new one.
 */
export interface LinkPeer {
  /** A session is up; the dispatcher answers by sending its hello. */
  opened(): void;
  /**
   * Frames have arrived, untrusted and in order.
   *
   * @throws {LinkError} when a frame breaks the protocol; the link must then close this session with that error.
   */
  received(frames: readonly LinkFrame[]): void;
  /** There is room again after `send` returned false. */
  drained(): void;
  /** The session is over. The dispatcher settles everything that waited on it. */
  lost(error: SwitchboardError): void;
}

/**
 * Carries frames to one other dispatcher.
 *
 * 1. MUST call `opened` before the first `received` of a session, and `lost` exactly once at its end, whatever ended it.
 * 2. MUST deliver the frames of a session in order, each at most once, and MUST NOT deliver after `lost`.
 * 3. MUST NOT call the peer from inside `send` or `start`.
 * 4. MUST batch the frames sent within one turn of the event loop when many wait, and flush at once when few do.
 * 5. MUST bound what waits: `send` returns false above the high-water mark, and the session is closed with
 *    LINK_CONGESTED above the hard limit.
 * 6. MUST close the session with a coded error on garbage, oversized or truncated input, and hurt nothing else.
 * 7. A link that connects (rather than accepts) MUST reconnect with backoff and jitter until `close`.
 * 8. `close` MUST flush what was sent before, end the session, and never call the peer again after its `lost`.
 */
export interface Link {
  /** For people and logs: `tcp 127.0.0.1:4000`, `worker 3`. Never contains a secret. */
  readonly name: string;
  /** True when it opens again by itself after a loss. A link without it is over, and forgotten, once it is lost. */
  readonly reconnects?: boolean;
  /** Begins to connect. Called once, by the dispatcher that joins the link. */
  start(peer: LinkPeer): void;
  /**
   * Queues one frame of the current session. Outside a session the frame is discarded (its sender has been told by `lost`).
   *
   * Returns false when the other side is slow; the dispatcher then holds its senders back until `drained`.
   *
   * @throws {LinkError} LINK_FRAME_INVALID when the frame is not plain JSON data or too large; the session goes on without it.
   */
  send(frame: LinkFrame): boolean;
  /** Ends the session at once with `error`, as if the connection had broken. A connecting link reconnects. */
  reset(error: SwitchboardError): void;
  /** Flushes, ends the session and never reconnects. Idempotent; resolves when every resource is released. */
  close(): Promise<void>;
}
