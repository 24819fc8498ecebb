// Stores messages and events that pass a worker in the process's message store. A message goes on when it is safe there, so that nothing is
// handled that the store does not know; what the store cannot take fails like any other message, and is tried again.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { TransportEvent } from "../message/event.ts";
import { tagOf } from "../message/tag.ts";
import type { UserMessage } from "../message/user-message.ts";
import type { MessageStore } from "../store/message-store.ts";
import type { StoredDirection } from "../store/rows.ts";
import type { MiddlewareContext } from "../worker/create-middleware.ts";
import { MiddlewareError } from "../worker/errors.ts";
import type { Middleware } from "../worker/middleware.ts";

const storingFields = {
  store_on_consume: {
    type: "bool",
    default: true,
    static: true,
    doc: "False: only what the worker publishes is stored, not what it consumes.",
  },
  store_prefix: {
    type: "text",
    default: "message_store",
    static: true,
    doc: "Vumi's prefix of keys in Redis. Without effect: there is one store per gateway.",
  },
  redis_manager: { type: "dict", default: {}, static: true, doc: "Vumi's Redis. Without effect." },
  riak_manager: { type: "dict", default: {}, static: true, doc: "Vumi's Riak. Without effect." },
} as const;

/** Stores inbound and outbound messages, in the current batch of their tag, and events. Failures are not stored. */
export class StoringMiddleware implements Middleware {
  static readonly fields: ConfigFields = storingFields;
  readonly #config: ConfigOf<typeof storingFields>;
  readonly #context: MiddlewareContext;

  constructor(config: ConfigOf<typeof storingFields>, context: MiddlewareContext) {
    this.#config = config;
    this.#context = context;
  }

  /** @throws {MiddlewareError} MIDDLEWARE_NO_STORE when the process has no message store. */
  setup(): void {
    this.#store();
  }

  consumeInbound(message: UserMessage): UserMessage | Promise<UserMessage> {
    return this.#config.store_on_consume ? this.#add("inbound", message) : message;
  }

  publishInbound(message: UserMessage): Promise<UserMessage> {
    return this.#add("inbound", message);
  }

  consumeOutbound(message: UserMessage): UserMessage | Promise<UserMessage> {
    return this.#config.store_on_consume ? this.#add("outbound", message) : message;
  }

  publishOutbound(message: UserMessage): Promise<UserMessage> {
    return this.#add("outbound", message);
  }

  consumeEvent(event: TransportEvent): TransportEvent | Promise<TransportEvent> {
    return this.#config.store_on_consume ? this.publishEvent(event) : event;
  }

  async publishEvent(event: TransportEvent): Promise<TransportEvent> {
    await this.#store().addEvent(event);
    return event;
  }

  async #add(direction: StoredDirection, message: UserMessage): Promise<UserMessage> {
    await this.#store().addMessage(direction, message, { tag: tagOf(message) });
    return message;
  }

  #store(): MessageStore {
    const { messageStore, name } = this.#context;
    if (messageStore !== undefined) return messageStore;
    throw new MiddlewareError("MIDDLEWARE_NO_STORE", `middleware ${name}: this process has no message store`, {
      details: { middleware: name },
    });
  }
}
