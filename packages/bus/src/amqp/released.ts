// Remembers messages of one queue that were given back without having been in a handler. Their next delivery looks like one after a crash,
// because AMQP has one mark for both.

import { createHash } from "node:crypto";
import { idOf, type WireMessage } from "./envelope.ts";

const maxRemembered = 70_000;

/** Messages of one queue that this process had, but never handed out. */
export class Released {
  readonly #identities = new Set<string>();
  #unseen = 0;

  add(message: WireMessage): void {
    this.#identities.add(identityOf(message));
    // The oldest first: a Set keeps the order of insertion.
    for (const oldest of this.#identities) {
      if (this.#identities.size <= maxRemembered) break;
      this.#identities.delete(oldest);
    }
  }

  /**
   * Remembers that up to `count` more may have been on their way here. A quorum queue takes them back from a consumer that stops and counts
   * that as a delivery; it hands them out again before all others.
   */
  addUnseen(count: number): void {
    this.#unseen += count;
  }

  /** Call when a message comes that was never taken back: no more of those will. */
  forgetUnseen(): void {
    this.#unseen = 0;
  }

  /** True if the message was remembered, which it is no more. */
  take(message: WireMessage): boolean {
    if (this.#identities.size > 0 && this.#identities.delete(identityOf(message))) return true;
    if (this.#unseen === 0) return false;
    this.#unseen--;
    return true;
  }
}

// Vumi's messages have no id.
function identityOf(message: WireMessage): string {
  return idOf(message) ?? createHash("sha256").update(message.content).digest("base64");
}
