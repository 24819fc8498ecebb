// A WebSocket as a Wire. What is sent in one turn of the event loop leaves in one write.

import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { corkBriefly } from "./cork.ts";
import type { Wire } from "./wire.ts";

// Events come as bytes, encoded once for all; they are text all the same.
const asText = { binary: false, compress: false };

/** Wraps a WebSocket and the socket under it. */
export class WebSocketWire implements Wire {
  readonly hasCloseCodes = true;
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  send(frame: string | Uint8Array): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    corkBriefly(this.#socket);
    this.#webSocket.send(frame, asText);
  }

  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }

  close(code?: number, reason?: string): void {
    // The answer to the close frame has to be read.
    this.#webSocket.resume();
    this.#webSocket.close(code, reason);
  }

  terminate(): void {
    this.#webSocket.terminate();
  }
}
