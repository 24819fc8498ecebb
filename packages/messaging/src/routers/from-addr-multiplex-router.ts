// Lets several transports look like one to an application: which one a message goes out on depends on the address it is sent from.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { TransportEvent } from "../message/event.ts";
import type { UserMessage } from "../message/user-message.ts";
import { NoRoute, RoutingError } from "../worker/errors.ts";
import type { Router, RouterContext, RoutingRules } from "../worker/router.ts";
import { onlyRule } from "./name-rules.ts";
import { lookUp } from "./transport-name-router.ts";

const multiplexFields = {
  fromaddr_mappings: {
    type: "dict",
    of: { type: "text" },
    required: true,
    doc: "Address that the application sends from → transport that the message goes out on.",
  },
} as const;

/** Merges transports towards exactly one application, whose name takes the place of the transport's in all that it gets. */
export class FromAddrMultiplexRouter implements Router {
  static readonly summary: string =
    "Gives one application all channels as if they were one, and sends its messages out by the channel of their sender's address.";
  static readonly fields: ConfigFields = multiplexFields;
  readonly #config: ConfigOf<typeof multiplexFields>;
  readonly #context: RouterContext;
  readonly #exposedName: string;

  /** @throws {RoutingError} ROUTER_CONFIG_INVALID unless there is exactly one exposed name. */
  constructor(config: ConfigOf<typeof multiplexFields>, context: RouterContext) {
    this.#config = config;
    this.#context = context;
    this.#exposedName = onlyExposedName(context);
  }

  rules(): RoutingRules {
    return onlyRule(this.#exposedName);
  }

  async dispatchInbound(message: UserMessage): Promise<void> {
    const transport_name = this.#exposedName;
    await this.#context.publishInbound(transport_name, { ...message, transport_name });
  }

  async dispatchEvent(event: TransportEvent): Promise<void> {
    const transport_name = this.#exposedName;
    await this.#context.publishEvent(transport_name, { ...event, transport_name });
  }

  async dispatchOutbound(message: UserMessage): Promise<void> {
    const transport_name = lookUp(this.#config.fromaddr_mappings, message.from_addr);
    if (transport_name === undefined) {
      throw new NoRoute(`fromaddr_mappings has no from_addr ${JSON.stringify(message.from_addr)}`);
    }
    await this.#context.publishOutbound(transport_name, { ...message, transport_name });
  }
}

/**
 * The application of a dispatcher that has just one.
 *
 * @throws {RoutingError} ROUTER_CONFIG_INVALID.
 */
export function onlyExposedName({ exposedNames }: RouterContext): string {
  const [name, ...others] = exposedNames;
  if (name !== undefined && others.length === 0) return name;
  throw new RoutingError(
    "ROUTER_CONFIG_INVALID",
    `exposed_names: expected exactly one name, got ${exposedNames.length === 0 ? "none" : exposedNames.join(", ")}`,
  );
}
