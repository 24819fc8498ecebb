// What a publisher knows of the places that messages go to, so that order is kept where a queue may have to be declared first. Of several
// messages under a key of Vumi's exchange that nothing is known about, one goes ahead; otherwise those sent last could find the queue that the
// first ones did not. Sends nothing itself.

import { defaultExchange } from "../bus.ts";

/** Where messages go. */
export interface Address {
  readonly exchange: string;
  readonly routingKey: string;
  /** Messages that are not yet safe. */
  pending: number;
  /** Of these, how many the broker has yet to decide about. */
  sent: number;
  /** A queue takes what is sent there, as far as is known; or it is not for the bus to declare one. */
  isKnown: boolean;
  /** A message came back. Nothing is sent there until all that was sent is decided and the queue declared. */
  isHeld: boolean;
}

const maxIdle = 10_000;

/** The addresses of one publisher: all that have pending messages, and a limited number of others. */
export class Addresses {
  readonly #byExchange = new Map<string, Map<string, Address>>();
  #count = 0;
  #sweepAt = maxIdle;

  /** The address of a message. There is never more than one object for it. */
  of({ exchange, routingKey }: Pick<Address, "exchange" | "routingKey">): Address {
    let ofExchange = this.#byExchange.get(exchange);
    if (ofExchange === undefined) this.#byExchange.set(exchange, (ofExchange = new Map()));
    let address = ofExchange.get(routingKey);
    if (address === undefined) {
      if (this.#count >= this.#sweepAt) this.#sweep();
      address = { exchange, routingKey, pending: 0, sent: 0, isKnown: exchange !== defaultExchange, isHeld: false };
      ofExchange.set(routingKey, address);
      this.#count++;
    }
    return address;
  }

  #sweep(): void {
    for (const ofExchange of this.#byExchange.values()) {
      for (const [routingKey, { pending }] of ofExchange) {
        if (pending === 0 && ofExchange.delete(routingKey)) this.#count--;
      }
    }
    // Not again before it is worth the walk.
    this.#sweepAt = Math.max(maxIdle, this.#count * 2);
  }
}

/** True if a message may be sent there now without overtaking another. */
export function isOpen({ isHeld, isKnown, sent }: Address): boolean {
  return !isHeld && (isKnown || sent === 0);
}

/** It is no more known whether a queue takes what is sent there. */
export function forgetRoute(address: Address): void {
  address.isKnown = address.exchange !== defaultExchange;
}
