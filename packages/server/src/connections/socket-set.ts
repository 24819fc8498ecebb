// The open sockets of a server, so that it can wait for their end or bring it about.

import type { Socket } from "node:net";

/** Sockets that are open. */
export class SocketSet {
  readonly #open = new Set<Socket>();
  readonly #waiting: (() => void)[] = [];

  /** Keeps a socket until it closes. */
  add(socket: Socket): void {
    this.#open.add(socket);
    socket.once("close", () => {
      this.#open.delete(socket);
      if (this.#open.size === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  /** Resolves when none is open. */
  drained(): Promise<void> {
    return this.#open.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Cuts all of them. */
  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
