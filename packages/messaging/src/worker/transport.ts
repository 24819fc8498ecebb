// The base of all transports: a receive-outbound connector towards the applications, events about what was sent, statuses, failures.
// A subclass speaks its channel's protocol: it implements `sendOutbound` and calls `publishMessage` for what people write.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import { createEventOf, type DeliveryReport, type EventFields, type TransportEvent } from "../message/event.ts";
import { createFailure } from "../message/failure.ts";
import { createStatus, type StatusFields, StatusFilter, type TransportStatus } from "../message/status.ts";
import { createUserMessageOf, type UserMessage, type UserMessageFields } from "../message/user-message.ts";
import type { Connector } from "./connector.ts";
import type { Alongside } from "./kinds.ts";
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

/** How far the ack or nack of an outbound message is. */
interface Answer {
  state: "owed" | "uncertain" | "published";
  /** Of the outbound message's delivery. */
  readonly alongside: Alongside;
}

/**
 * The base of all transports. What every transport promises; `transportContract` in `@switchboard/transports/testing` checks each number.
 *
 * 1. Every outbound message MUST end in exactly one ack or nack, unless it is delivered again or parked; a channel that cannot send at all
 *    publishes neither.
 * 2. A failure message MUST never go without a nack for the same message, and holds the whole message, a code and a reason.
 * 3. A person's message MUST be accepted on the channel only when `publishMessage` has resolved: then it is safe. Otherwise the channel
 *    MUST be told, where its protocol can, so that it tries again.
 * 4. Text MUST arrive as it was written, in both directions, with the transport's name and type, and under an id that is never used again.
 * 5. What one person writes one after the other MUST reach the bus in that order, where the channel has an order.
 * 6. Events MUST name the message and the transport.
 * 7. Statuses MUST tell when the channel is open for people, and go onto the bus only with `publish_status`.
 * 8. Nothing that comes in on the channel MUST ever end the worker or grow its memory without bound.
 * 9. A send that does not end within `handler_timeout` MUST count as failed and be delivered again; others MUST not wait for it.
 * 10. `stop` MUST wait for sends in work, close the channel, leave no timer behind, and be idempotent; what comes later waits on the bus.
 */
export abstract class Transport<Config extends TransportConfig = TransportConfig> extends Worker<Config> {
  static override readonly fields: ConfigFields = transportFields;

  /** One of the `transportTypes`, written into every inbound message: `sms`, `ussd`, `telnet`, … */
  abstract readonly transportType: string;
  readonly #statusFilter = new StatusFilter();
  #connector: Connector | undefined;
  #statusConnector: Connector | undefined;
  /** Of the outbound messages in work. */
  readonly #answers = new Map<string, Answer>();

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
      async (message, alongside) => {
        const answer: Answer = { state: "owed", alongside };
        this.#answers.set(message.message_id, answer);
        try {
          await handler(message);
        } catch (error) {
          await this.#fail(message, error, answer);
        } finally {
          this.#answers.delete(message.message_id);
        }
      },
      endpoint,
    );
  }

  /** Publishes what a person wrote; resolves with the message when it is safe on the bus. */
  protected async publishMessage(fields: InboundFields): Promise<UserMessage> {
    const { clock, newId } = this.context;
    const { transport_name = this.config.transport_name, transport_type = this.transportType } = fields;
    const message = createUserMessageOf({ transport_name, transport_type }, fields, { clock, newId });
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
    const { transport_name = this.config.transport_name } = fields;
    const event = createEventOf(transport_name, fields, { clock, newId });
    const { event_type, user_message_id } = event;
    const answer = event_type === "delivery_report" ? undefined : this.#answers.get(user_message_id);
    if (answer !== undefined) answer.state = "uncertain";
    // The message that it answers waits until it is stored, too; until then the next one may be sent.
    await this.#use().publish("event", event, { alongside: answer?.alongside });
    if (answer !== undefined) answer.state = "published";
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

  /** The same, but only if it is news: another level than before for its component, or a type not yet said at this level; else undefined. */
  protected publishStatusChange(fields: StatusFields): Promise<TransportStatus> | undefined {
    return this.#statusFilter.isNews(fields) ? this.publishStatus(fields) : undefined;
  }

  // The nack goes first: an application that hears nothing waits for ever, while a failure worker only retries. When either cannot be
  // published, the outbound message is delivered again.
  async #fail(message: UserMessage, error: unknown, { state }: Answer): Promise<void> {
    const { clock, logger } = this.context;
    const failed = error instanceof DeliveryFailed ? error : undefined;
    const failure_code = failed?.failureCode ?? null;
    const { message_id } = message;
    const note = { worker: this.name, message_id, failure_code, err: error };
    if (state === "published") return logger.error(note, "something failed after an outbound message was answered");
    logger.error(note, "an outbound message could not be sent");
    // Its ack may be on the bus or not; a nack beside it would be a lie in one of the two cases.
    if (state === "uncertain") throw error;
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    await this.publishNack(message.message_id, error instanceof Error ? error.message : String(error));
    const failure = createFailure({ message, failure_code, reason }, { clock });
    await this.#use().publish("failure", failure);
  }

  #use(): Connector {
    if (this.#connector !== undefined) return this.#connector;
    throw new WorkerError("WORKER_STATE", `transport ${this.name} has no connector before it is started`);
  }
}
