// What links can be told: the options as given, and as resolved once at the door. Code past the door sees only the resolved ones.

import { type Clock, LinkError, type Logger, silentLogger, systemClock } from "@switchboard/core";

/** What every kind of link can be told. */
export interface LinkOptions {
  /** The largest frame, in bytes of JSON: 1_024 to 268_435_456, default 4_194_304. Give both ends the same. */
  readonly maxFrameBytes?: number;
  /** When more than this waits to be sent, `send` returns false. Characters of JSON, at least 1_024, default 1_048_576. */
  readonly highWaterBytes?: number;
  /** When more than this waits, the session ends with LINK_CONGESTED. Characters of JSON, default 16_777_216. */
  readonly maxWaitingBytes?: number;
  /** How long `close` waits for the other side to take what was sent before. Milliseconds, 0 to 600_000, default 5_000. */
  readonly closeTimeoutMs?: number;
  /** Default the host's clock. */
  readonly clock?: Clock;
  /** Is told of sessions, of failed attempts to connect and of whom a listener turned away. Default nobody. */
  readonly logger?: Logger;
}

/** How a link comes back after its session was lost. */
export interface ReconnectOptions {
  /** The first pause, milliseconds, 1 to 3_600_000, default 100. Each further one is twice as long, and shortened at random by up to half. */
  readonly reconnectMinMs?: number;
  /** The longest pause, milliseconds, default 30_000. */
  readonly reconnectMaxMs?: number;
  /** A number from 0 up to 1, default `Math.random`. */
  readonly random?: () => number;
}

/** What the socket links can be told besides. */
export interface SocketOptions extends LinkOptions {
  /** After this long without a sign of life the other side is asked for one; after as long again the session is lost. Milliseconds, default 15_000. */
  readonly heartbeatMs?: number;
  /** How long connecting, TLS and proving the secret may take together. Milliseconds, default 5_000. */
  readonly handshakeTimeoutMs?: number;
  /** Frames taken per second; after that the socket is not read until the second is over, so that the other side slows down. Default no limit. */
  readonly maxFramesPerSecond?: number;
}

export type ResolvedLinkOptions = Required<LinkOptions>;
export type ResolvedReconnectOptions = Required<ReconnectOptions>;
export type ResolvedSocketOptions = Required<SocketOptions>;

/** Fills in defaults. @throws {LinkError} LINK_OPTION_INVALID. */
export function resolveLinkOptions(options: LinkOptions): ResolvedLinkOptions {
  const maxFrameBytes = inRange("maxFrameBytes", options.maxFrameBytes ?? 4_194_304, [1024, 268_435_456]);
  const maxWaitingBytes = options.maxWaitingBytes ?? Math.max(16_777_216, maxFrameBytes);
  return {
    maxFrameBytes,
    maxWaitingBytes: inRange("maxWaitingBytes", maxWaitingBytes, [maxFrameBytes, 2 ** 40]),
    highWaterBytes: inRange("highWaterBytes", options.highWaterBytes ?? Math.min(1_048_576, maxWaitingBytes), [
      1024,
      maxWaitingBytes,
    ]),
    closeTimeoutMs: inRange("closeTimeoutMs", options.closeTimeoutMs ?? 5000, [0, 600_000]),
    clock: options.clock ?? systemClock,
    logger: options.logger ?? silentLogger,
  };
}

/** Fills in defaults. @throws {LinkError} LINK_OPTION_INVALID. */
export function resolveReconnectOptions(options: ReconnectOptions): ResolvedReconnectOptions {
  const reconnectMinMs = inRange("reconnectMinMs", options.reconnectMinMs ?? 100, [1, 3_600_000]);
  const reconnectMaxMs = options.reconnectMaxMs ?? Math.max(30_000, reconnectMinMs);
  return {
    reconnectMinMs,
    reconnectMaxMs: inRange("reconnectMaxMs", reconnectMaxMs, [reconnectMinMs, 86_400_000]),
    random: options.random ?? Math.random,
  };
}

/** Fills in defaults. @throws {LinkError} LINK_OPTION_INVALID. */
export function resolveSocketOptions(options: SocketOptions): ResolvedSocketOptions {
  return {
    ...resolveLinkOptions(options),
    heartbeatMs: inRange("heartbeatMs", options.heartbeatMs ?? 15_000, [10, 86_400_000]),
    handshakeTimeoutMs: inRange("handshakeTimeoutMs", options.handshakeTimeoutMs ?? 5000, [10, 600_000]),
    maxFramesPerSecond:
      options.maxFramesPerSecond === undefined || options.maxFramesPerSecond === Infinity
        ? Infinity
        : inRange("maxFramesPerSecond", options.maxFramesPerSecond, [1, Number.MAX_SAFE_INTEGER]),
  };
}

/** Returns `value` if it is a whole number in the range. @throws {LinkError} LINK_OPTION_INVALID. */
export function inRange(name: string, value: number, [min, max]: readonly [min: number, max: number]): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new LinkError("LINK_OPTION_INVALID", `${name} must be a whole number from ${min} to ${max}, got ${value}`);
}
