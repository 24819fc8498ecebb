// Links over TCP, plain or with TLS. Both ends need the same secret: whoever reaches a port may be anybody.

import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import {
  type ConnectionOptions,
  connect as connectTls,
  createSecureContext,
  createServer as createTlsServer,
  type SecureContext,
  type SecureContextOptions,
  type TlsOptions,
} from "node:tls";
import { type Link, LinkError } from "@switchboard/core";
import {
  inRange,
  type ReconnectOptions,
  resolveReconnectOptions,
  resolveSocketOptions,
  type SocketOptions,
} from "./options.ts";
import { type LinkListener, listen, type ListenerOptions } from "./socket/listener.ts";
import { ConnectingLink } from "./socket/socket-link.ts";

/** Both ends are ours, so nothing older has to be spoken. */
const oldest = { minVersion: "TLSv1.3" } as const;

/** What both ends of a TCP link must agree on. */
export interface TcpSecret {
  /**
   * What both ends know and nobody else: at least 16 characters, better 32 random bytes as text. Never sent; each side proves to the other that it has it.
   */
  readonly secret: string;
}

/** Where a TCP link connects to, and how. */
export interface TcpLinkOptions extends SocketOptions, ReconnectOptions, TcpSecret {
  readonly port: number;
  /** Default "127.0.0.1". */
  readonly host?: string;
  /** Given: speak TLS (1.3 unless it says otherwise), e.g. `{ ca, servername }`. Default plain TCP. */
  readonly tls?: ConnectionOptions;
}

/** Where TCP links are accepted, and how. */
export interface TcpListenOptions extends ListenerOptions, TcpSecret {
  /** 0 lets the system choose; see {@link TcpListener.port}. */
  readonly port: number;
  /** Default "127.0.0.1": this machine only. */
  readonly host?: string;
  /** Given: speak TLS (1.3 unless it says otherwise), e.g. `{ key, cert }`. Default plain TCP. */
  readonly tls?: TlsOptions;
}

/** Accepts TCP links. */
export interface TcpListener extends LinkListener {
  /** Where it listens. */
  readonly port: number;
}

/**
 * Returns a link that connects to a {@link listenTcp} and comes back by itself.
 *
 * While it is started it keeps the process alive.
 *
 * @throws {LinkError} LINK_OPTION_INVALID.
 */
export function tcpLink(options: TcpLinkOptions): Link {
  const { port, host = "127.0.0.1", tls } = options;
  inRange("port", port, [1, 65_535]);
  const secure = tls && { ...oldest, ...tls, secureContext: tls.secureContext ?? checkedContext(tls) };
  return new ConnectingLink({
    ...resolveSocketOptions(options),
    ...resolveReconnectOptions(options),
    name: `tcp ${host}:${port}`,
    secret: checkedSecret(options.secret),
    dial: secure === undefined ? () => connect({ host, port }) : () => connectTls({ ...secure, host, port }),
  });
}

/**
 * Accepts TCP links; resolves when it listens.
 *
 * Until it is closed it keeps the process alive.
 *
 * @throws {LinkError} LINK_OPTION_INVALID, LINK_LISTEN_FAILED (retryable).
 */
export async function listenTcp(options: TcpListenOptions): Promise<TcpListener> {
  const { port, host = "127.0.0.1", tls } = options;
  inRange("port", port, [0, 65_535]);
  const secret = checkedSecret(options.secret);
  const handshakeTimeout = resolveSocketOptions(options).handshakeTimeoutMs;
  if (tls !== undefined) checkedContext(tls);
  const server = tls === undefined ? createServer() : createTlsServer({ ...oldest, handshakeTimeout, ...tls });
  const listener = await listen({
    options,
    secret,
    server,
    connectionEvent: tls === undefined ? "connection" : "secureConnection",
    address: { host, port },
    describe: (socket?: Socket) =>
      socket === undefined ? `tcp ${host}:${port}` : `tcp ${socket.remoteAddress}:${socket.remotePort}`,
  });
  return { ...listener, port: (server.address() as AddressInfo).port };
}

function checkedContext(tls: SecureContextOptions): SecureContext {
  try {
    return createSecureContext({ ...oldest, ...tls });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LinkError("LINK_OPTION_INVALID", `tls is not usable: ${reason}`, { cause });
  }
}

function checkedSecret(secret: string): string {
  if (typeof secret === "string" && secret.length >= 16) return secret;
  throw new LinkError("LINK_OPTION_INVALID", "secret must be a string of at least 16 characters");
}
