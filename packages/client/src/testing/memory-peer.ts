// A server in memory whose services are functions: speaks the real frames with a client, and does what a test tells it.

import {
  type ClientFrame,
  decodeClientFrame,
  encodeFrame,
  errno,
  MaskSet,
  ProtocolError,
  RpcError,
  type ServerEvent,
  type ServerFrame,
} from "@switchboard/protocol";
import { ServedCalls } from "../serve.ts";
import type { ServiceHandler } from "../service.ts";
import type { FrameSocket, SocketHandlers } from "../socket.ts";

/** Functions by method, by service. What they return is answered, what they iterate over is streamed, what they throw is an error. */
export type PeerServices = Readonly<Record<string, Readonly<Record<string, ServiceHandler>>>>;

/** What a login is answered with: token, lifetime in seconds (null: for ever), user name. */
export type LoginAnswer = readonly [token: string, lifetime: number | null, username: string];

/** What a peer knows and does. */
export interface MemoryPeerOptions {
  readonly services?: PeerServices;
  /** Answers a login, or throws an RpcError. Default: everybody may come in, with a new token each time. */
  readonly login?: (frame: Extract<ClientFrame, { name: "auth" | "auth_token" | "auth_service" }>) => LoginAnswer;
}

/**
 * A scripted server: `connect({ openSocket: peer.openSocket })`.
 *
 * Frames travel in both directions as text and arrive in later turns, as on a network. Events go to connections whose masks fit, whether they have
 * logged in or not.
 */
export class MemoryPeer {
  /** Every frame that clients have sent, in order. */
  readonly received: ClientFrame[] = [];
  /** How many connections were opened so far. */
  opened = 0;
  /** How many connections were refused so far. */
  refused = 0;
  readonly #options: MemoryPeerOptions;
  readonly #services: Map<string, Readonly<Record<string, ServiceHandler>>>;
  readonly #connections = new Set<PeerConnection>();
  #refusal: string | undefined;
  #isSilent = false;
  #logins = 0;

  constructor(options: MemoryPeerOptions = {}) {
    this.#options = options;
    this.#services = new Map(Object.entries(options.services ?? {}));
  }

  /** Give it to `connect` as `openSocket`. */
  readonly openSocket = (_url: string, handlers: SocketHandlers): FrameSocket => {
    const connection = new PeerConnection(this, handlers);
    queueMicrotask(() => {
      if (this.#refusal !== undefined) {
        this.refused++;
        connection.close(this.#refusal);
        return;
      }
      this.opened++;
      this.#connections.add(connection);
      handlers.onOpen();
    });
    return { send: (text) => connection.receive(text), close: () => connection.close("closed by the client") };
  };

  /** How many connections are open. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Sends an event to every connection that wants it. */
  emit(name: string, args: Readonly<Record<string, unknown>> = {}): void {
    const event: ServerEvent = { name, args };
    for (const connection of this.#connections) {
      if (connection.masks.matches(name))
        connection.send({ namespace: "events", name: "event", id: null, args: event });
    }
  }

  /** Sends a frame to every connection, as it is. */
  push(frame: ServerFrame): void {
    for (const connection of this.#connections) connection.send(frame);
  }

  /** Sends text that need not be a frame. */
  pushText(text: string): void {
    for (const connection of this.#connections) connection.sendText(text);
  }

  /** Ends every session as a server does. */
  logout(reason: string): void {
    this.push({ namespace: "events", name: "logout", id: null, args: { reason } });
    this.cut(reason);
  }

  /** Breaks all connections. */
  cut(reason = "connection reset"): void {
    for (const connection of this.#connections) connection.close(reason);
  }

  /** Refuses new connections until {@link MemoryPeer.accept}. */
  refuse(reason = "connection refused"): void {
    this.#refusal = reason;
  }

  /** Takes new connections again. */
  accept(): void {
    this.#refusal = undefined;
  }

  /** From now on answers nothing, as a server that hangs; false: answers again. What came meanwhile stays unanswered. */
  silence(isSilent = true): void {
    this.#isSilent = isSilent;
  }

  /** Calls a service that clients offer, under an id; the answers are in {@link MemoryPeer.received}. */
  callClient(method: string, args: readonly unknown[] | Readonly<Record<string, unknown>>, id: string): void {
    this.push({ namespace: "rpc", name: "call", id, args: { method, args, view: false } });
  }

  /** For {@link PeerConnection}: takes a frame. */
  take(connection: PeerConnection, frame: ClientFrame): void {
    this.received.push(frame);
    if (this.#isSilent) return;
    switch (frame.name) {
      case "auth":
      case "auth_token":
      case "auth_service":
        connection.answer(frame.id, () => this.#logIn(frame));
        break;
      case "subscribe":
        for (const mask of frame.args) connection.masks.add(mask);
        break;
      case "unsubscribe":
        for (const mask of frame.args) connection.masks.delete(mask);
        break;
      case "event":
        this.emit(frame.args.name, frame.args.args);
        break;
      case "call":
        connection.served.start(frame);
        break;
      case "continue":
        connection.served.continue(frame.id, frame.args);
        break;
      case "abort":
        connection.served.abort(frame.id);
        break;
      case "event_burst":
        for (const { name, args } of frame.args.events) this.emit(name, args);
        break;
      case "response":
      case "error":
      case "fragment":
      case "end":
      case "close":
      case "setup":
      // Answers to the peer's own calls: they are in `received`.
    }
  }

  /** For {@link PeerConnection}: runs a method. */
  run(connection: PeerConnection, method: string, args: unknown): unknown {
    const dot = method.lastIndexOf(".");
    const [service, name] = [method.slice(0, dot), method.slice(dot + 1)];
    const handler = this.#services.get(service)?.[name] ?? builtIn(connection, method);
    if (handler === undefined) throw new RpcError(errno.ENOENT, `unknown method ${JSON.stringify(method)}`);
    return handler(...((Array.isArray(args) ? args : args === null ? [] : [args]) as never[]));
  }

  /** For {@link PeerConnection}: it is closed. */
  forget(connection: PeerConnection): void {
    this.#connections.delete(connection);
  }

  #logIn(frame: Extract<ClientFrame, { name: "auth" | "auth_token" | "auth_service" }>): unknown {
    if (this.#options.login !== undefined) return this.#options.login(frame);
    if (frame.name === "auth_service") return [];
    const token = String(++this.#logins).padStart(32, "t");
    return [token, null, frame.name === "auth" ? frame.args.username : "somebody"];
  }
}

const serviceMethods = new Set(["plugin.register_service", "plugin.resume_service", "plugin.unregister_service"]);

/** What every server has, unless a test gives it another. */
function builtIn(connection: PeerConnection, method: string): ServiceHandler | undefined {
  if (method === "management.ping") return () => "pong";
  if (method === "management.enable_features") {
    return (features: readonly string[]) => {
      for (const feature of features) connection.features.add(feature);
      return null;
    };
  }
  if (serviceMethods.has(method)) return () => null;
  return undefined;
}

class PeerConnection {
  readonly masks: MaskSet = new MaskSet();
  readonly features: Set<string> = new Set();
  readonly served: ServedCalls;
  readonly #peer: MemoryPeer;
  readonly #handlers: SocketHandlers;
  #isClosed = false;

  constructor(peer: MemoryPeer, handlers: SocketHandlers) {
    this.#peer = peer;
    this.#handlers = handlers;
    this.served = new ServedCalls({
      run: (method, args) => peer.run(this, method, args),
      send: (frame) => this.send(frame),
      onError: () => undefined,
      streams: () => this.features.has("streaming_responses"),
    });
  }

  receive(text: string): void {
    queueMicrotask(() => {
      if (this.#isClosed) return;
      try {
        this.#peer.take(this, decodeClientFrame(text));
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.#fail(error.frameId, new RpcError(error.errno, error.message));
      }
    });
  }

  answer(id: string | null, run: () => unknown): void {
    try {
      this.send({ namespace: "rpc", name: "response", id, args: run() });
    } catch (error) {
      this.#fail(id, error instanceof RpcError ? error : new RpcError(errno.EFAULT, String(error)));
    }
  }

  send(frame: ServerFrame): void {
    this.sendText(encodeFrame(frame));
  }

  sendText(text: string): void {
    queueMicrotask(() => {
      if (!this.#isClosed) this.#handlers.onFrame(text);
    });
  }

  close(reason: string): void {
    queueMicrotask(() => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.served.close();
      this.#peer.forget(this);
      this.#handlers.onClose(reason);
    });
  }

  #fail(id: string | null, error: RpcError): void {
    this.send({ namespace: "rpc", name: "error", id, args: error.toArgs() });
  }
}
