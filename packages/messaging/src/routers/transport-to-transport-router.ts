// Connects transports with each other: what comes in on one goes out on others. No applications take part.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { UserMessage } from "../message/user-message.ts";
import { NoRoute } from "../worker/errors.ts";
import type { Router, RouterContext, RoutingRules } from "../worker/router.ts";
import { transportRuleNumbers, transportRules } from "./name-rules.ts";
import { lookUp } from "./transport-name-router.ts";

const transportFields = {
  route_mappings: {
    type: "dict",
    of: { type: "names" },
    required: true,
    doc: "Transport → the transport, or the list of transports, that its messages go out on, unchanged.",
  },
} as const;

/** Sends inbound messages out again, addresses as they are. Events, and messages from applications, have nowhere to go and are dropped. */
export class TransportToTransportRouter implements Router {
  static readonly summary: string =
    "Sends what people write on one channel out by another; applications have no part in it.";
  static readonly fields: ConfigFields = transportFields;
  readonly #config: ConfigOf<typeof transportFields>;
  readonly #context: RouterContext;
  readonly #ruleOf: (transport: string | null, target: string) => number | undefined;

  constructor(config: ConfigOf<typeof transportFields>, context: RouterContext) {
    this.#config = config;
    this.#context = context;
    this.#ruleOf = transportRuleNumbers(this.rules());
  }

  rules(): RoutingRules {
    return transportRules(this.#config.route_mappings);
  }

  async dispatchInbound(message: UserMessage): Promise<void> {
    const names = lookUp(this.#config.route_mappings, message.transport_name);
    if (names === undefined)
      throw new NoRoute(`route_mappings has no transport ${JSON.stringify(message.transport_name)}`);
    const ruleOf = (name: string): number | undefined => this.#ruleOf(message.transport_name, name);
    await Promise.all(names.map((name) => this.#context.publishOutbound(name, message, ruleOf(name))));
  }

  dispatchEvent(): void {
    this.#context.logger.debug({}, "event dropped: transports do not read events");
  }

  dispatchOutbound(message: UserMessage): void {
    const { message_id } = message;
    this.#context.logger.warn({ message_id }, "message dropped: this router has no way from applications");
  }
}
