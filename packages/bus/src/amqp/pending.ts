// The messages that a publisher has taken and that are not yet safe, in the order of the calls. Sends nothing itself.

import type { Options } from "amqplib";
import type { Address } from "./addresses.ts";

/** A message on its way to the broker. */
export interface OutgoingMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly properties: Options.Publish;
  /** What `tokenOf` finds in the message when it is returned. No two pending messages share one. */
  readonly token: string;
}

/** What its publisher waits for. */
export interface Outcome {
  resolve(): void;
  reject(error: Error): void;
}

/** A message that is not yet safe. */
export class Pending {
  readonly message: OutgoingMessage;
  readonly address: Address;
  readonly outcome: Outcome;
  /** The broker has yet to decide about it. */
  isSent = false;
  /** It came back, as no queue took it, and its confirm is still to come. */
  isReturned = false;
  /** How often it came back. */
  returns = 0;
  /** Called when the broker has decided about it, the end of the channel did, or it is to be sent once more. */
  onDecided: (() => void) | undefined;
  /** It is pending no more. */
  isSettled = false;
  /** These two belong to {@link PendingList}. */
  previous: Pending | undefined;
  next: Pending | undefined;

  constructor(message: OutgoingMessage, address: Address, outcome: Outcome) {
    this.message = message;
    this.address = address;
    this.outcome = outcome;
  }
}

/** Pending messages in order. Not a Map: one that gains and loses entries all the time leaves garbage that outlives many collections. */
export class PendingList {
  size = 0;
  /** Of all bodies together. */
  bytes = 0;
  #oldest: Pending | undefined;
  #newest: Pending | undefined;
  #found: Pending | undefined;

  add(pending: Pending): void {
    pending.previous = this.#newest;
    if (this.#newest === undefined) this.#oldest = pending;
    else this.#newest.next = pending;
    this.#newest = pending;
    this.size++;
    this.bytes += pending.message.body.length;
  }

  /** Takes one out; false when it was not there any more. */
  remove(pending: Pending): boolean {
    if (pending.isSettled) return false;
    pending.isSettled = true;
    const { previous, next } = pending;
    if (previous === undefined) this.#oldest = next;
    else previous.next = next;
    if (next === undefined) this.#newest = previous;
    else next.previous = previous;
    pending.previous = undefined;
    pending.next = undefined;
    this.size--;
    this.bytes -= pending.message.body.length;
    return true;
  }

  /** Finds a message that came back. It is looked for first behind the one found before: they come back in the order in which they were sent. */
  find(token: string): Pending | undefined {
    this.#found = findFrom(this.#found?.next, token) ?? findFrom(this.#oldest, token);
    return this.#found;
  }

  /** All that are there now, in order. */
  all(): Pending[] {
    const all: Pending[] = [];
    for (let pending = this.#oldest; pending !== undefined; pending = pending.next) all.push(pending);
    return all;
  }
}

function findFrom(first: Pending | undefined, token: string): Pending | undefined {
  for (let pending = first; pending !== undefined; pending = pending.next) {
    if (pending.message.token === token) return pending;
  }
  return undefined;
}
