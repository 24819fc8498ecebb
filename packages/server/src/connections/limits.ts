// How much one client may take of the server. Every limit has a default; the configuration changes them.

/** Limits as they may be given. */
export interface LimitOptions {
  /** Longest frame from a client, default 16 MiB. Longer ones close the connection. */
  readonly maxFrameBytes?: number;
  /** Longest frame before login, default 64 KiB. */
  readonly maxFrameBytesBeforeLogin?: number;
  /** Frames per second, default 200_000. Whoever sends more is read more slowly. */
  readonly maxFramesPerSecond?: number;
  /** Frames per second before login, default 100. Whoever sends more is disconnected. */
  readonly maxFramesPerSecondBeforeLogin?: number;
  /** Calls in flight on one connection, default 256. More get EBUSY. */
  readonly maxOpenCalls?: number;
  /** Calls per second of one user, on all of its connections together. More get EAGAIN. Default without limit. */
  readonly maxCallsPerSecond?: number | undefined;
  /** Event masks of one connection, default 1_000. */
  readonly maxMasks?: number;
  /** Connections, default 10_000. */
  readonly maxConnections?: number;
  /** Connections from one remote address (IPv6: one /64 network), default 200. Local ones are not limited. */
  readonly maxConnectionsPerAddress?: number;
  /** Bytes that may wait for a client which does not read: over it no more frames are read from it, default 1 MiB. */
  readonly slowClientBytes?: number;
  /** Bytes that may wait for a client at most, default 64 MiB. Over it the connection is cut. */
  readonly maxBufferedBytes?: number;
  /** Items of a stream that are collected into one answer, or kept for a `view`, at most: default 100_000. */
  readonly maxCollectedItems?: number;
  /** Calls that wait for a service to be resumed, default 1_000 for each service. More get EBUSY. */
  readonly maxWaitingCalls?: number;
  /** A connection without login is closed after so many milliseconds, default 60_000. */
  readonly loginTimeoutMs?: number;
  /** Ping interval of WebSockets in milliseconds, default 30_000. A client that misses two is cut. */
  readonly pingIntervalMs?: number;
}

/** Limits with nothing left open. */
export type Limits = Required<Omit<LimitOptions, "maxCallsPerSecond">> & Pick<LimitOptions, "maxCallsPerSecond">;

/** Fills in the defaults. */
export function resolveLimits(options: LimitOptions = {}): Limits {
  return {
    maxFrameBytes: 16 * 2 ** 20,
    maxFrameBytesBeforeLogin: 64 * 2 ** 10,
    maxFramesPerSecond: 200_000,
    maxFramesPerSecondBeforeLogin: 100,
    maxOpenCalls: 256,
    maxMasks: 1_000,
    maxConnections: 10_000,
    maxConnectionsPerAddress: 200,
    slowClientBytes: 2 ** 20,
    maxBufferedBytes: 64 * 2 ** 20,
    maxCollectedItems: 100_000,
    maxWaitingCalls: 1_000,
    loginTimeoutMs: 60_000,
    pingIntervalMs: 30_000,
    ...options,
  };
}
