// All connections that are open now, whatever they speak: how many there may be, and who is there.

import { networkOf } from "../auth/index.ts";
import type { Caller } from "../rpc/service.ts";
import { ServerError } from "../errors.ts";
import type { EventSubscription } from "../events/index.ts";
import type { Limits } from "./limits.ts";
import type { LoginTarget } from "./logins.ts";
import type { Peer } from "./wire.ts";

/** A connection as those who manage connections see it. */
export interface ManagedConnection extends Caller, LoginTarget {
  /** The events of this connection. */
  readonly subscription: EventSubscription;
  /** Closes the connection because the server stops; its token can be used again. */
  goAway(reason: string): void;
}

/** The open connections. */
export class ConnectionTable {
  readonly #limits: Limits;
  readonly #all = new Map<string, ManagedConnection>();
  readonly #perNetwork = new Map<string, number>();
  #lastId = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** How many there are. */
  get size(): number {
    return this.#all.size;
  }

  /** A new id for a connection. */
  nextId(): string {
    return `connection-${++this.#lastId}`;
  }

  /** @throws {ServerError} CONNECTION_REFUSED when one more from this peer would be too many. */
  admit({ host, isLocal }: Peer): void {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    if (this.#all.size >= maxConnections) {
      throw new ServerError("CONNECTION_REFUSED", `the server has ${maxConnections} connections already`);
    }
    if (!isLocal && (this.#perNetwork.get(networkOf(host)) ?? 0) >= maxConnectionsPerAddress) {
      throw new ServerError("CONNECTION_REFUSED", `${host} has ${maxConnectionsPerAddress} connections already`);
    }
  }

  /** Counts a connection until the function that is returned is called. */
  add(connection: ManagedConnection): () => void {
    const network = networkOf(connection.peer.host);
    this.#all.set(connection.id, connection);
    this.#perNetwork.set(network, (this.#perNetwork.get(network) ?? 0) + 1);
    return () => {
      if (!this.#all.delete(connection.id)) return;
      const left = (this.#perNetwork.get(network) ?? 1) - 1;
      if (left === 0) this.#perNetwork.delete(network);
      else this.#perNetwork.set(network, left);
    };
  }

  /** Those that are open, oldest first. */
  list(): ManagedConnection[] {
    return [...this.#all.values()];
  }

  /** The connection of a session, if it is open. */
  ofSession(sessionId: number): ManagedConnection | undefined {
    return this.list().find((connection) => connection.sessionId === sessionId);
  }

  /** The connection of a caller, if it is open. */
  of(caller: Caller): ManagedConnection | undefined {
    return this.#all.get(caller.id);
  }
}
