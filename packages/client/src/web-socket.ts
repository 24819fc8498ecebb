// Frames over the host's WebSocket: in browsers, and in Node from version 22 on.

import { ClientError } from "./errors.ts";
import type { FrameSocket, SocketHandlers } from "./socket.ts";

interface SocketEvents {
  readonly open: unknown;
  readonly message: { readonly data: unknown };
  readonly close: { readonly code: number; readonly reason: string };
  readonly error: { readonly message?: string };
}

/** The part of a WebSocket that is used: browsers', Node's and `ws`' are alike in it. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  addEventListener<Name extends keyof SocketEvents>(name: Name, listener: (event: SocketEvents[Name]) => void): void;
  send(text: string): void;
  close(): void;
}

// RFC 6455 §7.4.1: the server goes down, on purpose.
const goingAway = 1001;

/** Makes a WebSocket. */
export type WebSocketClass = new (url: string) => WebSocketLike;

/**
 * Opens the host's WebSocket.
 *
 * @throws {ClientError} CLIENT_OPTION_INVALID where the host has none, or for a URL that is not `ws:` or `wss:`.
 */
export function openWebSocket(url: string, handlers: SocketHandlers): FrameSocket {
  const { WebSocket } = globalThis as { readonly WebSocket?: WebSocketClass };
  if (WebSocket === undefined) {
    const message = `no WebSocket for ${url}: this host has none; in Node 20 use "@switchboard/client/node" and install "ws"`;
    throw new ClientError("CLIENT_OPTION_INVALID", message);
  }
  return wrapWebSocket(WebSocket, url, handlers);
}

/** Opens a WebSocket of a given class; a URL without a path gets `/dispatcher/socket`. */
export function wrapWebSocket(WebSocket: WebSocketClass, url: string, handlers: SocketHandlers): FrameSocket {
  const socket = construct(WebSocket, url);
  const decoder = new TextDecoder();
  let trouble = "";
  let hasOpened = false;
  let isOver = false;
  const end = (why: string, isPlanned = false): void => {
    if (isOver) return;
    isOver = true;
    handlers.onClose(why, isPlanned);
  };
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => {
    hasOpened = true;
    handlers.onOpen();
  });
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") handlers.onFrame(data);
    else if (data instanceof ArrayBuffer) handlers.onFrame(decoder.decode(data));
  });
  // Browsers say nothing here; `ws` and Node say why a connection failed.
  socket.addEventListener("error", ({ message = "" }) => {
    trouble = message;
    // Node 22 says no more than this of a connection that could not be opened; everywhere else `close` follows.
    if (!hasOpened) setTimeout(() => end(trouble === "" ? "the connection could not be opened" : trouble), 0);
  });
  socket.addEventListener("close", ({ code, reason }) => {
    const said = [trouble, reason].filter((text) => text !== "").join(": ");
    end(said === "" ? `closed with code ${code}` : said, code === goingAway);
  });
  return {
    send: (text) => {
      if (socket.readyState === 1) socket.send(text);
    },
    close: () => socket.close(),
  };
}

function construct(WebSocket: WebSocketClass, url: string): WebSocketLike {
  try {
    // Every server answers under this path, whatever stands before it.
    return new WebSocket(url.replace(/^(wss?:\/\/[^/?#]+)\/?$/, "$1/dispatcher/socket"));
  } catch (cause) {
    throw new ClientError("CLIENT_OPTION_INVALID", `url: expected a ws: or wss: URL, got ${JSON.stringify(url)}`, {
      cause,
    });
  }
}
