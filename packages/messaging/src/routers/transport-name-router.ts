// The base of routers whose applications name the transport themselves, in the `transport_name` of what they send.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { UserMessage } from "../message/user-message.ts";
import { NoRoute } from "../worker/errors.ts";
import type { RouterContext } from "../worker/router.ts";

const transportNameFields = {
  transport_mappings: {
    type: "dict",
    of: { type: "text" },
    default: {},
    doc: "Transport name inside a message from an application → transport it goes to. Others go to the transport they name.",
  },
} as const;

/** What such a router is configured with, besides its own rules. */
export type TransportNameConfig = ConfigOf<typeof transportNameFields>;

/** Sends outbound messages to the transport they name, or to what `transport_mappings` says instead; the name inside them stays. */
export abstract class TransportNameRouter<Config extends TransportNameConfig> {
  static readonly fields: ConfigFields = transportNameFields;
  protected readonly config: Config;
  protected readonly context: RouterContext;

  constructor(config: Config, context: RouterContext) {
    this.config = config;
    this.context = context;
  }

  // Not async: there is nothing to wait for but the target.
  dispatchOutbound(message: UserMessage): Promise<void> {
    const { transport_name } = message;
    if (transport_name === null) throw new NoRoute("the message names no transport");
    const target = lookUp(this.config.transport_mappings, transport_name) ?? transport_name;
    return this.context.publishOutbound(target, message);
  }
}

/** A table's entry under a key that came from outside: never one that objects have by nature. */
export function lookUp<Value>(table: Readonly<Record<string, Value>>, key: string | null): Value | undefined {
  return key !== null && Object.hasOwn(table, key) ? table[key] : undefined;
}
