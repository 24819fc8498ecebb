// Lends the gateway's bus to the process of a group, over the kernel's link: an embedded bus has one process that owns its files.
// The other end is `linked-bus.ts`.

import type { Bus, Consumer, Delivery } from "@switchboard/bus";
import type { Dispatcher, Message, MessageListener } from "@switchboard/core";
import { type ConsumeCall, type HandlerFailure, parkedToPlain, type PublishCall, toPlain } from "./wire.ts";

type Calls = Readonly<Record<string, (content: never) => unknown>>;

/** The bus as a listener. One for each process that it is lent to; `release` takes it back. */
export class BusServer implements MessageListener {
  readonly id: string;
  readonly #bus: Bus;
  readonly #dispatcher: Dispatcher;
  readonly #consumers: Map<string, Consumer> = new Map();
  readonly #calls: Calls;

  constructor(id: string, bus: Bus, dispatcher: Dispatcher) {
    this.id = id;
    this.#bus = bus;
    this.#dispatcher = dispatcher;
    this.#calls = {
      publish: ({ routingKey, body, options }: PublishCall) =>
        bus.publish(routingKey, Buffer.from(body, "base64"), options),
      declareExchange: (exchange: Parameters<Bus["declareExchange"]>[0]) => bus.declareExchange(exchange),
      declareQueue: (queue: Parameters<Bus["declareQueue"]>[0]) => bus.declareQueue(queue),
      inspect: (queue: string | null) => bus.inspect(queue ?? undefined),
      consume: (call: ConsumeCall) => this.#consume(call),
      pause: (consumerId: string) => this.#consumers.get(consumerId)?.pause(),
      resume: (consumerId: string) => this.#consumers.get(consumerId)?.resume(),
      stop: (consumerId: string) => this.#stop(consumerId),
      parked: async ({ queue, options }: { queue: string; options: Parameters<Bus["parking"]["list"]>[1] }) => {
        const page = await bus.parking.list(queue, options);
        return { messages: page.messages.map(parkedToPlain), next: page.next ?? null };
      },
      parkedOne: async ([queue, id]: [string, string]) => {
        const parked = await bus.parking.get(queue, id);
        return parked === undefined ? null : parkedToPlain(parked);
      },
      retry: ([queue, ids]: [string, readonly string[] | "all"]) => bus.parking.retry(queue, ids),
      drop: ([queue, ids]: [string, readonly string[] | "all"]) => bus.parking.drop(queue, ids),
    };
    dispatcher.register(this);
  }

  handleMessageSync(): never {
    throw new TypeError("a linked bus answers asynchronous messages only");
  }

  async handleMessage({ type, content }: Message): Promise<unknown> {
    const call = Object.hasOwn(this.#calls, type) ? this.#calls[type] : undefined;
    if (call === undefined) throw new TypeError(`a bus has no call ${JSON.stringify(type)}`);
    return (await call(content as never)) ?? null;
  }

  /** Stops what the process consumed; what it had in work is delivered again. */
  async release(): Promise<void> {
    this.#dispatcher.deregister(this);
    await Promise.all([...this.#consumers.keys()].map((id) => this.#stop(id)));
  }

  async #consume({ queue, options, consumerId }: ConsumeCall): Promise<void> {
    const consumer = await this.#bus.consume(queue, options, (delivery) => this.#deliver(consumerId, delivery));
    this.#consumers.set(consumerId, consumer);
  }

  async #deliver(consumerId: string, delivery: Delivery): Promise<void> {
    const failure = (await this.#dispatcher.send({
      type: "deliver",
      destinationId: consumerId,
      responseRequired: true,
      content: toPlain(delivery),
    })) as HandlerFailure | null;
    if (failure === null) return;
    const { name, message, code, retryable } = failure;
    throw Object.assign(new Error(message), {
      name,
      ...(code !== undefined && { code }),
      ...(retryable !== undefined && { retryable }),
    });
  }

  async #stop(consumerId: string): Promise<void> {
    const consumer = this.#consumers.get(consumerId);
    this.#consumers.delete(consumerId);
    await consumer?.stop();
  }
}
