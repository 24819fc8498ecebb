// A client in the same process: frames go to a real connection and come back without a socket.

import {
  type CallArguments,
  type ClientFrame,
  decodeServerFrame,
  encodeFrame,
  type ServerFrame,
} from "@switchboard/protocol";
import type { ConnectionContext } from "../connections/client-connection.ts";
import { Connection } from "../connections/connection.ts";
import type { Peer, Wire } from "../connections/wire.ts";

/** A remote client, at an address that is reserved for documentation. */
export const remotePeer: Peer = { host: "192.0.2.1", port: 50_000, isLocal: false, isTrusted: false };

/** A local client on the Unix socket. */
export const unixPeer: Peer = { host: "unix", port: 0, isLocal: true, isTrusted: true };

interface Waiter {
  readonly wants: (frame: ServerFrame) => boolean;
  readonly resolve: (frame: ServerFrame) => void;
  readonly reject: (error: Error) => void;
}

class MemoryWire implements Wire {
  readonly hasCloseCodes = true;
  readonly sent: string[] = [];
  closed: { readonly code: number | undefined; readonly reason: string | undefined } | undefined;
  isPaused = false;
  bufferedBytes = 0;
  isStalled = false;
  onSend: () => void = () => undefined;

  send(frame: string | Uint8Array): void {
    if (this.closed !== undefined) return;
    const text = typeof frame === "string" ? frame : Buffer.from(frame).toString("utf8");
    this.sent.push(text);
    if (this.isStalled) this.bufferedBytes += text.length;
    else this.onSend();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(code?: number, reason?: string): void {
    this.closed ??= { code, reason };
    this.onSend();
  }

  terminate(): void {
    this.close(undefined, "terminated");
  }
}

/** The client's side of a connection without a socket. */
export class MemoryClient {
  /** The server's side. */
  readonly connection: Connection;
  readonly #wire = new MemoryWire();
  #frames: ServerFrame[] = [];
  #waiters: Waiter[] = [];
  #lastId = 0;

  constructor(context: ConnectionContext, peer: Peer) {
    this.#wire.onSend = () => this.#deliver();
    this.connection = new Connection(this.#wire, peer, context);
  }

  /** How the server has closed the connection; undefined while it is open. */
  get closed(): { readonly code: number | undefined; readonly reason: string | undefined } | undefined {
    return this.#wire.closed;
  }

  /** True while the server does not want to read. */
  get isPaused(): boolean {
    return this.#wire.isPaused;
  }

  /** Sends a frame, or any text. */
  send(frame: ClientFrame | string): void {
    this.connection.receive(typeof frame === "string" ? frame : encodeFrame(frame));
  }

  /** The next frame, or the next one that is wanted; others stay. Rejects when the connection closes before it comes. */
  next(wants: (frame: ServerFrame) => boolean = () => true): Promise<ServerFrame> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ wants, resolve, reject });
      this.#deliver();
    });
  }

  /** Calls a method, and resolves with the frame that answers it. */
  call(method: string, args: CallArguments = []): Promise<ServerFrame> {
    const id = `m${++this.#lastId}`;
    this.send({ namespace: "rpc", name: "call", id, args: { method, args } });
    return this.next((frame) => frame.id === id);
  }

  /** Takes all frames that are there now. */
  take(): ServerFrame[] {
    this.#deliver();
    return this.#frames.splice(0);
  }

  /** Stops reading, or goes on. */
  stall(isStalled: boolean): void {
    this.#wire.isStalled = isStalled;
    if (isStalled) return;
    this.#wire.bufferedBytes = 0;
    this.connection.drained();
    this.#deliver();
  }

  /** Bytes that the server has sent and this client has not read. */
  get unread(): number {
    return this.#wire.bufferedBytes;
  }

  /** Hangs up. */
  close(): void {
    this.#wire.close();
    this.connection.wireClosed();
  }

  #deliver(): void {
    for (const text of this.#wire.sent.splice(0)) this.#frames.push(decodeServerFrame(text));
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      const index = this.#frames.findIndex((frame) => waiter.wants(frame));
      const [frame] = index === -1 ? [] : this.#frames.splice(index, 1);
      if (frame !== undefined) waiter.resolve(frame);
      else if (this.closed === undefined) this.#waiters.push(waiter);
      else waiter.reject(new Error(`the connection was closed: ${this.closed.reason ?? ""}`));
    }
  }
}

/** Connects a client to the parts of a server; by default a remote one. */
export function createMemoryConnection(context: ConnectionContext, peer: Peer = remotePeer): MemoryClient {
  return new MemoryClient(context, peer);
}
