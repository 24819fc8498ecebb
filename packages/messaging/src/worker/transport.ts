// The base of all transports: a receive-outbound connector towards the applications, events about what was sent, statuses, failures.
// A subclass speaks its channel's protocol: it implements `sendOutbound` and calls `publishMessage` for what people write.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import { createEvent, type DeliveryReport, type EventFields, type TransportEvent } from "../message/event.ts";
import { createFailure } from "../message/failure.ts";
import { createStatus, type StatusFields, StatusFilter, type TransportStatus } from "../message/status.ts";
import { createUserMessage, type UserMessage, type UserMessageFields } from "../message/user-message.ts";
import type { Connector } from "./connector.ts";
import { DeliveryFailed, WorkerError } from "./errors.ts";
import { Worker } from "./worker.ts";

const transportFields = {
  transport_name: {
    type: "text",
    required: true,
    static: true,
    doc: "Names the channel and its queues; lower case.",
  },
  publish_status: {
    type: "bool",
    default: false,
    static: true,
    doc: "Whether statuses of the channel go onto the bus.",
  },
} as const;

/** What every transport is configured with. */
export type TransportConfig = ConfigOf<typeof transportFields>;

/** What a new inbound message is made of; the transport's own fields are filled in. */
export type InboundFields = Omit<UserMessageFields, "transport_name" | "transport_type"> &
  Partial<Pick<UserMessageFields, "transport_name" | "transport_type">>;

/**
 * The base of all transports.
 *
 * 1. Every outbound message MUST end in exactly one ack or nack, or be delivered again.
 * 2. A failure message MUST never go without a nack for the same message.
 * 3. A person's message MUST be acknowledged on the channel only after `publishMessage` has resolved: then it is safe.
 */
export abstract class Transport<Config extends TransportConfig = TransportConfig> extends Worker<Config> {
  static override readonly fields: ConfigFields = transportFields;

  /** One of the `transportTypes`, written into every inbound message: `sms`, `ussd`, `telnet`, … */
  abstract readonly transportType: string;
  readonly #statusFilter = new StatusFilter();
  #connector: Connector | undefined;
  #statusConnector: Connector | undefined;

  /**
   * Hands one message to the channel. When it resolves, the subclass has published an ack or a nack, or will when the channel answers.
   *
   * @throws {DeliveryFailed} when it cannot be sent: the base then publishes the nack and the failure. Any other error counts as one of
   *   unknown kind.
   */
  protected abstract sendOutbound(message: UserMessage): Promise<void>;

  protected override setupConnectors(): void {
    const { transport_name } = this.config;
    this.#statusConnector = this.addConnector(`${transport_name}.status`, "publish-status");
    this.#connector = this.addConnector(transport_name, "receive-outbound");
    this.addOutboundHandler((message) => this.sendOutbound(message));
  }

  /** Handles outbound messages of one endpoint (default `default`) with the same treatment of failures as `sendOutbound`. */
  protected addOutboundHandler(handler: (message: UserMessage) => Promise<void>, endpoint?: string): void {
    this.#use().setHandler(
      "outbound",
      async (message) => {
        try {
          await handler(message);
        } catch (error) {
          await this.#fail(message, error);
        }
      },
      endpoint,
    );
  }

  /** Publishes what a person wrote; resolves with the message when it is safe on the bus. */
  protected async publishMessage(fields: InboundFields): Promise<UserMessage> {
    const { clock, newId } = this.context;
    const own = { transport_name: this.config.transport_name, transport_type: this.transportType };
    const message = createUserMessage({ ...own, ...fields }, { clock, newId });
    await this.#use().publish("inbound", message);
    return message;
  }

  /** Tells the application that the network accepted its message, under the id `sent_message_id`. */
  protected publishAck(user_message_id: string, sent_message_id: string): Promise<TransportEvent> {
    return this.publishEvent({ event_type: "ack", user_message_id, sent_message_id });
  }

  /** Tells the application that its message was not sent, and why. */
  protected publishNack(user_message_id: string, nack_reason: string): Promise<TransportEvent> {
    return this.publishEvent({ event_type: "nack", user_message_id, nack_reason });
  }

  /** Tells the application what became of a message that the network had accepted. */
  protected publishDeliveryReport(
    user_message_id: string,
    delivery_status: DeliveryReport["delivery_status"],
  ): Promise<TransportEvent> {
    return this.publishEvent({ event_type: "delivery_report", user_message_id, delivery_status });
  }

  /** Publishes an event with the transport's name filled in; resolves with it when it is safe on the bus. */
  protected async publishEvent(fields: EventFields): Promise<TransportEvent> {
    const { clock, newId } = this.context;
    const event = createEvent({ transport_name: this.config.transport_name, ...fields }, { clock, newId });
    await this.#use().publish("event", event);
    return event;
  }

  /**
   * Says how a component of the transport does. It goes onto the bus when `publish_status` is set; it is returned either way.
   *
   * @throws {MessageFormatError} MESSAGE_FIELD_MISSING, MESSAGE_FIELD_INVALID.
   */
  protected async publishStatus(fields: StatusFields): Promise<TransportStatus> {
    const status = createStatus(fields, { clock: this.context.clock });
    const { component, type, message } = status;
    this.context.logger.debug({ worker: this.name, component, status: status.status, type }, message);
    if (this.config.publish_status) await this.#statusConnector?.publish("status", status);
    return status;
  }

  /** The same, but only if it is news: another level than before for its component, or a type not yet said at this level. */
  protected async publishStatusChange(fields: StatusFields): Promise<void> {
    if (this.#statusFilter.isNews(fields)) await this.publishStatus(fields);
  }

  // The nack goes first: an application that hears nothing waits for ever, while a failure worker only retries. When either cannot be
  // published, the outbound message is delivered again.
  async #fail(message: UserMessage, error: unknown): Promise<void> {
    const failed = error instanceof DeliveryFailed ? error : undefined;
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const { clock, logger } = this.context;
    logger.error(
      { worker: this.name, message_id: message.message_id, failure_code: failed?.failureCode ?? null, err: error },
      "an outbound message could not be sent",
    );
    await this.publishNack(message.message_id, error instanceof Error ? error.message : String(error));
    const failure = createFailure({ message, failure_code: failed?.failureCode ?? null, reason }, { clock });
    await this.#use().publish("failure", failure);
  }

  #use(): Connector {
    if (this.#connector !== undefined) return this.#connector;
    throw new WorkerError("WORKER_STATE", `transport ${this.name} has no connector before it is started`);
  }
}
