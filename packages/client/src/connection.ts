// One socket's life: frames out, frames in, and what waits for them. Knows nothing of logging in or of coming back; session.ts does.

import {
  type ClientFrame,
  decodeServerFrame,
  encodeFrame,
  ProtocolError,
  RpcError,
  type ServerEvent,
  type ServerFrame,
} from "@switchboard/protocol";
import { Watch } from "./call.ts";
import { Calls } from "./calls.ts";
import { ClientError } from "./errors.ts";
import type { ResolvedClientOptions } from "./options.ts";
import { type RunMethod, ServedCalls } from "./serve.ts";
import type { FrameSocket } from "./socket.ts";

/** Who takes what comes in by itself. */
export interface ConnectionHandlers {
  onEvent(event: ServerEvent): void;
  /** The server ends the session; `isTokenValid`: its token is good for another one. */
  onLogout(reason: string, isTokenValid: boolean): void;
  /** The connection is gone; called once, and only after it was open. */
  onClose(error: unknown): void;
  /** The server calls a service. */
  readonly run: RunMethod;
}

/** An open connection. */
export class Connection {
  readonly calls: Calls;
  /** Frames received so far. */
  received = 0;
  readonly #options: ResolvedClientOptions;
  readonly #handlers: ConnectionHandlers;
  readonly #served: ServedCalls;
  #socket: FrameSocket | undefined;
  /** The server has said that it stops. */
  #isStopping = false;

  private constructor(options: ResolvedClientOptions, handlers: ConnectionHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.calls = new Calls((frame) => this.send(frame));
    this.#served = new ServedCalls({
      run: handlers.run,
      send: (frame) => this.send(frame),
      onError: options.onError,
    });
  }

  /**
   * Opens a socket and resolves when frames may be sent.
   *
   * @throws {ClientError} CLIENT_CONNECT_FAILED, CLIENT_OPTION_INVALID. The signal's reason.
   */
  static open(options: ResolvedClientOptions, handlers: ConnectionHandlers, signal: AbortSignal): Promise<Connection> {
    const { url, openSocket, clock, connectTimeoutMs } = options;
    const connection = new Connection(options, handlers);
    return new Promise((resolve, reject) => {
      let isOpen = false;
      const giveUp = (reason: unknown): void => {
        connection.close(reason);
        reject(reason);
      };
      const waiting = { what: `connecting to ${url}`, clock, timeoutMs: connectTimeoutMs, signal };
      const stop = new Watch(waiting, { giveUp });
      const onClose = (reason: string, hasSaidSo = false): void => {
        if (isOpen) {
          const isPlanned = hasSaidSo || connection.#isStopping;
          const message = `lost the connection to ${url}: ${reason}`;
          connection.drop(new ClientError("CLIENT_CONNECTION_LOST", message, { details: { isPlanned } }));
          return;
        }
        stop.end();
        const error = new ClientError("CLIENT_CONNECT_FAILED", `cannot connect to ${url}: ${reason}`);
        connection.close(error);
        reject(error);
      };
      const onOpen = (): void => {
        isOpen = true;
        stop.end();
        resolve(connection);
      };
      try {
        connection.#socket = openSocket(url, { onOpen, onFrame: (text) => connection.#receive(text), onClose });
      } catch (error) {
        stop.end();
        reject(error);
      }
    });
  }

  /** What closed the connection; undefined while it is open. */
  get closedBy(): unknown {
    return this.calls.closedBy;
  }

  /** Sends a frame; it is lost without an error when the connection is. */
  send(frame: ClientFrame): void {
    this.#socket?.send(encodeFrame(frame));
  }

  /** Gives the connection up, because it is lost: what is pending fails, and `onClose` is called. */
  drop(error: unknown): void {
    if (this.close(error)) this.#handlers.onClose(error);
  }

  /** Closes it on purpose; what is pending fails with `error`. False when it was closed already. */
  close(error: unknown): boolean {
    const socket = this.#socket;
    if (socket === undefined) return false;
    this.#served.close();
    this.#socket = undefined;
    socket.close();
    this.calls.close(error);
    return true;
  }

  #receive(text: string): void {
    if (this.#socket === undefined) return;
    this.received++;
    let frame: ServerFrame;
    try {
      frame = decodeServerFrame(text);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    this.#take(frame);
  }

  #take(frame: ServerFrame): void {
    switch (frame.name) {
      case "response":
      case "fragment":
      case "end":
      case "close":
        this.calls.receive(frame);
        break;
      case "error":
        if (frame.id === null) this.#options.onError(RpcError.fromArgs(frame.args));
        else this.calls.receive(frame);
        break;
      case "call":
        this.#served.start(frame);
        break;
      case "continue":
        this.#served.continue(frame.id, frame.args);
        break;
      case "abort":
        this.#served.abort(frame.id);
        break;
      case "event":
        this.#tell(frame.args);
        break;
      case "event_burst":
        for (const event of frame.args.events) this.#tell(event);
        break;
      case "logout":
        this.#handlers.onLogout(frame.args.reason, frame.args.token_valid === true);
        break;
    }
  }

  #tell(event: ServerEvent): void {
    if (event.name === "server.shutdown") this.#isStopping = true;
    this.#handlers.onEvent(event);
  }

  // A malformed answer must not leave its caller waiting.
  #refuse(error: unknown): void {
    if (error instanceof ProtocolError && error.frameId !== null) this.calls.fail(error.frameId, error);
    else this.#options.onError(error);
  }
}
