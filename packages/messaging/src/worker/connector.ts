// A connector: a worker's named pair of ends on the bus. It decodes, picks the handler by endpoint, runs the middleware, keeps the order
// per address pair, limits the time a handler may take, and publishes. Which kinds go which way depends on its role.

import type { Bus, ConsumeOptions, Consumer, Delivery } from "@switchboard/bus";
import type { Clock, Logger } from "@switchboard/core";
import { IgnoreMessage, WorkerError } from "./errors.ts";
import { defaultEndpoint, endpointOf, withEndpoint } from "../message/envelope.ts";
import { createEvent } from "../message/event.ts";
import { Deadlines } from "./deadlines.ts";
import { KeySequence } from "./key-sequence.ts";
import { codecs, type MaybePromise, type MessageKind, type MessageOfKind, routingKeysOf } from "./kinds.ts";
import type { MiddlewareStack } from "./middleware.ts";
import type { HandledOutcome, Watch } from "./observer.ts";

/** What a connector is for: it decides what is consumed and what may be published. */
export type ConnectorRole = "receive-inbound" | "receive-outbound" | "publish-status" | "receive-status";

/** Consumed kinds are handled, published kinds may be published. Applications have receive-inbound, transports receive-outbound. */
export const connectorRoles: Readonly<
  Record<ConnectorRole, { readonly consumes: readonly MessageKind[]; readonly publishes: readonly MessageKind[] }>
> = {
  "receive-inbound": { consumes: ["inbound", "event"], publishes: ["outbound"] },
  "receive-outbound": { consumes: ["outbound"], publishes: ["inbound", "event", "failure"] },
  "publish-status": { consumes: [], publishes: ["status"] },
  "receive-status": { consumes: ["status"], publishes: [] },
};

/**
 * Handles one message. Resolving acknowledges it.
 *
 * @throws {IgnoreMessage} when there is nothing to be done; any other error has the message delivered again, or parked.
 */
export type MessageHandler<Kind extends MessageKind> = (message: MessageOfKind[Kind]) => MaybePromise<void>;

/** What all connectors of a worker share. */
export interface ConnectorOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly middleware: MiddlewareStack;
  /** Prefetch and retries of every queue consumed. */
  readonly consume: ConsumeOptions;
  /** How long a handler, its middleware included, may take before the message counts as failed. Milliseconds. */
  readonly handlerTimeoutMs: number;
  /** Who hears of what goes through; default nobody. */
  readonly watch?: Watch | undefined;
}

/** What may be said about where a message goes. */
export interface PublishTo {
  /** Default: what the message says. */
  readonly endpoint?: string | undefined;
  /** The number of the router's rule that sends it there; only told to whoever watches. */
  readonly rule?: number | undefined;
}

// The bus's own default.
const defaultMaxDeliveries = 5;

interface WatchedDelivery {
  readonly kind: MessageKind;
  readonly message: MessageOfKind[MessageKind];
  readonly delivery: Delivery;
  readonly watch: Watch;
}

interface Handlers {
  readonly byEndpoint: Map<string, MessageHandler<MessageKind>>;
  catchAll: MessageHandler<MessageKind>;
}

/** What middleware does while a message goes further. */
class SideWork {
  #work: Promise<unknown>[] | undefined;

  readonly add = (work: Promise<unknown>): void => {
    // Should the message fail sooner, nobody looks at it any more.
    work.catch(() => undefined);
    this.#work ??= [];
    this.#work.push(work);
  };

  /** Resolves when all of it has succeeded; at once when there is none. */
  done(): Promise<unknown> | undefined {
    return this.#work === undefined ? undefined : Promise.all(this.#work);
  }
}

/** One connector of one worker. Consumers exist, paused, from `setup` on; messages flow after `resume`. */
export class Connector {
  readonly name: string;
  readonly role: ConnectorRole;
  readonly #options: ConnectorOptions;
  readonly #handlers = new Map<MessageKind, Handlers>();
  readonly #deadlines: Deadlines;
  readonly #keys: Readonly<Record<MessageKind, string>>;
  #consumers: Consumer[] = [];

  constructor(name: string, role: ConnectorRole, options: ConnectorOptions) {
    this.name = name;
    this.role = role;
    this.#options = options;
    this.#keys = routingKeysOf(name);
    this.#deadlines = new Deadlines(options.clock, options.handlerTimeoutMs);
    for (const kind of connectorRoles[role].consumes) {
      this.#handlers.set(kind, { byEndpoint: new Map(), catchAll: (message) => this.#unhandled(kind, message) });
    }
  }

  /** Handles messages of `kind` that are addressed to `endpoint`; a second handler for the same replaces the first. */
  setHandler<Kind extends MessageKind>(
    kind: Kind,
    handler: MessageHandler<Kind>,
    endpoint: string = defaultEndpoint,
  ): void {
    this.#handlersOf(kind).byEndpoint.set(endpoint, handler as MessageHandler<MessageKind>);
  }

  /** Handles messages of `kind` whose endpoint has no handler of its own. Without one they are logged and acknowledged. */
  setCatchAll<Kind extends MessageKind>(kind: Kind, handler: MessageHandler<Kind>): void {
    this.#handlersOf(kind).catchAll = handler as MessageHandler<MessageKind>;
  }

  /** Creates the consumers, paused, so that what is published from now on waits. */
  async setup(): Promise<void> {
    const { bus, consume } = this.#options;
    for (const kind of connectorRoles[this.role].consumes) {
      const sequence = new KeySequence();
      const queue = this.#keys[kind];
      const paused = { ...consume, startPaused: true };
      this.#consumers.push(await bus.consume(queue, paused, (delivery) => this.#receive(kind, delivery, sequence)));
    }
  }

  resume(): void {
    for (const consumer of this.#consumers) consumer.resume();
  }

  /** Resolves when no handler runs any more. */
  async pause(): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.pause()));
  }

  /** Pauses, then gives back what was prefetched. */
  async stop(): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.stop()));
    this.#consumers = [];
    this.#deadlines.close();
  }

  /**
   * Sends a message through the publish middleware onto the bus; resolves when it is safe there.
   *
   * `to.endpoint` is written into the message before the middleware sees it; without one the message keeps what it says.
   *
   * @throws {WorkerError} WORKER_KIND_NOT_PUBLISHED; what middleware, codec and bus throw.
   */
  // Not async, as a promise more for each message of each worker shows.
  publish<Kind extends MessageKind>(kind: Kind, message: MessageOfKind[Kind], to: PublishTo = {}): Promise<void> {
    try {
      this.#expectPublished(kind);
      const { endpoint } = to;
      const isAddressed = endpoint === undefined || message.routing_metadata["endpoint_name"] === endpoint;
      const addressed = isAddressed ? message : withEndpoint(message, endpoint);
      const { watch, middleware, bus } = this.#options;
      if (watch !== undefined) return this.#publishWatched(kind, addressed, { ...watch, rule: to.rule });
      if (middleware.has("publish", kind)) return this.#publish(kind, addressed).then(nothing);
      return bus.publish(this.#keys[kind], codecs[kind].encode(addressed));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #expectPublished(kind: MessageKind): void {
    const { publishes } = connectorRoles[this.role];
    if (publishes.includes(kind)) return;
    throw new WorkerError(
      "WORKER_KIND_NOT_PUBLISHED",
      `connector ${this.name} (${this.role}) publishes ${publishes.join(", ") || "nothing"}, got ${kind}`,
    );
  }

  async #publish<Kind extends MessageKind>(kind: Kind, message: MessageOfKind[Kind]): Promise<MessageOfKind[Kind]> {
    if (!this.#options.middleware.has("publish", kind)) {
      await this.#options.bus.publish(this.#keys[kind], codecs[kind].encode(message));
      return message;
    }
    const work = new SideWork();
    const passage = { message, connector: this.name, alongside: work.add };
    const final = await this.#options.middleware.run("publish", kind, passage);
    await this.#options.bus.publish(this.#keys[kind], codecs[kind].encode(final));
    await work.done();
    return final;
  }

  async #publishWatched<Kind extends MessageKind>(
    kind: Kind,
    message: MessageOfKind[Kind],
    { observer, worker, workerKind, rule }: Watch & Pick<PublishTo, "rule">,
  ): Promise<void> {
    const { clock } = this.#options;
    const at = clock.now();
    const tell = (published: MessageOfKind[Kind], error: unknown): void =>
      observer.published({
        worker,
        workerKind,
        connector: this.name,
        kind,
        message: published,
        at,
        tookMs: clock.now() - at,
        rule,
        error,
      });
    try {
      tell(await this.#publish(kind, message), undefined);
    } catch (error) {
      tell(message, error);
      throw error;
    }
  }

  #handlersOf(kind: MessageKind): Handlers {
    const handlers = this.#handlers.get(kind);
    if (handlers !== undefined) return handlers;
    const expected = connectorRoles[this.role].consumes.join(", ") || "nothing";
    throw new WorkerError(
      "WORKER_KIND_NOT_CONSUMED",
      `connector ${this.name} (${this.role}) consumes ${expected}, got a handler for ${kind}`,
    );
  }

  /** Undefined when the message is handled already. What it throws counts as a failed delivery, as a rejection does. */
  #receive(kind: MessageKind, delivery: Delivery, sequence: KeySequence): Promise<void> | void {
    const { logger, watch } = this.#options;
    // A body that is not a message throws here and is parked by the bus, as its error is not retryable.
    const message = codecs[kind].decode(delivery.body, logger);
    const running: MaybePromise<unknown> = sequence.run<unknown>(orderKey(kind, message), () =>
      watch === undefined ? this.#handleInTime(kind, message) : this.#handleWatched({ kind, message, delivery, watch }),
    );
    // What it resolves with is of no interest to the bus.
    return running as Promise<void> | void;
  }

  #handleInTime(kind: MessageKind, message: MessageOfKind[MessageKind]): MaybePromise<IgnoreMessage | undefined> {
    const handled = this.#handle(kind, message);
    if (handled === undefined) return undefined;
    return this.#deadlines.limit(
      handled,
      () => this.#timedOut(kind, message),
      (error) => this.#settledLate(kind, message, error),
    );
  }

  async #handleWatched({ kind, message, delivery, watch }: WatchedDelivery): Promise<void> {
    const { clock } = this.#options;
    const { observer, worker, workerKind } = watch;
    const { publishedAt, attempt } = delivery;
    const at = clock.now();
    const tell = (outcome: HandledOutcome, error: unknown): void => {
      const seen = { worker, workerKind, connector: this.name, kind, message, at, tookMs: clock.now() - at };
      observer.handled({ ...seen, publishedAt, attempt, outcome, error });
    };
    try {
      const ignored = await this.#handleInTime(kind, message);
      tell(ignored === undefined ? "handled" : "ignored", ignored);
    } catch (error) {
      tell(this.#willPark(error, attempt) ? "parked" : "failed", error);
      throw error;
    }
  }

  // As the bus decides it.
  #willPark(error: unknown, attempt: number): boolean {
    const isPermanent = (error as { readonly retryable?: unknown } | null | undefined)?.retryable === false;
    return isPermanent || attempt >= (this.#options.consume.maxDeliveries ?? defaultMaxDeliveries);
  }

  /** Resolves with the reason when the message is ignored; undefined when its handler has ended without a promise. */
  #handle(kind: MessageKind, received: MessageOfKind[MessageKind]): Promise<IgnoreMessage | undefined> | undefined {
    const { byEndpoint, catchAll } = this.#handlersOf(kind);
    // Chosen before the middleware runs: middleware cannot redirect a message to another handler.
    const handler = byEndpoint.get(endpointOf(received)) ?? catchAll;
    if (this.#options.middleware.has("consume", kind)) return this.#handleBehindMiddleware(kind, received, handler);
    try {
      const handled = handler(received);
      if (handled === undefined) return undefined;
      // Not `await`: without middleware this is all that happens to a message.
      return Promise.resolve(handled).then(nothing, (error: unknown) => this.#ignoreOrThrow(kind, received, error));
    } catch (error) {
      return this.#ignoreOrThrow(kind, received, error);
    }
  }

  async #handleBehindMiddleware(
    kind: MessageKind,
    received: MessageOfKind[MessageKind],
    handler: MessageHandler<MessageKind>,
  ): Promise<IgnoreMessage | undefined> {
    const work = new SideWork();
    const passage = { message: received, connector: this.name, alongside: work.add };
    let ignored: IgnoreMessage | undefined;
    try {
      const message = await this.#options.middleware.run("consume", kind, passage);
      await handler(message);
    } catch (error) {
      ignored = await this.#ignoreOrThrow(kind, received, error);
    }
    await work.done();
    return ignored;
  }

  async #ignoreOrThrow(
    kind: MessageKind,
    received: MessageOfKind[MessageKind],
    error: unknown,
  ): Promise<IgnoreMessage> {
    if (!(error instanceof IgnoreMessage)) throw error;
    await this.#ignored(kind, received, error);
    return error;
  }

  async #ignored(kind: MessageKind, message: MessageOfKind[MessageKind], reason: IgnoreMessage): Promise<void> {
    this.#options.logger.debug(
      { connector: this.name, kind, ...idOf(message), reason: reason.message },
      "message ignored",
    );
    if (kind !== "outbound") return;
    const nack = createEvent(
      {
        event_type: "nack",
        user_message_id: (message as MessageOfKind["outbound"]).message_id,
        nack_reason: reason.message,
        // Classic routers find their way by it.
        transport_name: this.name,
      },
      { clock: this.#options.clock },
    );
    await this.publish("event", nack);
  }

  #unhandled(kind: MessageKind, message: MessageOfKind[MessageKind]): void {
    this.#options.logger.warn(
      { connector: this.name, kind, ...idOf(message), endpoint: endpointOf(message) },
      "no handler for this endpoint; message dropped",
    );
  }

  #timedOut(kind: MessageKind, message: MessageOfKind[MessageKind]): WorkerError {
    return new WorkerError(
      "WORKER_HANDLER_TIMEOUT",
      `connector ${this.name}: the handler of an ${kind} message did not end within ${this.#options.handlerTimeoutMs} ms`,
      { details: { connector: this.name, kind, ...idOf(message) } },
    );
  }

  #settledLate(kind: MessageKind, message: MessageOfKind[MessageKind], error: unknown): void {
    const outcome = error === undefined ? "resolved" : "rejected";
    this.#options.logger.warn(
      { connector: this.name, kind, ...idOf(message), outcome },
      "a handler ended after its message had been given up",
    );
  }
}

function nothing(): undefined {
  return undefined;
}

// Messages between the same two addresses stay in order, and so do the events of one message; all else may run side by side.
function orderKey(kind: MessageKind, message: MessageOfKind[MessageKind]): string {
  if (kind === "inbound" || kind === "outbound") {
    const { from_addr, to_addr } = message as MessageOfKind["inbound"];
    return `${from_addr}\n${to_addr}`;
  }
  if (kind === "event") return (message as MessageOfKind["event"]).user_message_id;
  return "";
}

/** The ids by which logs and errors name a message. */
export function idOf(message: MessageOfKind[MessageKind]): Record<string, unknown> {
  if ("message_id" in message) return { message_id: message.message_id };
  if ("event_id" in message) return { event_id: message.event_id, user_message_id: message.user_message_id };
  return {};
}
