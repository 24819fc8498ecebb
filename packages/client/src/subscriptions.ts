// Who wants which events. The server is told of a mask when the first one wants it, and again when the last one does not.

import { MaskSet, type ServerEvent } from "@switchboard/protocol";

/** Tells the server; does nothing while there is no connection, since a new one is told of all masks. */
export interface MaskOutlet {
  subscribe(masks: readonly string[]): void;
  unsubscribe(masks: readonly string[]): void;
}

/** Who takes events. */
export interface Subscriber {
  push(event: ServerEvent): void;
  /** Events may have been missed. */
  gap?(): void;
  /** No events will come any more; the error says why, undefined: the client was closed on purpose. */
  close?(error: unknown): void;
}

/** All subscriptions of a client. */
export class Subscriptions {
  readonly #outlet: MaskOutlet;
  readonly #subscribers = new Map<Subscriber, MaskSet>();
  readonly #counts = new Map<string, number>();

  constructor(outlet: MaskOutlet) {
    this.#outlet = outlet;
  }

  /** All masks that are wanted, each once. */
  masks(): string[] {
    return [...this.#counts.keys()];
  }

  /** Hands a subscriber, who may have only one subscription, the events that fit one of `masks`, each once, until the function returned is called. */
  add(masks: readonly string[], subscriber: Subscriber): () => void {
    const set = new MaskSet();
    for (const mask of masks) set.add(mask);
    const own = set.masks();
    const added = own.filter((mask) => !this.#counts.has(mask));
    for (const mask of own) this.#counts.set(mask, (this.#counts.get(mask) ?? 0) + 1);
    this.#subscribers.set(subscriber, set);
    if (added.length > 0) this.#outlet.subscribe(added);
    return () => {
      if (this.#subscribers.delete(subscriber)) this.#release(own);
    };
  }

  /** Hands an event to those who want it, in the order in which they subscribed. */
  dispatch(event: ServerEvent): void {
    for (const [subscriber, masks] of this.#subscribers) if (masks.matches(event.name)) subscriber.push(event);
  }

  /** Says that events may have been missed. */
  gap(): void {
    for (const subscriber of this.#subscribers.keys()) subscriber.gap?.();
  }

  /** Says that no events will come any more. */
  close(error: unknown): void {
    for (const subscriber of this.#subscribers.keys()) subscriber.close?.(error);
  }

  #release(masks: readonly string[]): void {
    const unwanted: string[] = [];
    for (const mask of masks) {
      const left = (this.#counts.get(mask) ?? 1) - 1;
      if (left > 0) this.#counts.set(mask, left);
      else {
        this.#counts.delete(mask);
        unwanted.push(mask);
      }
    }
    if (unwanted.length > 0) this.#outlet.unsubscribe(unwanted);
  }
}
