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
   * Forwards a message to an application; resolves when it is safe there.
   *
   * This and the next two throw {@link RoutingError} ROUTER_NO_CONNECTOR when the dispatcher has no such connector.
   */
  publishInbound(exposedName: string, message: UserMessage): Promise<void>;
  /** Forwards an event to an application. */
  publishEvent(exposedName: string, event: TransportEvent): Promise<void>;
  /** Forwards a message to a transport. */
  publishOutbound(transportName: string, message: UserMessage): Promise<void>;
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
}

/** A class that makes routers: what `router_class` names. */
export interface RouterClass<Config = never> {
  new (config: Config, context: RouterContext): Router;
}
