// Chooses the kind of socket by the URL: Unix sockets by their path, else the WebSocket that there is.

import { createRequire } from "node:module";
import { ClientError } from "../errors.ts";
import type { FrameSocket, SocketHandlers } from "../socket.ts";
import { type WebSocketClass, openWebSocket, wrapWebSocket } from "../web-socket.ts";
import { openUnixSocket } from "./unix-socket.ts";

const defaultPath = "/var/run/dispatcher.sock";

/**
 * Opens `unix:/path`, `ws:` and `wss:`.
 *
 * @throws {ClientError} CLIENT_OPTION_INVALID for another URL, and in Node 20 for a WebSocket when the package `ws` is not installed.
 */
export function openNodeSocket(url: string, handlers: SocketHandlers): FrameSocket {
  const [, path] = /^unix:(?:\/\/(?=\/))?(.*)$/s.exec(url) ?? [];
  if (path !== undefined) return openUnixSocket(path === "" ? defaultPath : path, handlers);
  if ("WebSocket" in globalThis) return openWebSocket(url, handlers);
  return wrapWebSocket(installedWebSocket(url), url, handlers);
}

// Required only when it is needed, because it is an optional package.
function installedWebSocket(url: string): WebSocketClass {
  try {
    return createRequire(import.meta.url)("ws") as WebSocketClass;
  } catch (cause) {
    const message = `no WebSocket for ${url}: Node ${process.versions.node} has none of its own; install the package "ws"`;
    throw new ClientError("CLIENT_OPTION_INVALID", message, { cause });
  }
}
