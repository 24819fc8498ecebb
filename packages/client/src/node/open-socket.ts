// Chooses the kind of socket by the URL: Unix sockets by their path, else the WebSocket that there is.

import { createRequire } from "node:module";
import { ClientError } from "../errors.ts";
import type { FrameSocket, SocketHandlers } from "../socket.ts";
import { type WebSocketClass, type WebSocketLike, openWebSocket, wrapWebSocket } from "../web-socket.ts";
import { openUnixSocket } from "./unix-socket.ts";

const defaultPath = "/var/run/dispatcher.sock";

/** What Node's `tls.connect` understands of the other side and of this one; certificates and keys are PEM. */
export interface TlsOptions {
  /** Certificates of authorities that are trusted instead of Node's own; that of a server which has signed its own, too. */
  readonly ca?: string | Uint8Array | (string | Uint8Array)[];
  /** This side's certificate and key, for servers or proxies that ask for one. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  readonly passphrase?: string;
  /** Name that the server's certificate must have. Default: the host of the URL. */
  readonly servername?: string;
  /** False: whoever answers is trusted, so that anybody on the way may read and change everything, the password included. Default true. */
  readonly rejectUnauthorized?: boolean;
}

/**
 * Opens `unix:/path`, `ws:` and `wss:`, the latter with `tls`.
 *
 * @throws {ClientError} CLIENT_OPTION_INVALID for another URL, and where the package `ws` is not installed for a WebSocket in Node 20 or with `tls`.
 */
export function openNodeSocket(url: string, handlers: SocketHandlers, tls?: TlsOptions): FrameSocket {
  const [, path] = /^unix:(?:\/\/(?=\/))?(.*)$/s.exec(url) ?? [];
  if (path !== undefined) return openUnixSocket(path === "" ? defaultPath : path, handlers);
  if ("WebSocket" in globalThis && tls === undefined) return openWebSocket(url, handlers);
  return wrapWebSocket(withTls(installedWebSocket(url), tls), url, handlers);
}

// The WebSocket of Node takes no options, that of the package does.
function withTls(WebSocket: WebSocketClass, tls: TlsOptions | undefined): WebSocketClass {
  if (tls === undefined) return WebSocket;
  const Configurable = WebSocket as new (url: string, options: TlsOptions) => WebSocketLike;
  return class extends Configurable {
    constructor(url: string) {
      super(url, tls ?? {});
    }
  };
}

// Required only when it is needed, because it is an optional package.
function installedWebSocket(url: string): WebSocketClass {
  try {
    return createRequire(import.meta.url)("ws") as WebSocketClass;
  } catch (cause) {
    const message = `no WebSocket for ${url}: Node ${process.versions.node} has none that takes these options; install the package "ws"`;
    throw new ClientError("CLIENT_OPTION_INVALID", message, { cause });
  }
}
