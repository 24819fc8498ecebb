// The base of all applications: one receive-inbound connector, sessions and events sorted to a method each, and the three ways to answer.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import { defaultEndpoint, endpointOf, withEndpoint } from "../message/envelope.ts";
import type { Ack, DeliveryReport, Nack, TransportEvent } from "../message/event.ts";
import { createGroupReply, createReply, createSend, type ReplyOptions, type SendFields } from "../message/reply.ts";
import type { UserMessage } from "../message/user-message.ts";
import type { Connector } from "./connector.ts";
import { WorkerError } from "./errors.ts";
import { Worker } from "./worker.ts";

const applicationFields = {
  transport_name: {
    type: "text",
    required: true,
    static: true,
    doc: "Names the application's connector and its queues; lower case.",
  },
  send_to: {
    type: "dict",
    of: { type: "dict" },
    default: {},
    static: true,
    doc: "Endpoint → fields of the messages sent there that answer none. Behind classic routers each needs a `transport_name`.",
  },
} as const;

/** What every application is configured with. */
export type ApplicationConfig = ConfigOf<typeof applicationFields>;

/** What may be said about a reply besides its content. */
export type AnswerOptions = Pick<ReplyOptions, "continueSession" | "fields">;

/** Where a message that answers none goes out, and how. */
export interface SendToOptions {
  /** Default `default`. */
  readonly endpoint?: string;
  /** Wins over the configured fields of the endpoint. */
  readonly fields?: SendFields;
}

/**
 * The base of all applications. Override what you need; everything else is acknowledged and nothing happens.
 *
 * A handler that throws gets its message again later; after several deliveries it is parked.
 */
export abstract class Application<Config extends ApplicationConfig = ApplicationConfig> extends Worker<Config> {
  static override readonly fields: ConfigFields = applicationFields;

  /** The endpoints that `sendTo` may use; null allows all. */
  readonly allowedEndpoints: readonly string[] | null = [defaultEndpoint];
  #connector: Connector | undefined;

  /** A person wrote within a session, or where there are none. */
  protected onMessage(_message: UserMessage): void | Promise<void> {}

  /** A person began a session. Default: the same as {@link onMessage}. */
  protected onNewSession(message: UserMessage): void | Promise<void> {
    return this.onMessage(message);
  }

  /** A person, or the network, ended a session. It cannot be answered any more. */
  protected onCloseSession(_message: UserMessage): void | Promise<void> {}

  /** The network accepted a message of ours. */
  protected onAck(_event: Ack): void | Promise<void> {}

  /** A message of ours could not be sent. */
  protected onNack(_event: Nack): void | Promise<void> {}

  /** What became of a message that the network had accepted. */
  protected onDeliveryReport(_event: DeliveryReport): void | Promise<void> {}

  protected override setupConnectors(): void {
    const connector = this.addConnector(this.config.transport_name, "receive-inbound");
    connector.setHandler("inbound", (message) => this.dispatchMessage(message));
    connector.setHandler("event", (event) => this.dispatchEvent(event));
    this.#connector = connector;
  }

  /** Also handles messages and events of another endpoint. Call it in `setupConnectors`, after the base's. */
  protected handleEndpoint(endpoint: string): void {
    this.#use().setHandler("inbound", (message) => this.dispatchMessage(message), endpoint);
    this.#use().setHandler("event", (event) => this.dispatchEvent(event), endpoint);
  }

  /** Sorts a message to its method, by its session event. */
  protected dispatchMessage(message: UserMessage): void | Promise<void> {
    switch (message.session_event) {
      case "new":
        return this.onNewSession(message);
      case "close":
        return this.onCloseSession(message);
      case "resume":
      case null:
        return this.onMessage(message);
    }
  }

  /** Sorts an event to its method. */
  protected dispatchEvent(event: TransportEvent): void | Promise<void> {
    switch (event.event_type) {
      case "ack":
        return this.onAck(event);
      case "nack":
        return this.onNack(event);
      case "delivery_report":
        return this.onDeliveryReport(event);
    }
  }

  /** Answers the sender; resolves with the message when it is safe on the bus. `continueSession: false` ends the session with it. */
  async replyTo(original: UserMessage, content: string | null, options: AnswerOptions = {}): Promise<UserMessage> {
    const { clock, newId } = this.context;
    const message = createReply(original, content, { ...options, clock, newId });
    await this.#use().publish("outbound", message, { endpoint: endpointOf(original) });
    return message;
  }

  /** Answers the group that the message came from; without a group, its sender. */
  async replyToGroup(original: UserMessage, content: string | null, options: AnswerOptions = {}): Promise<UserMessage> {
    const { clock, newId } = this.context;
    const message = createGroupReply(original, content, { ...options, clock, newId });
    await this.#use().publish("outbound", message, { endpoint: endpointOf(original) });
    return message;
  }

  /**
   * Sends a message that answers none, with the fields configured for its endpoint; resolves when it is safe on the bus.
   *
   * @throws {WorkerError} WORKER_ENDPOINT_NOT_ALLOWED.
   */
  async sendTo(to_addr: string, content: string | null, options: SendToOptions = {}): Promise<UserMessage> {
    const { endpoint = defaultEndpoint, fields } = options;
    if (this.allowedEndpoints !== null && !this.allowedEndpoints.includes(endpoint)) {
      throw new WorkerError(
        "WORKER_ENDPOINT_NOT_ALLOWED",
        `application ${this.name}: expected one of the endpoints ${this.allowedEndpoints.join(", ")}, got ${endpoint}`,
      );
    }
    const { clock, newId } = this.context;
    const configured = Object.hasOwn(this.config.send_to, endpoint) ? this.config.send_to[endpoint] : undefined;
    const merged: SendFields = { ...configured, ...fields };
    const message = withEndpoint(createSend(to_addr, content, { fields: merged, clock, newId }), endpoint);
    await this.#use().publish("outbound", message);
    return message;
  }

  #use(): Connector {
    if (this.#connector !== undefined) return this.#connector;
    throw new WorkerError("WORKER_STATE", `application ${this.name} has no connector before it is started`);
  }
}
