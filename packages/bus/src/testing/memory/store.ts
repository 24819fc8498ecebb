// What a memory bus remembers. It stands for the disk: given to another bus, that one goes on where the first stopped.

import type { DeliveryFailure, ExchangeType, Headers } from "../../bus.ts";
import { defaultExchange } from "../../bus.ts";

/** One message in one queue. */
export interface StoredMessage {
  readonly id: string;
  /** Place among waiting messages of equal priority, or among parked ones. */
  sequence: number;
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly headers: Headers;
  readonly priority: number;
  publishedAt: number;
  expiresAt: number;
  /** Deliveries so far. */
  attempt: number;
  history: readonly DeliveryFailure[];
  /** When its redelivery is due. */
  dueAt: number;
  parkedAt: number;
}

/** The messages of one queue, each in exactly one of four places. */
export interface StoredQueue {
  readonly name: string;
  /** By priority, then sequence. */
  readonly waiting: StoredMessage[];
  readonly delayed: Set<StoredMessage>;
  readonly inFlight: Set<StoredMessage>;
  /** In parking order. */
  parked: StoredMessage[];
}

/** One exchange and, per queue, the keys by which it is bound. */
export interface StoredExchange {
  readonly type: ExchangeType;
  readonly bindings: Map<string, Set<string>>;
}

/** Everything that outlives a bus. Only one bus uses it at a time: opening a second one is the sudden death of the first. */
export class MemoryStore {
  readonly exchanges: Map<string, StoredExchange> = new Map([
    [defaultExchange, { type: "direct", bindings: new Map() }],
  ]);
  readonly queues: Map<string, StoredQueue> = new Map();
  #lastSequence = 0;
  #disown: () => void = () => undefined;

  /** The queue of that name, made if need be. */
  queue(name: string): StoredQueue {
    const existing = this.queues.get(name);
    if (existing !== undefined) return existing;
    const queue: StoredQueue = { name, waiting: [], delayed: new Set(), inFlight: new Set(), parked: [] };
    this.queues.set(name, queue);
    return queue;
  }

  nextSequence(): number {
    return ++this.#lastSequence;
  }

  /** Takes the store over. `disown` is called when somebody else does. */
  own(disown: () => void): void {
    this.#disown();
    this.#disown = disown;
  }
}
