// Fixed routes from each transport to one or several applications, and back by the message's own transport name.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { TransportEvent } from "../message/event.ts";
import type { UserMessage } from "../message/user-message.ts";
import { NoRoute } from "../worker/errors.ts";
import type { Router, RouterContext, RoutingRules } from "../worker/router.ts";
import { transportRuleNumbers, transportRules } from "./name-rules.ts";
import { lookUp, type TransportNameConfig, TransportNameRouter } from "./transport-name-router.ts";

const simpleFields = {
  route_mappings: {
    type: "dict",
    of: { type: "names" },
    required: true,
    doc: "Transport → the application, or the list of applications, that its messages and events go to.",
  },
} as const;

type SimpleConfig = TransportNameConfig & ConfigOf<typeof simpleFields>;

/** Routes by a table: see `route_mappings`. Each of several applications gets the message. */
export class SimpleDispatchRouter extends TransportNameRouter<SimpleConfig> implements Router {
  static readonly summary: string = "Sends what comes by a channel to the applications listed for it.";
  static override readonly fields: ConfigFields = simpleFields;
  readonly #ruleOf: (transport: string | null, target: string) => number | undefined;

  constructor(config: SimpleConfig, context: RouterContext) {
    super(config, context);
    this.#ruleOf = transportRuleNumbers(this.rules());
  }

  rules(): RoutingRules {
    return transportRules(this.config.route_mappings);
  }

  // Not async, and neither is the next one: for one target there is nothing to wait for but the target.
  dispatchInbound(message: UserMessage): Promise<void> {
    const { transport_name } = message;
    const names = this.#routes(transport_name);
    const [only] = names;
    if (only !== undefined && names.length === 1) {
      return this.context.publishInbound(only, message, this.#ruleOf(transport_name, only));
    }
    return allOf(names.map((name) => this.context.publishInbound(name, message, this.#ruleOf(transport_name, name))));
  }

  // vumi2 sends events without a transport name; then the queue tells.
  dispatchEvent(event: TransportEvent, source: string): Promise<void> {
    const names = this.#routes(event.transport_name ?? source);
    const [only] = names;
    if (only !== undefined && names.length === 1) return this.context.publishEvent(only, event);
    return allOf(names.map((name) => this.context.publishEvent(name, event)));
  }

  #routes(transportName: string | null): readonly string[] {
    const names = lookUp(this.config.route_mappings, transportName);
    if (names === undefined) throw new NoRoute(`route_mappings has no transport ${JSON.stringify(transportName)}`);
    return names;
  }
}

async function allOf(published: readonly Promise<void>[]): Promise<void> {
  await Promise.all(published);
}
