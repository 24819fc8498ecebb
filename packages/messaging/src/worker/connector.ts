// A connector: a worker's named pair of ends on the bus. It has an intake for each kind that it consumes, and publishes. Which kinds go which way
// depends on its role.

import type { Bus, ConsumeOptions, Consumer } from "@switchboard/bus";
import type { Clock, Logger } from "@switchboard/core";
import { type IgnoreMessage, WorkerError } from "./errors.ts";
import { defaultEndpoint, withEndpoint } from "../message/envelope.ts";
import { createEvent } from "../message/event.ts";
import { Deadlines } from "./deadlines.ts";
import { Intake, type IntakeOptions } from "./intake.ts";
import {
  type Alongside,
  codecs,
  idOf,
  type MessageHandler,
  type MessageKind,
  type MessageOfKind,
  routingKeysOf,
} from "./kinds.ts";
import { type MiddlewarePass, type MiddlewareStack, SideWork } from "./middleware.ts";
import type { Watch } from "./observer.ts";

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
  /** Gets what middleware does alongside, of a handler that publishes: its own message then waits for it, and `publish` does not. */
  readonly alongside?: Alongside | undefined;
}

/** One connector of one worker. Consumers exist, paused, from `setup` on; messages flow after `resume`. */
export class Connector {
  readonly name: string;
  readonly role: ConnectorRole;
  readonly #options: ConnectorOptions;
  readonly #intakes = new Map<MessageKind, Intake>();
  readonly #deadlines: Deadlines;
  readonly #keys: Readonly<Record<MessageKind, string>>;
  #consumers: Consumer[] = [];

  constructor(name: string, role: ConnectorRole, options: ConnectorOptions) {
    this.name = name;
    this.role = role;
    this.#options = options;
    this.#keys = routingKeysOf(name);
    this.#deadlines = new Deadlines(options.clock, options.handlerTimeoutMs);
    const { watch } = options;
    const shared = { ...options, connector: name, deadlines: this.#deadlines, watch };
    for (const kind of connectorRoles[role].consumes) {
      const ignored: IntakeOptions["ignored"] = (message, reason) => this.#ignored(kind, message, reason);
      this.#intakes.set(kind, new Intake({ ...shared, kind, ignored }));
    }
  }

  /** Handles messages of `kind` that are addressed to `endpoint`; a second handler for the same replaces the first. */
  setHandler<Kind extends MessageKind>(
    kind: Kind,
    handler: MessageHandler<Kind>,
    endpoint: string = defaultEndpoint,
  ): void {
    this.#intakeOf(kind).handlers.set(endpoint, handler as MessageHandler<MessageKind>);
  }

  /** Handles messages of `kind` whose endpoint has no handler of its own. Without one they are logged and acknowledged. */
  setCatchAll<Kind extends MessageKind>(kind: Kind, handler: MessageHandler<Kind>): void {
    this.#intakeOf(kind).catchAll = handler as MessageHandler<MessageKind>;
  }

  /** Creates the consumers, paused, so that what is published from now on waits. */
  async setup(): Promise<void> {
    const { bus, consume } = this.#options;
    const paused = { ...consume, startPaused: true };
    for (const [kind, intake] of this.#intakes) {
      this.#consumers.push(await bus.consume(this.#keys[kind], paused, (delivery) => intake.receive(delivery)));
    }
  }

  resume(): void {
    for (const { outage } of this.#intakes.values()) outage.open();
    for (const consumer of this.#consumers) consumer.resume();
  }

  /** Resolves when no handler runs any more. */
  async pause(): Promise<void> {
    this.#giveUpWaiting();
    await Promise.all(this.#consumers.map((consumer) => consumer.pause()));
  }

  /** Pauses, then gives back what was prefetched. */
  async stop(): Promise<void> {
    this.#giveUpWaiting();
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
  publish<Kind extends MessageKind>(kind: Kind, message: MessageOfKind[Kind], to?: PublishTo): Promise<void> {
    try {
      this.#expectPublished(kind);
      const endpoint = to?.endpoint;
      const isAddressed = endpoint === undefined || message.routing_metadata["endpoint_name"] === endpoint;
      const addressed = isAddressed ? message : withEndpoint(message, endpoint);
      const { watch, middleware } = this.#options;
      if (watch !== undefined) return this.#publishWatched(kind, addressed, watch, to);
      if (middleware.has("publish", kind)) return this.#publishBehindMiddleware(kind, addressed, to).then(nothing);
      return this.#send(kind, addressed);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #giveUpWaiting(): void {
    for (const { outage } of this.#intakes.values()) outage.close();
  }

  #send<Kind extends MessageKind>(kind: Kind, message: MessageOfKind[Kind]): Promise<void> {
    return this.#options.bus.publish(this.#keys[kind], codecs[kind].send(message), { decoded: message });
  }

  #expectPublished(kind: MessageKind): void {
    const { publishes } = connectorRoles[this.role];
    if (publishes.includes(kind)) return;
    throw new WorkerError(
      "WORKER_KIND_NOT_PUBLISHED",
      `connector ${this.name} (${this.role}) publishes ${publishes.join(", ") || "nothing"}, got ${kind}`,
    );
  }

  /** Resolves with what was published. */
  async #publishBehindMiddleware<Kind extends MessageKind>(
    kind: Kind,
    message: MessageOfKind[Kind],
    to: PublishTo | undefined,
    passes?: MiddlewarePass[],
  ): Promise<MessageOfKind[Kind]> {
    const work = new SideWork();
    const passage = { message, connector: this.name, alongside: to?.alongside ?? work.add, passes };
    const passed = this.#options.middleware.run("publish", kind, passage);
    const final = passed instanceof Promise ? await passed : passed;
    await this.#send(kind, final);
    const sideWork = work.done();
    if (sideWork !== undefined) await sideWork;
    return final;
  }

  #publishWatched<Kind extends MessageKind>(
    kind: Kind,
    message: MessageOfKind[Kind],
    { observer, worker, workerKind }: Watch,
    to: PublishTo | undefined,
  ): Promise<void> {
    const { clock, middleware } = this.#options;
    const connector = this.name;
    const at = clock.now();
    const passes: MiddlewarePass[] | undefined = middleware.has("publish", kind) ? [] : undefined;
    const tell = (published: MessageOfKind[Kind], error: unknown): void => {
      const tookMs = clock.now() - at;
      const passed = { at, tookMs, middleware: passes };
      observer.published({ worker, workerKind, connector, kind, message: published, rule: to?.rule, error, ...passed });
    };
    const fail = (error: unknown): never => {
      tell(message, error);
      throw error;
    };
    try {
      if (passes !== undefined) {
        return this.#publishBehindMiddleware(kind, message, to, passes).then((final) => tell(final, undefined), fail);
      }
      return this.#send(kind, message).then(() => tell(message, undefined), fail);
    } catch (error) {
      return fail(error);
    }
  }

  #intakeOf(kind: MessageKind): Intake {
    const intake = this.#intakes.get(kind);
    if (intake !== undefined) return intake;
    const expected = connectorRoles[this.role].consumes.join(", ") || "nothing";
    throw new WorkerError(
      "WORKER_KIND_NOT_CONSUMED",
      `connector ${this.name} (${this.role}) consumes ${expected}, got a handler for ${kind}`,
    );
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
}

function nothing(): undefined {
  return undefined;
}
