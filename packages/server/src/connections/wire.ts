// What a connection needs of its socket, whatever kind it is, and what is known of the one at the other end.

/** Carries frames. Implemented for WebSockets, Unix sockets and, for tests, in memory. */
export interface Wire {
  /** Sends one frame: its text, or the UTF-8 bytes of it. Does nothing after the wire has closed. */
  send(frame: string | Uint8Array): void;
  /** Bytes that were sent and that the peer has not taken. */
  readonly bufferedBytes: number;
  /** Whether the peer gets to see the code with which it is closed. */
  readonly hasCloseCodes: boolean;
  /** Stops reading from the peer, for example because it does not read itself. */
  pause(): void;
  resume(): void;
  /** Closes after what was sent. The reason is for people; the code is one of WebSocket's. */
  close(code?: number, reason?: string): void;
  /** Closes at once; what was sent may be lost. */
  terminate(): void;
}

/** Who is at the other end. */
export interface Peer {
  /** IP address, or `unix`. */
  readonly host: string;
  /** Port, or process id (0: unknown). */
  readonly port: number;
  /** On this machine: a Unix socket, or a loopback address. */
  readonly isLocal: boolean;
  /** Connected by a socket that only trusted users of this machine can open, so that no password need be asked for. */
  readonly isTrusted: boolean;
}

/** `<ip>,<port>` or `unix,<pid>`, as events and records have it. */
export function addressOf({ host, port }: Pick<Peer, "host" | "port">): string {
  return `${host},${port}`;
}

/** The peer behind a TCP address. Never trusted: anybody on this machine can open such a connection. */
export function tcpPeer(address: string | undefined, port: number | undefined): Peer {
  const host = (address ?? "unknown").replace(/^::ffff:(?=\d+\.)/, "");
  return { host, port: port ?? 0, isLocal: isLoopback(host), isTrusted: false };
}

/** True for 127.0.0.0/8 and ::1. */
export function isLoopback(host: string): boolean {
  return host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Codes with which WebSockets are closed. RFC 6455 §7.4.1. */
export const closeCode = {
  normal: 1000,
  goingAway: 1001,
  policy: 1008,
  tooBig: 1009,
  failed: 1011,
  tryLater: 1013,
} as const;
