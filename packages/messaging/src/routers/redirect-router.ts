// Renames: what a transport sends goes to an application under the application's name, and back.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { TransportEvent } from "../message/event.ts";
import type { UserMessage } from "../message/user-message.ts";
import { NoRoute, RoutingError } from "../worker/errors.ts";
import type { Router, RouterContext, RoutingRules } from "../worker/router.ts";
import { transportRuleNumbers, transportRules } from "./name-rules.ts";
import { lookUp } from "./transport-name-router.ts";

const redirectFields = {
  redirect_inbound: {
    type: "dict",
    of: { type: "text" },
    default: {},
    doc: "Transport → application that its messages and events go to, with the application's name as transport name.",
  },
  redirect_outbound: {
    type: "dict",
    of: { type: "text" },
    default: {},
    doc: "Transport name inside a message from an application → transport it goes out on, unchanged.",
  },
} as const;

/** Redirects by transport name, both ways. */
export class RedirectRouter implements Router {
  static readonly summary: string =
    "Sends what comes by a channel to another application, and what one writes out by another channel.";
  static readonly fields: ConfigFields = redirectFields;
  readonly #config: ConfigOf<typeof redirectFields>;
  readonly #context: RouterContext;
  readonly #ruleOf: (transport: string | null, target: string) => number | undefined;

  /** @throws {RoutingError} ROUTER_CONFIG_INVALID when a mapping names nothing. */
  constructor(config: ConfigOf<typeof redirectFields>, context: RouterContext) {
    this.#config = config;
    this.#context = context;
    this.#ruleOf = transportRuleNumbers(this.rules());
    for (const [name, target] of Object.entries({ ...config.redirect_inbound, ...config.redirect_outbound })) {
      if (target === "")
        throw new RoutingError("ROUTER_CONFIG_INVALID", `redirect of ${name}: expected a name, got ""`);
    }
  }

  rules(): RoutingRules {
    return transportRules(this.#config.redirect_inbound);
  }

  async dispatchInbound(message: UserMessage): Promise<void> {
    const transport_name = this.#inboundTarget(message.transport_name);
    const rule = this.#ruleOf(message.transport_name, transport_name);
    await this.#context.publishInbound(transport_name, { ...message, transport_name }, rule);
  }

  async dispatchEvent(event: TransportEvent, source: string): Promise<void> {
    const transport_name = this.#inboundTarget(event.transport_name ?? source);
    await this.#context.publishEvent(transport_name, { ...event, transport_name });
  }

  async dispatchOutbound(message: UserMessage): Promise<void> {
    const target = lookUp(this.#config.redirect_outbound, message.transport_name);
    if (target === undefined) throw new NoRoute(`redirect_outbound has no ${JSON.stringify(message.transport_name)}`);
    await this.#context.publishOutbound(target, message);
  }

  #inboundTarget(transportName: string | null): string {
    const target = lookUp(this.#config.redirect_inbound, transportName);
    if (target === undefined) throw new NoRoute(`redirect_inbound has no transport ${JSON.stringify(transportName)}`);
    return target;
  }
}

/** The same under the name that old configurations may use. */
export class RedirectOutboundRouter extends RedirectRouter {
  static override readonly summary: string = "The same as RedirectRouter, under a name that older files use.";
  constructor(config: ConfigOf<typeof redirectFields>, context: RouterContext) {
    super(config, context);
    context.logger.warn({}, "RedirectOutboundRouter is deprecated; use RedirectRouter");
  }
}
