// Which exchanges, queues and bindings there are, and which queues a message goes to.

import { defaultExchange, type ExchangeType } from "../bus.ts";
import { BusError } from "../errors.ts";
import { matchesTopic } from "../topic.ts";
import type { Change } from "./protocol.ts";
import type { Queue } from "./queue.ts";

const maxKnownRoutes = 10_000;

interface Exchange {
  readonly type: ExchangeType;
  readonly bindings: Map<string, Set<Queue>>;
  /** Results of earlier look-ups; emptied by every new binding. */
  readonly routes: Map<string, readonly Queue[]>;
}

/** The exchanges, queues and bindings in memory. Every change to them is also handed out, to be written. */
export class Topology {
  readonly #exchanges: Map<string, Exchange> = new Map<string, Exchange>();
  readonly #queues: Map<string, Queue> = new Map<string, Queue>();
  readonly #byId: Map<number, Queue> = new Map<number, Queue>();
  readonly #createQueue: (id: number, name: string) => Queue;
  #lastQueue = 0;

  constructor(createQueue: (id: number, name: string) => Queue) {
    this.#createQueue = createQueue;
    this.addExchange(defaultExchange, "direct");
  }

  queues(): IterableIterator<Queue> {
    return this.#queues.values();
  }

  queue(name: string): Queue | undefined {
    return this.#queues.get(name);
  }

  queueById(id: number): Queue | undefined {
    return this.#byId.get(id);
  }

  /**
   * Adds an exchange.
   *
   * @throws {BusError} BUS_DECLARATION_CONFLICT when there is one of another type
   */
  addExchange(name: string, type: ExchangeType): Change {
    const known = this.#exchanges.get(name);
    if (known === undefined) this.#exchanges.set(name, { type, bindings: new Map(), routes: new Map() });
    else if (known.type !== type) {
      throw new BusError("BUS_DECLARATION_CONFLICT", `exchange "${name}" is ${known.type}, it cannot become ${type}`, {
        details: { exchange: name, type: known.type },
      });
    }
    return { kind: "exchange", name, type };
  }

  /** Adds a queue, under a new number unless it is known or its number is given. */
  addQueue(name: string, id?: number): Change {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = this.#createQueue(id ?? this.#lastQueue + 1, name);
      this.#lastQueue = Math.max(this.#lastQueue, queue.id);
      this.#queues.set(name, queue);
      this.#byId.set(queue.id, queue);
    }
    return { kind: "queue", id: queue.id, name };
  }

  /**
   * Binds a queue that was added before.
   *
   * @throws {BusError} BUS_DECLARATION_CONFLICT when the exchange was not declared
   */
  bind(exchange: string, routingKey: string, queue: Queue): Change {
    const { bindings, routes } = this.#declared(exchange);
    const bound = bindings.get(routingKey) ?? new Set();
    bindings.set(routingKey, bound.add(queue));
    routes.clear();
    return { kind: "binding", exchange, routingKey, queue: queue.id };
  }

  /**
   * Checks that an exchange may be bound to.
   *
   * @throws {BusError} BUS_DECLARATION_CONFLICT
   */
  checkExchange(name: string): void {
    this.#declared(name);
  }

  /** The queues that get a message; undefined when there is no such exchange. */
  route(exchange: string, routingKey: string): readonly Queue[] | undefined {
    const known = this.#exchanges.get(exchange);
    if (known === undefined) return undefined;
    const found = known.routes.get(routingKey);
    if (found !== undefined) return found;
    const queues = match(known, routingKey);
    if (known.routes.size >= maxKnownRoutes) known.routes.clear();
    known.routes.set(routingKey, queues);
    return queues;
  }

  #declared(name: string): Exchange {
    const exchange = this.#exchanges.get(name);
    if (exchange !== undefined) return exchange;
    throw new BusError(
      "BUS_DECLARATION_CONFLICT",
      `exchange "${name}" must be declared before a queue is bound to it`,
      {
        details: { exchange: name },
      },
    );
  }
}

function match({ type, bindings }: Exchange, routingKey: string): readonly Queue[] {
  if (type === "direct") return [...(bindings.get(routingKey) ?? [])];
  const queues = new Set<Queue>();
  for (const [pattern, bound] of bindings) {
    if (matchesTopic(pattern, routingKey)) for (const queue of bound) queues.add(queue);
  }
  return [...queues];
}
