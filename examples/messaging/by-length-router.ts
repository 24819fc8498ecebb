// A router of one's own: long messages go to one application, short ones to another. `router_class: ./by-length-router.ts#ByLengthRouter`
// in a dispatcher's configuration is all that it needs.

import {
  type ConfigFields,
  type ConfigOf,
  NoRoute,
  type Router,
  type RouterContext,
  type TransportEvent,
  type UserMessage,
} from "@switchboard/messaging";

const fields = {
  short: { type: "text", required: true, doc: "Application for short messages." },
  long: { type: "text", required: true, doc: "Application for the others." },
  limit: { type: "int", min: 1, default: 40, unit: "characters", doc: "Longest short message." },
} as const;

type ByLengthConfig = ConfigOf<typeof fields>;

export class ByLengthRouter implements Router {
  static readonly fields: ConfigFields = fields;
  readonly #config: ByLengthConfig;
  readonly #context: RouterContext;

  constructor(config: ByLengthConfig, context: RouterContext) {
    this.#config = config;
    this.#context = context;
  }

  async dispatchInbound(message: UserMessage): Promise<void> {
    const { short, long, limit } = this.#config;
    await this.#context.publishInbound((message.content ?? "").length <= limit ? short : long, message);
  }

  // Replies carry the name of the transport that the question came from.
  async dispatchOutbound(message: UserMessage): Promise<void> {
    // Parked, not lost: it can be looked at, and tried again once there is somewhere for it to go.
    if (message.transport_name === null) throw new NoRoute("the message names no transport");
    await this.#context.publishOutbound(message.transport_name, message);
  }

  dispatchEvent(_event: TransportEvent): void {
    // Nobody here asks what became of an answer.
  }
}
