// Stores messages and events that pass a worker in the process's message store, while they go on; nothing is acknowledged, or counts as published,
// that is not safe there too. While the store fails or takes long, messages wait for it before they go on: else as many as had gone on would be
// sent again when it has failed for good.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { TransportEvent } from "../message/event.ts";
import { tagOf } from "../message/tag.ts";
import type { UserMessage } from "../message/user-message.ts";
import type { MessageStore } from "../store/message-store.ts";
import type { StoredDirection } from "../store/rows.ts";
import type { MiddlewareContext } from "../worker/create-middleware.ts";
import { MiddlewareError } from "../worker/errors.ts";
import type { Alongside, MaybePromise } from "../worker/kinds.ts";
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
  static readonly summary: string = "Keeps messages and events that pass in the message store.";
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

  consumeInbound(message: UserMessage, _connector: string, alongside: Alongside): MaybePromise<UserMessage> {
    return this.#config.store_on_consume ? this.#add("inbound", message, alongside) : message;
  }

  publishInbound(message: UserMessage, _connector: string, alongside: Alongside): MaybePromise<UserMessage> {
    return this.#add("inbound", message, alongside);
  }

  consumeOutbound(message: UserMessage, _connector: string, alongside: Alongside): MaybePromise<UserMessage> {
    return this.#config.store_on_consume ? this.#add("outbound", message, alongside) : message;
  }

  publishOutbound(message: UserMessage, _connector: string, alongside: Alongside): MaybePromise<UserMessage> {
    return this.#add("outbound", message, alongside);
  }

  consumeEvent(event: TransportEvent, connector: string, alongside: Alongside): MaybePromise<TransportEvent> {
    return this.#config.store_on_consume ? this.publishEvent(event, connector, alongside) : event;
  }

  publishEvent(event: TransportEvent, _connector: string, alongside: Alongside): MaybePromise<TransportEvent> {
    return this.#keep(event, this.#store().addEvent(event), alongside);
  }

  #add(direction: StoredDirection, message: UserMessage, alongside: Alongside): MaybePromise<UserMessage> {
    return this.#keep(message, this.#store().addMessage(direction, message, { tag: tagOf(message) }), alongside);
  }

  #keep<Message>(message: Message, stored: Promise<void>, alongside: Alongside): MaybePromise<Message> {
    if (!this.#store().isInTrouble) {
      alongside(stored);
      return message;
    }
    return stored.then(() => message);
  }

  #store(): MessageStore {
    const { messageStore, name } = this.#context;
    if (messageStore !== undefined) return messageStore;
    throw new MiddlewareError("MIDDLEWARE_NO_STORE", `middleware ${name}: this process has no message store`, {
      details: { middleware: name },
    });
  }
}
