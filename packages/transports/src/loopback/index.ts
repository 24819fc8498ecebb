// A network inside the gateway, to try things by: it plays a phone company that carries SMS or USSD. What its people do comes over the bus, so
// that the console's phone works whichever process the channel runs in; what is sent to them is acknowledged, and for SMS reported as delivered.

import type { Consumer, Delivery } from "@switchboard/bus";
import {
  type ConfigFields,
  type ConfigOf,
  DeliveryFailed,
  type InboundFields,
  isOutage,
  OutageWait,
  type SessionEvent,
  Transport,
  type TransportConfig,
  type UserMessage,
  userMessageCodec,
  type Waiting,
} from "@switchboard/messaging";
import { Sessions } from "./sessions.ts";

const loopbackFields = {
  kind: { type: "text", choices: ["sms", "ussd"], default: "sms", static: true, doc: "What it carries." },
  address: {
    type: "text",
    default: "8000",
    static: true,
    doc: "What people write to: a number, or for ussd the code they dial, such as `*120*1#`.",
  },
  session_timeout: {
    type: "float",
    min: 1,
    max: 86_400,
    default: 180,
    unit: "seconds",
    static: true,
    doc: "How long a ussd session may be silent, on both sides, before the network ends it. Of more than 10,000 open ones that which has been silent longest ends at once.",
  },
  delivery_report: {
    type: "text",
    choices: ["delivered", "failed", "pending", "none"],
    default: "delivered",
    static: true,
    doc: "What is reported of an SMS that was sent; ussd has no reports.",
  },
} as const;

/** What the network is configured with. */
export type LoopbackConfig = TransportConfig & ConfigOf<typeof loopbackFields>;

// Somebody may dial in a loop.
const maxSessions = 10_000;

/**
 * Plays a network. A person's message is put, as an inbound message, on the queue `<transport_name>.person`; `session_event` says what the
 * person does: `new` dials, `close` hangs up, anything else writes. On ussd writing without a session dials. Who ended a session is said in
 * `transport_metadata`: `{"ended_by": "person"}`, or `"network"` where it was silent for too long, was one too many, or a person's message says so.
 */
export class LoopbackTransport extends Transport<LoopbackConfig> {
  static readonly summary: string =
    "Plays the network: a line of text messages or dialled menus for the console's phone and for tests.";
  static override readonly fields: ConfigFields = loopbackFields;
  readonly transportType: string = this.config.kind;
  readonly #sessions: Sessions = new Sessions({
    clock: this.context.clock,
    timeoutMs: this.config.session_timeout * 1_000,
    limit: maxSessions,
    onEnded: (person) => this.#tellEnd(person),
  });
  /** What people said while the database, say, is away. */
  readonly #outage: OutageWait = new OutageWait(this.context.clock, this.context.logger, { kind: "person" });
  #people: Consumer | undefined;

  protected override async setup(): Promise<void> {
    const queue = `${this.config.transport_name}.person`;
    // One after the other, since a person's messages have an order.
    const options = { ...this.context.consume, prefetch: 1, startPaused: true };
    this.#people = await this.context.bus.consume(queue, options, (delivery) => this.#hear(delivery));
  }

  protected override async teardown(): Promise<void> {
    this.#outage.close();
    await this.#people?.stop();
    this.#sessions.clear();
  }

  protected override resumeConnectors(): void {
    super.resumeConnectors();
    this.#outage.open();
    this.#people?.resume();
  }

  protected override async pauseConnectors(): Promise<void> {
    this.#outage.close();
    await Promise.all([super.pauseConnectors(), this.#people?.pause()]);
  }

  protected override async sendOutbound(message: UserMessage): Promise<void> {
    const { message_id, to_addr, session_event } = message;
    const { kind, delivery_report } = this.config;
    if (to_addr === null) throw new DeliveryFailed("permanent", "the message has no to_addr");
    if (kind === "ussd") {
      if (!this.#sessions.has(to_addr)) throw new DeliveryFailed("permanent", `${to_addr} has no open session`);
      if (session_event === "close") this.#sessions.end(to_addr);
      else this.#sessions.keep(to_addr);
    }
    await this.publishAck(message_id, this.context.newId());
    if (kind === "sms" && delivery_report !== "none") await this.publishDeliveryReport(message_id, delivery_report);
  }

  async #hear({ body }: Delivery): Promise<void> {
    const said = userMessageCodec.decode(body, this.context.logger);
    const person = said.from_addr;
    if (person === null) throw new DeliveryFailed("permanent", "a person's message has no from_addr");
    const session_event = this.config.kind === "ussd" ? this.#ussdEvent(person, said) : null;
    const { message_id, content, provider, helper_metadata, transport_metadata } = said;
    const to_addr = said.to_addr ?? this.config.address;
    await this.#publish({
      message_id,
      from_addr: person,
      to_addr,
      content,
      provider: provider ?? "loopback",
      session_event,
      helper_metadata,
      ...(session_event === "close" && { transport_metadata: { ended_by: "person", ...transport_metadata } }),
    });
  }

  /** In an outage it waits here, as messages do that connectors consume: given back to the bus it would soon be parked. */
  #publish(fields: InboundFields): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const again = (): void => {
        this.publishMessage(fields).then(resolve, (error: unknown) => {
          if (!isOutage(error) || !this.#outage.add(waiting, error)) reject(error);
        });
      };
      const waiting: Waiting = { again, giveUp: reject };
      again();
    });
  }

  #ussdEvent(person: string, { session_event }: UserMessage): SessionEvent {
    const isOpen = this.#sessions.has(person);
    if (session_event === "close") {
      this.#sessions.end(person);
      return "close";
    }
    this.#sessions.keep(person);
    return session_event === "new" || !isOpen ? "new" : "resume";
  }

  #tellEnd(person: string): void {
    const transport_metadata = { ended_by: "network" };
    this.#publish({
      from_addr: person,
      to_addr: this.config.address,
      content: null,
      session_event: "close",
      transport_metadata,
    }).catch((error: unknown) => {
      this.context.logger.error({ worker: this.name, err: error }, "the end of a session could not be published");
    });
  }
}
