// One client that speaks the control protocol: frames in, frames out. Independent of its socket, which it knows as a Wire.
// Calls are in client-calls.ts and owner-calls.ts, logins in logins.ts, events in events/.

import type { Clock, Logger, Timer } from "@switchboard/core";
import {
  type CallArguments,
  type ClientFrame,
  decodeClientFrame,
  encodeFrame,
  errno,
  type FrameId,
  ProtocolError,
  RpcError,
  type ServerFrame,
} from "@switchboard/protocol";
import type { Principal } from "../auth/index.ts";
import { ServerError } from "../errors.ts";
import type { EncodedFrame, Events, EventSubscription } from "../events/index.ts";
import type { Feature } from "../rpc/service.ts";
import type { ServiceOwner } from "../rpc/routed-service.ts";
import type { ServiceRegistry } from "../rpc/service-registry.ts";
import { ClientCalls } from "./client-calls.ts";
import type { ConnectionTable, ManagedConnection } from "./connection-table.ts";
import { FrameMeter } from "./frame-meter.ts";
import type { Limits } from "./limits.ts";
import type { Login, Logins, LoginTarget } from "./logins.ts";
import { type OwnerCall, OwnerCalls } from "./owner-calls.ts";
import { addressOf, closeCode, type Peer, type Wire } from "./wire.ts";

/** What all connections of a server share. */
export interface ConnectionContext {
  readonly services: ServiceRegistry;
  readonly events: Events;
  readonly logins: Logins;
  readonly connections: ConnectionTable;
  readonly limits: Limits;
  /** Items in a fragment of a streamed result. */
  readonly burstSize: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly debug: boolean;
}

/** A connection of the control protocol. */
export class Connection implements ManagedConnection, ServiceOwner, LoginTarget {
  readonly id: string;
  readonly features: Set<Feature> = new Set();
  readonly #context: ConnectionContext;
  readonly #wire: Wire;
  readonly #calls: ClientCalls;
  readonly #ownerCalls: OwnerCalls;
  readonly #subscription: EventSubscription;
  readonly #meter: FrameMeter;
  readonly #closeListeners = new Set<() => void>();
  readonly #leaveTable: () => void;
  #peer: Peer;
  #login: Login | undefined;
  #loginTimer: Timer | undefined;
  #resumeTimer: Timer | undefined;
  #isSlow = false;
  #isClosed = false;
  #hasReceived = false;

  /** @throws {ServerError} CONNECTION_REFUSED when there are too many. */
  constructor(wire: Wire, peer: Peer, context: ConnectionContext) {
    const { connections, limits, clock, events, services, burstSize, debug } = context;
    connections.admit(peer);
    this.id = connections.nextId();
    this.#context = context;
    this.#wire = wire;
    this.#peer = peer;
    this.#meter = new FrameMeter(clock);
    const send = (frame: ServerFrame): void => this.#send(encodeFrame(frame));
    this.#calls = new ClientCalls({ ...limits, caller: this, services, burstSize, debug, send });
    this.#ownerCalls = new OwnerCalls(send);
    this.#subscription = events.connect(this, {
      send: (frame) => this.#sendEvent(frame),
      end: (reason) => this.logout(reason),
    });
    this.#leaveTable = connections.add(this);
    this.#watchLogin();
    this.#tell("server.client_connected", "connected");
  }

  // ── As methods see it ──────────────────────────────────────────────────────────────────────────────────────────────

  get peer(): Peer {
    return this.#peer;
  }

  get address(): string {
    return addressOf(this.#peer);
  }

  get principal(): Principal | undefined {
    return this.#login?.principal;
  }

  get resource(): string | undefined {
    return this.#login?.resource;
  }

  get sessionId(): number | undefined {
    return this.#login?.sessionId;
  }

  get login(): Login | undefined {
    return this.#login;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  setLogin(login: Login | undefined): void {
    this.#login = login;
    this.#loginTimer?.cancel();
    if (login === undefined && !this.#isClosed) this.#watchLogin();
  }

  onClose(listener: () => void): () => void {
    if (this.#isClosed) listener();
    else this.#closeListeners.add(listener);
    return () => void this.#closeListeners.delete(listener);
  }

  /** Calls a method of a service that this client offers. */
  request(method: string, args: CallArguments): OwnerCall {
    return this.#ownerCalls.start(method, args);
  }

  logout(reason: string): void {
    if (this.#isClosed) return;
    this.#send(encodeFrame({ namespace: "events", name: "logout", id: null, args: { reason } }));
    void this.#context.logins.leave(this, { revoke: true });
    this.#close(closeCode.normal, "logged out");
  }

  // ── From the socket ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Not logged in. */
  get isStranger(): boolean {
    return this.#login === undefined;
  }

  /** Longest frame that may come now. */
  get maxFrameBytes(): number {
    const { maxFrameBytes, maxFrameBytesBeforeLogin } = this.#context.limits;
    return this.#login === undefined ? Math.min(maxFrameBytesBeforeLogin, maxFrameBytes) : maxFrameBytes;
  }

  /** Takes the text of one frame. Never throws: what is wrong with it is answered. */
  receive(text: string): void {
    if (this.#isClosed || !this.#mayReceive(text.length)) return;
    let frame: ClientFrame;
    try {
      frame = decodeClientFrame(text);
    } catch (error) {
      const id = error instanceof ProtocolError ? error.frameId : null;
      this.#calls.refuse(id, error);
      return;
    }
    const isFirst = !this.#hasReceived;
    this.#hasReceived = true;
    this.#handle(frame, isFirst);
  }

  /** The socket takes more again. */
  drained(): void {
    if (!this.#isSlow || this.#isClosed) return;
    this.#isSlow = false;
    if (this.#resumeTimer === undefined) this.#wire.resume();
    this.#subscription.flush();
  }

  /** The socket has closed, whoever wanted it. Idempotent. */
  wireClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#loginTimer?.cancel();
    this.#resumeTimer?.cancel();
    this.#calls.close();
    this.#ownerCalls.close();
    this.#subscription.close();
    this.#leaveTable();
    for (const listener of this.#closeListeners) this.#notify(listener);
    this.#closeListeners.clear();
    void this.#context.logins.leave(this).then(() => this.#tell("server.client_disconnected", "disconnected"));
  }

  /** Closes the connection, for example because the server stops. */
  close(reason: string): void {
    this.#close(closeCode.goingAway, reason);
  }

  // ── Frames ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #handle(frame: ClientFrame, isFirst: boolean): void {
    switch (frame.name) {
      case "call":
        this.#context.logins.touch(this);
        return this.#calls.start(frame);
      case "continue":
        return this.#calls.continue(frame.id, frame.args);
      case "abort":
        return this.#calls.abort(frame.id);
      case "response":
        return this.#ownerCalls.response(frame.id, frame.args);
      case "error":
        return this.#ownerCalls.error(frame.id, frame.args);
      case "fragment":
        return this.#ownerCalls.fragment(frame.id, frame.args);
      case "end":
      case "close":
        return this.#ownerCalls.end(frame.id);
      case "auth":
      case "auth_token":
      case "auth_service":
        return void this.#answerLogin(frame);
      case "setup":
        return this.#setUp(frame.args, frame.id, isFirst);
      case "subscribe":
      case "unsubscribe":
      case "event":
      case "event_burst":
        return this.#handleEvents(frame);
    }
  }

  #handleEvents(frame: Extract<ClientFrame, { namespace: "events" }>): void {
    // Before login these are neither heeded nor answered.
    if (this.#login === undefined) return;
    this.#context.logins.touch(this);
    const { events } = this.#context;
    switch (frame.name) {
      case "subscribe":
        return this.#subscription.subscribe(frame.args);
      case "unsubscribe":
        return this.#subscription.unsubscribe(frame.args);
      case "event":
        return void events.emitFrom(this, frame.args.name, frame.args.args);
      case "event_burst":
        for (const { name, args } of frame.args.events) void events.emitFrom(this, name, args);
    }
  }

  async #answerLogin(frame: Extract<ClientFrame, { name: "auth" | "auth_token" | "auth_service" }>): Promise<void> {
    const { id } = frame;
    try {
      const args = await this.#logIn(frame);
      this.#send(encodeFrame({ namespace: "rpc", name: "response", id, args }));
    } catch (error) {
      this.#calls.refuse(id, error);
    }
  }

  async #logIn(frame: Extract<ClientFrame, { name: "auth" | "auth_token" | "auth_service" }>): Promise<unknown> {
    const { logins } = this.#context;
    if (frame.name === "auth_service") {
      await logins.asService(this, frame.args.name);
      return [];
    }
    const { resource } = frame.args;
    if (frame.name === "auth_token") return logins.byToken(this, frame.args.token, resource);
    const { username, password, check_password: checkPassword } = frame.args;
    return logins.byPassword(this, { username, password: password.reveal(), checkPassword, resource });
  }

  /** A relay tells for whom it speaks. Believed only of a trusted one, before anything else. */
  #setUp([host, port]: readonly [string, number], id: FrameId, isFirst: boolean): void {
    if (!this.#peer.isTrusted || !isFirst) {
      const problem = "another address may be announced only by a trusted relay, in its first frame";
      this.#calls.refuse(id, new ServerError("CONNECTION_SETUP_REFUSED", problem));
      this.#close(closeCode.policy, "setup refused");
      return;
    }
    const oldAddress = this.address;
    // Whoever it speaks for has logged in at the relay, but is not on this machine.
    this.#peer = { host: host.slice(0, 100), port, isLocal: false, isTrusted: true };
    const description = `${oldAddress} speaks for ${this.address}`;
    const args = { old_address: oldAddress, new_address: this.address, description };
    void this.#context.events.emit("server.client_transport_connected", args);
  }

  // ── Limits ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #mayReceive(length: number): boolean {
    const { limits, clock } = this.#context;
    if (length > this.maxFrameBytes) {
      this.#calls.refuse(null, new RpcError(errno.EMSGSIZE, `expected at most ${this.maxFrameBytes} bytes in a frame`));
      this.#close(closeCode.tooBig, "frame too long");
      return false;
    }
    const isStranger = this.#login === undefined;
    const pauseMs = this.#meter.count(isStranger ? limits.maxFramesPerSecondBeforeLogin : limits.maxFramesPerSecond);
    if (pauseMs === 0) return true;
    if (isStranger) {
      this.#close(closeCode.policy, "too many frames before login");
      return false;
    }
    if (this.#resumeTimer === undefined) {
      this.#wire.pause();
      this.#resumeTimer = clock.setTimer(() => {
        this.#resumeTimer = undefined;
        if (!this.#isSlow) this.#wire.resume();
      }, pauseMs);
    }
    return true;
  }

  #watchLogin(): void {
    const { loginTimeoutMs } = this.#context.limits;
    this.#loginTimer = this.#context.clock.setTimer(
      () => this.logout(`no login within ${loginTimeoutMs / 1000} seconds`),
      loginTimeoutMs,
    );
  }

  // ── To the socket ──────────────────────────────────────────────────────────────────────────────────────────────────

  #send(text: string): void {
    if (this.#isClosed) return;
    this.#wire.send(text);
    this.#watchBuffer();
  }

  #sendEvent(frame: EncodedFrame): boolean {
    if (this.#isClosed) return false;
    this.#wire.send(frame.bytes);
    this.#watchBuffer();
    return !this.#isSlow;
  }

  /** Whoever does not read what it is sent is not read either, and in the end cut. */
  #watchBuffer(): void {
    const { bufferedBytes } = this.#wire;
    const { slowClientBytes, maxBufferedBytes } = this.#context.limits;
    if (bufferedBytes <= slowClientBytes) return;
    if (bufferedBytes > maxBufferedBytes) {
      this.#context.logger.warn({ address: this.address, bufferedBytes }, "a client that does not read was cut");
      this.#wire.terminate();
      this.wireClosed();
    } else if (!this.#isSlow) {
      this.#isSlow = true;
      this.#wire.pause();
    }
  }

  #close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#wire.close(code, reason);
    this.wireClosed();
  }

  #notify(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#context.logger.error({ err: error, address: this.address }, "a listener failed when a connection closed");
    }
  }

  #tell(event: string, what: string): void {
    const { address } = this;
    void this.#context.events.emit(event, { address, description: `${address} ${what}` });
  }
}
