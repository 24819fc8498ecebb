// WebSockets for the protocols of the server: the handshake with its checks, pings, and the wiring between a socket and a connection.

import type { Duplex } from "node:stream";
import type { Clock, Logger, Timer } from "@switchboard/core";
import { jsonRpcSubprotocol } from "@switchboard/protocol";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { refuseUpgrade, type UpgradeHandler } from "./http-routes.ts";
import type { Limits } from "./limits.ts";
import { isAllowedOrigin, type TrustedProxies } from "./proxies.ts";
import { closeCode, type Peer, type Wire } from "./wire.ts";
import { WebSocketWire } from "./websocket-wire.ts";

/** What sits behind a WebSocket. */
export interface SocketClient {
  /** Before login little is read. */
  readonly isStranger: boolean;
  /** A message: text, or bytes that came as a binary one. */
  receive(message: string): void;
  drained(): void;
  wireClosed(): void;
}

/** Makes what sits behind a WebSocket. Throws when there are too many. */
export type ClientFactory = (wire: Wire, peer: Peer) => SocketClient;

/** How the endpoint works. */
export interface WebSocketEndpointOptions {
  readonly proxies: TrustedProxies;
  /** Pages of other hosts that may connect. */
  readonly allowedOrigins: readonly string[];
  readonly limits: Limits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Throws when this peer may not connect. */
  readonly admit: (peer: Peer) => void;
}

const maxBytesOfStrangers = 2 ** 20;
const maxMissedPings = 2;

interface OpenSocket {
  readonly webSocket: WebSocket;
  missedPings: number;
}

/** Upgrades requests and keeps the sockets alive. */
export class WebSocketEndpoint {
  readonly #options: WebSocketEndpointOptions;
  readonly #server: WebSocketServer;
  readonly #open = new Set<OpenSocket>();
  #pingTimer: Timer | undefined;

  constructor(options: WebSocketEndpointOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.limits.maxFrameBytes,
      handleProtocols: (offered) => (offered.has(jsonRpcSubprotocol) ? jsonRpcSubprotocol : false),
    });
    this.#schedulePings();
  }

  /** Handles upgrades; `create` makes the client, `createJsonRpc` the one for whoever asked for that subprotocol. */
  handler(create: ClientFactory, createJsonRpc: ClientFactory = create): UpgradeHandler {
    return this.#upgrade((webSocket, socket, peer) => {
      this.#connect(webSocket, { socket, peer }, webSocket.protocol === jsonRpcSubprotocol ? createJsonRpc : create);
    });
  }

  /** Handles upgrades for something else than messages, such as files. */
  rawHandler(serve: (webSocket: WebSocket) => void): UpgradeHandler {
    return this.#upgrade((webSocket) => {
      this.#keep(webSocket);
      serve(webSocket);
    });
  }

  #upgrade(connect: (webSocket: WebSocket, socket: Duplex, peer: Peer) => void): UpgradeHandler {
    return (request, socket, head) => {
      const { proxies, allowedOrigins, admit, limits, logger } = this.#options;
      const peer = proxies.peerOf(request);
      if (!isAllowedOrigin(request, allowedOrigins)) {
        logger.warn({ host: peer.host, origin: request.headers.origin }, "a page of another site was refused");
        return refuseUpgrade(socket, "403 Forbidden");
      }
      if (this.#open.size >= limits.maxConnections) return refuseUpgrade(socket, "503 Service Unavailable");
      try {
        admit(peer);
      } catch (error) {
        logger.warn({ host: peer.host, err: error }, "a connection was refused");
        return refuseUpgrade(socket, "503 Service Unavailable");
      }
      this.#server.handleUpgrade(request, socket, head, (webSocket) => connect(webSocket, socket, peer));
    };
  }

  /** Cuts what is still open. */
  close(): void {
    this.#pingTimer?.cancel();
    for (const { webSocket } of this.#open) webSocket.terminate();
    this.#server.close();
  }

  #connect(
    webSocket: WebSocket,
    { socket, peer }: { readonly socket: Duplex; readonly peer: Peer },
    create: ClientFactory,
  ): void {
    let client: SocketClient;
    try {
      client = create(new WebSocketWire(webSocket, socket), peer);
    } catch (error) {
      this.#options.logger.warn({ host: peer.host, err: error }, "a connection was refused");
      webSocket.close(closeCode.tryLater, "too many connections");
      return;
    }
    this.#keep(webSocket);
    webSocket.on("message", (data, isBinary) => receive(webSocket, client, data, isBinary));
    webSocket.on("close", () => client.wireClosed());
    socket.on("drain", () => client.drained());
    // The library gathers whole messages first; a stranger must not have it gather much.
    const limitStranger = (): void => {
      if (!client.isStranger) socket.off("data", limitStranger);
      else if (bytesRead(socket) > maxBytesOfStrangers) webSocket.terminate();
    };
    socket.on("data", limitStranger);
  }

  /** Pings it for as long as it is open. */
  #keep(webSocket: WebSocket): void {
    const entry: OpenSocket = { webSocket, missedPings: 0 };
    this.#open.add(entry);
    webSocket.on("pong", () => void (entry.missedPings = 0));
    // Always followed by `close`, which says all that matters.
    webSocket.on("error", () => undefined);
    webSocket.on("close", () => this.#open.delete(entry));
  }

  #schedulePings(): void {
    const { clock, limits } = this.#options;
    this.#pingTimer = clock.setTimer(() => {
      for (const entry of this.#open) {
        if (entry.missedPings >= maxMissedPings) entry.webSocket.terminate();
        else if (entry.webSocket.readyState === entry.webSocket.OPEN) entry.webSocket.ping();
        entry.missedPings++;
      }
      this.#schedulePings();
    }, limits.pingIntervalMs);
  }
}

function receive(webSocket: WebSocket, client: SocketClient, data: RawData, isBinary: boolean): void {
  // `nodebuffer`, the default, gives one Buffer.
  const bytes = data as Buffer;
  if (!isBinary) return client.receive(bytes.toString("utf8"));
  try {
    client.receive(utf8.decode(bytes));
  } catch {
    webSocket.close(closeCode.policy, "expected UTF-8 text");
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function bytesRead(socket: Duplex): number {
  return "bytesRead" in socket && typeof socket.bytesRead === "number" ? socket.bytesRead : 0;
}
