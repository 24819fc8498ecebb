// What every connection has, whatever it speaks: who is at the other end, its login, its events, its limits and its end.
// connection.ts speaks the control protocol, json-rpc-connection.ts JSON-RPC 2.0.

import type { Clock, Logger, Timer } from "@switchboard/core";
import { errno, RpcError } from "@switchboard/protocol";
import type { Principal } from "../auth/index.ts";
import { encodeEvent } from "../events/encoded-event.ts";
import type { EncodedFrame, Events, EventSubscription } from "../events/index.ts";
import type { Feature } from "../rpc/service.ts";
import type { ServiceRegistry } from "../rpc/service-registry.ts";
import { RateMeter } from "../rate-meter.ts";
import type { ConnectionTable, ManagedConnection } from "./connection-table.ts";
import type { Limits } from "./limits.ts";
import type { Login, Logins } from "./logins.ts";
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

/** A connection. */
export abstract class ClientConnection implements ManagedConnection {
  readonly id: string;
  readonly features: Set<Feature> = new Set();
  readonly subscription: EventSubscription;
  protected readonly context: ConnectionContext;
  readonly #wire: Wire;
  readonly #meter: RateMeter;
  readonly #closeListeners = new Set<() => void>();
  readonly #leaveTable: () => void;
  #peer: Peer;
  #login: Login | undefined;
  #loginTimer: Timer | undefined;
  #resumeTimer: Timer | undefined;
  /** The end of the session that goes with the connection. */
  #left: Promise<void> | undefined;
  #isSlow = false;
  #isClosed = false;

  /** @throws {ServerError} CONNECTION_REFUSED when there are too many. */
  constructor(wire: Wire, peer: Peer, context: ConnectionContext) {
    const { connections, clock, events } = context;
    connections.admit(peer);
    this.id = connections.nextId();
    this.context = context;
    this.#wire = wire;
    this.#peer = peer;
    this.#meter = new RateMeter(clock);
    this.subscription = events.connect(this, {
      send: (frame) => this.#sendEvent(frame),
      end: (reason, isTokenValid) => this.#endSession(reason, isTokenValid),
    });
    this.#leaveTable = connections.add(this);
    this.#watchLogin();
    this.tell("server.client_connected", "connected");
  }

  // ── What differs ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Handles the text of one message. */
  protected abstract handle(text: string): void;
  /** Answers a message that is not even looked at. */
  protected abstract refuse(error: unknown): void;
  /** An event as this client gets it. */
  protected abstract eventFrame(frame: EncodedFrame): string | Uint8Array;
  /** What tells the client that its session is over, and whether it may come back with its token. */
  protected abstract logoutFrame(reason: string, isTokenValid: boolean): string;
  /** Ends what the client has under way. */
  protected abstract endCalls(): void;

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

  logout(reason: string): void {
    this.#endSession(reason, false);
  }

  goAway(description: string): void {
    // Those that want it have it already; the others learn of it by the code, where there is one.
    if (!this.#wire.hasCloseCodes && !this.subscription.wants("server.shutdown")) {
      const timestamp = new Date(this.context.clock.now());
      this.send(this.eventFrame(encodeEvent("server.shutdown", { description, timestamp })));
    }
    this.end(closeCode.goingAway, description);
  }

  // ── From the socket ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Not logged in. */
  get isStranger(): boolean {
    return this.#login === undefined;
  }

  /** Longest message that may come now. */
  get maxFrameBytes(): number {
    const { maxFrameBytes, maxFrameBytesBeforeLogin } = this.context.limits;
    return this.#login === undefined ? Math.min(maxFrameBytesBeforeLogin, maxFrameBytes) : maxFrameBytes;
  }

  /** Takes the text of one message. Never throws: what is wrong with it is answered. */
  receive(text: string): void {
    if (!this.#isClosed && this.#mayReceive(text.length)) this.handle(text);
  }

  /** The socket takes more again. */
  drained(): void {
    if (!this.#isSlow || this.#isClosed) return;
    this.#isSlow = false;
    if (this.#resumeTimer === undefined) this.#wire.resume();
    this.subscription.flush();
  }

  /** The socket has closed, whoever wanted it. Idempotent. */
  wireClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#loginTimer?.cancel();
    this.#resumeTimer?.cancel();
    this.endCalls();
    this.subscription.close();
    this.#leaveTable();
    for (const listener of this.#closeListeners) this.#notify(listener);
    this.#closeListeners.clear();
    this.#left ??= this.context.logins.leave(this);
    void this.#left.then(() => this.tell("server.client_disconnected", "disconnected"));
  }

  // ── For what speaks the protocol ───────────────────────────────────────────────────────────────────────────────────

  protected send(text: string | Uint8Array): void {
    if (this.#isClosed) return;
    this.#wire.send(text);
    this.#watchBuffer();
  }

  /** Closes the connection after what was sent. */
  protected end(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#wire.close(code, reason);
    this.wireClosed();
  }

  /** Somebody else is at the other end than it seemed. */
  protected replacePeer(peer: Peer): void {
    this.#peer = peer;
  }

  protected tell(event: string, what: string): void {
    const { address } = this;
    void this.context.events.emit(event, { address, description: `${address} ${what}` });
  }

  // ── Limits ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #mayReceive(length: number): boolean {
    const { limits, clock } = this.context;
    if (length > this.maxFrameBytes) {
      this.refuse(new RpcError(errno.EMSGSIZE, `expected at most ${this.maxFrameBytes} bytes in a frame`));
      this.end(closeCode.tooBig, "frame too long");
      return false;
    }
    const { isStranger } = this;
    const pauseMs = this.#meter.count(isStranger ? limits.maxFramesPerSecondBeforeLogin : limits.maxFramesPerSecond);
    if (pauseMs === 0) return true;
    if (isStranger) {
      this.end(closeCode.policy, "too many frames before login");
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

  #endSession(reason: string, isTokenValid: boolean): void {
    if (this.#isClosed) return;
    this.send(this.logoutFrame(reason, isTokenValid));
    // Nothing comes after that, not even the event that tells of it.
    this.subscription.close();
    this.#left = this.context.logins.leave(this, { revoke: !isTokenValid });
    this.end(closeCode.normal, "logged out");
  }

  #watchLogin(): void {
    const { loginTimeoutMs } = this.context.limits;
    this.#loginTimer = this.context.clock.setTimer(
      () => this.logout(`no login within ${loginTimeoutMs / 1000} seconds`),
      loginTimeoutMs,
    );
  }

  #sendEvent(frame: EncodedFrame): boolean {
    if (this.#isClosed) return false;
    this.send(this.eventFrame(frame));
    return !this.#isSlow;
  }

  /** Whoever does not read what it is sent is not read either, and in the end cut. */
  #watchBuffer(): void {
    const { bufferedBytes } = this.#wire;
    const { slowClientBytes, maxBufferedBytes } = this.context.limits;
    if (bufferedBytes <= slowClientBytes) return;
    if (bufferedBytes > maxBufferedBytes) {
      this.context.logger.warn({ address: this.address, bufferedBytes }, "a client that does not read was cut");
      this.#wire.terminate();
      this.wireClosed();
    } else if (!this.#isSlow) {
      this.#isSlow = true;
      this.#wire.pause();
    }
  }

  #notify(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.context.logger.error({ err: error, address: this.address }, "a listener failed when a connection closed");
    }
  }
}
