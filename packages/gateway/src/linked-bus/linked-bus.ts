// The bus of a process that has none of its own: every call goes over the kernel's link to the gateway (`bus-server.ts`), which owns the real one.

import {
  type Bus,
  BusError,
  type ConsumeOptions,
  type Consumer,
  type Delivery,
  type DeliveryHandler,
  type ExchangeDeclaration,
  type ParkedMessage,
  type ParkedPage,
  type Parking,
  type PublishOptions,
  type QueueDeclaration,
  type QueueInfo,
} from "@switchboard/bus";
import type { Dispatcher, Message } from "@switchboard/core";
import { fromPlain, type HandlerFailure, type PlainDelivery, type PlainParked } from "./wire.ts";

/** A bus behind a link. What its errors say is what the real bus says; a lost link is LINK_LOST, which is retryable. */
export class LinkedBus implements Bus {
  readonly #dispatcher: Dispatcher;
  readonly #serverId: string;
  readonly #consumers: Set<Consumer> = new Set();
  #lastConsumer = 0;
  #closing: Promise<void> | undefined;

  /** `serverId` is the id of the `BusServer` that was made for this process. */
  constructor(dispatcher: Dispatcher, serverId: string) {
    this.#dispatcher = dispatcher;
    this.#serverId = serverId;
  }

  async declareExchange(exchange: ExchangeDeclaration): Promise<void> {
    await this.#call("declareExchange", exchange);
  }

  async declareQueue(queue: QueueDeclaration): Promise<void> {
    await this.#call("declareQueue", queue);
  }

  async publish(routingKey: string, body: string | Uint8Array, options: PublishOptions = {}): Promise<void> {
    const { decoded: _, ...sent } = options;
    await this.#call("publish", { routingKey, body: Buffer.from(body).toString("base64"), options: sent });
  }

  async consume(queue: string, options: ConsumeOptions, handler: DeliveryHandler): Promise<Consumer> {
    const id = `${this.#serverId}.consumer-${++this.#lastConsumer}`;
    const listener = {
      id,
      handleMessageSync: (): never => {
        throw new TypeError("deliveries are asynchronous");
      },
      handleMessage: ({ content }: Message): Promise<HandlerFailure | null> =>
        run(handler, fromPlain(content as PlainDelivery)),
    };
    this.#dispatcher.register(listener);
    try {
      await this.#call("consume", { queue, options, consumerId: id });
    } catch (error) {
      this.#dispatcher.deregister(listener);
      throw error;
    }
    const consumer: Consumer = {
      queue,
      pause: async () => void (this.#consumers.has(consumer) && (await this.#send("pause", id))),
      // Nobody waits for it; should the link be lost, so is the consumer.
      resume: () => void (this.#consumers.has(consumer) && this.#send("resume", id).catch(() => undefined)),
      stop: async () => {
        if (!this.#consumers.delete(consumer)) return;
        await this.#send("stop", id);
        this.#dispatcher.deregister(listener);
      },
    };
    this.#consumers.add(consumer);
    return consumer;
  }

  async inspect(queue?: string): Promise<readonly QueueInfo[]> {
    return (await this.#call("inspect", queue ?? null)) as readonly QueueInfo[];
  }

  readonly parking: Parking = {
    list: async (queue, options) => {
      const page = (await this.#call("parked", { queue, options })) as { messages: PlainParked[]; next: string | null };
      return {
        messages: page.messages.map((one) => fromPlain(one)),
        next: page.next ?? undefined,
      } satisfies ParkedPage;
    },
    get: async (queue, id) => {
      const parked = (await this.#call("parkedOne", [queue, id])) as PlainParked | null;
      return parked === null ? undefined : (fromPlain(parked) satisfies ParkedMessage);
    },
    retry: async (queue, ids) => (await this.#call("retry", [queue, ids])) as number,
    drop: async (queue, ids) => (await this.#call("drop", [queue, ids])) as number,
  };

  /** Stops this process's consumers; the real bus stays open. */
  close(): Promise<void> {
    this.#closing ??= Promise.all([...this.#consumers].map((consumer) => consumer.stop())).then(() => undefined);
    return this.#closing;
  }

  #send(type: string, content: unknown): Promise<unknown> {
    return this.#dispatcher.send({ type, destinationId: this.#serverId, responseRequired: true, content });
  }

  async #call(type: string, content: unknown): Promise<unknown> {
    if (this.#closing !== undefined) throw new BusError("BUS_CLOSED", `${type}: the bus of this process is closed`);
    return this.#send(type, content);
  }
}

// As a value rather than as an error: on its way an error loses whether it may be tried again.
async function run(handler: DeliveryHandler, delivery: Delivery): Promise<HandlerFailure | null> {
  try {
    await handler(delivery);
    return null;
  } catch (error) {
    const { name = "Error", message = String(error), code, retryable } = (error ?? {}) as Partial<HandlerFailure>;
    return { name, message, code, retryable };
  }
}
