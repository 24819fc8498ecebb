// Remembers messages of one queue that were given back without having been in a handler. Their next delivery looks like one after a crash,
// because AMQP has one mark for both.

import { createHash } from "node:crypto";
import { idOf, type WireMessage } from "./envelope.ts";

const maxRemembered = 70_000;

/** Messages of one queue that this process had, but never handed out. */
export class Released {
  readonly #identities = new Set<string>();

  add(message: WireMessage): void {
    this.#identities.add(identityOf(message));
    // The oldest first: a Set keeps the order of insertion.
    for (const oldest of this.#identities) {
      if (this.#identities.size <= maxRemembered) break;
      this.#identities.delete(oldest);
    }
  }

  /** True if the message was remembered, which it is no more. */
  take(message: WireMessage): boolean {
    return this.#identities.size > 0 && this.#identities.delete(identityOf(message));
  }
}

// Vumi's messages have no id.
function identityOf(message: WireMessage): string {
  return idOf(message) ?? createHash("sha256").update(message.content).digest("base64");
}
