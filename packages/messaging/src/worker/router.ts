// What decides where a message goes between transports and applications. The contract, and what a router is given; the routers that come
// with Switchboard are in ../routers. A router sees each message once and forwards it any number of times.

import type { Clock, Logger } from "@switchboard/core";
import type { KeyValue } from "@switchboard/storage";
import type { TransportEvent } from "../message/event.ts";
import type { UserMessage } from "../message/user-message.ts";
import type { MaybePromise } from "./kinds.ts";

/** What a router is given to live on, and the three ways out. */
export interface RouterContext {
  /** The transport-side connectors of its dispatcher. */
  readonly transportNames: readonly string[];
  /** The application-side connectors of its dispatcher. */
  readonly exposedNames: readonly string[];
  readonly keyValue: KeyValue;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Forwards a message to an application; resolves when it is safe there. `rule` is the number of the rule that decided, from
   * {@link Router.rules}; whoever watches the dispatcher hears of it.
   *
   * This and the next two throw {@link RoutingError} ROUTER_NO_CONNECTOR when the dispatcher has no such connector.
   */
  publishInbound(exposedName: string, message: UserMessage, rule?: number): Promise<void>;
  /** Forwards an event to an application. */
  publishEvent(exposedName: string, event: TransportEvent, rule?: number): Promise<void>;
  /** Forwards a message to a transport. */
  publishOutbound(transportName: string, message: UserMessage, rule?: number): Promise<void>;
}

/**
 * Routes what a dispatcher consumes. `source` is the connector that the message came from; classic routers go by the `transport_name`
 * inside the message instead.
 *
 * Each method resolves when everything it forwards is safe; the message is acknowledged then. A message that no rule matches must not
 * vanish: throw {@link NoRoute}, and the dispatcher does with it what its `unrouted` setting says.
 */
export interface Router {
  setup?(): MaybePromise<void>;
  teardown?(): MaybePromise<void>;
  /** Routes what a person wrote. */
  dispatchInbound(message: UserMessage, source: string): MaybePromise<void>;
  /** Routes what a transport reports about a message sent. */
  dispatchEvent(event: TransportEvent, source: string): MaybePromise<void>;
  /** Routes what an application sends. */
  dispatchOutbound(message: UserMessage, source: string): MaybePromise<void>;
  /** What it decides inbound messages by, so that people can see why one went where it did. A router without it decides by no rules. */
  rules?(): RoutingRules;
}

/** How a router decides where inbound messages go. */
export interface RoutingRules {
  /** True: the first rule that matches decides. False: all that match do, each with a copy. */
  readonly firstMatch: boolean;
  /** In the order they are tried. */
  readonly rules: readonly RoutingRule[];
}

/** One rule. */
export interface RoutingRule {
  /** 1 for the first one of the configuration. */
  readonly number: number;
  /** `keyword`, `to_addr`, `transport`, … */
  readonly looksAt: string;
  /** What it looks for there, as configured. */
  readonly value: string;
  /** The connector that messages go to. */
  readonly target: string;
  /** Why it does not match a message; undefined when it does. */
  mismatch(message: UserMessage, source: string): string | undefined;
}

/** A class that makes routers: what `router_class` names. */
export interface RouterClass<Config = never> {
  new (config: Config, context: RouterContext): Router;
}
