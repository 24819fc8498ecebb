// A network that does not exist: takes messages, says what became of them by chance, and sometimes writes back. For load and demonstrations.

import {
  type ConfigFields,
  type ConfigOf,
  Transport,
  type TransportConfig,
  type UserMessage,
} from "@switchboard/messaging";

const devNullFields = {
  transport_type: { type: "text", default: "sms", static: true, doc: "Written into every inbound message." },
  ack_rate: {
    type: "float",
    min: 0,
    max: 1,
    required: true,
    static: true,
    doc: "Share of messages that the network accepts, 0 to 1.",
  },
  failure_rate: {
    type: "float",
    min: 0,
    max: 1,
    required: true,
    static: true,
    doc: "Share of accepted messages that are reported as failed, 0 to 1.",
  },
  reply_rate: {
    type: "float",
    min: 0,
    max: 1,
    required: true,
    static: true,
    doc: "Share of accepted messages that are answered, 0 to 1.",
  },
  reply_copy: { type: "text", static: true, doc: "Content of the answers; default the content of the message." },
} as const;

/** What the fake network is configured with. */
export type DevNullConfig = TransportConfig & ConfigOf<typeof devNullFields>;

/** Accepts, reports and answers messages by the configured rates. */
export class DevNullTransport extends Transport<DevNullConfig> {
  static readonly summary: string =
    "Plays a network that accepts, reports and answers by configured rates: for measuring and for trying.";
  static override readonly fields: ConfigFields = devNullFields;
  readonly transportType: string = this.config.transport_type;
  /** Gives numbers from 0 up to 1. Replaced in tests. */
  protected readonly random: () => number = Math.random;

  protected override async sendOutbound(message: UserMessage): Promise<void> {
    const { message_id, from_addr, to_addr, content } = message;
    const { ack_rate, failure_rate, reply_rate, reply_copy } = this.config;
    if (this.random() >= ack_rate) {
      await this.publishNack(message_id, "Not accepted by network");
      return;
    }
    const delivery_status = this.random() < failure_rate ? "failed" : "delivered";
    this.context.logger.info({ worker: this.name }, `MT ${delivery_status}: ${from_addr} -> ${to_addr}: ${content}`);
    await this.publishAck(message_id, this.context.newId());
    await this.publishDeliveryReport(message_id, delivery_status);
    if (this.random() >= reply_rate) return;
    const answer = reply_copy ?? content;
    this.context.logger.info({ worker: this.name }, `MO ${to_addr} -> ${from_addr}: ${answer}`);
    await this.publishMessage({ to_addr: from_addr, from_addr: to_addr, content: answer, provider: "devnull" });
  }
}
