// What all dispatchers share: messages that no rule matches are parked or logged, never lost without a trace.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import { IgnoreMessage, NoRoute } from "./errors.ts";
import { idOf, type MessageHandler, type MessageKind, type MessageOfKind } from "./kinds.ts";
import { Worker } from "./worker.ts";

const routingFields = {
  unrouted: {
    type: "text",
    choices: ["park", "log"],
    default: "park",
    static: true,
    doc: "Messages that no rule matches: parked, to be retried once there is a rule, or logged and dropped.",
  },
} as const;

/** What every dispatcher is configured with. */
export type RoutingConfig = ConfigOf<typeof routingFields>;

/** The base of dispatchers. */
export abstract class RoutingWorker<Config extends RoutingConfig = RoutingConfig> extends Worker<Config> {
  static override readonly fields: ConfigFields = routingFields;

  /** Returns a handler that runs `route` and treats {@link NoRoute} as `unrouted` says. `source` names the connector in logs. */
  protected routed<Kind extends MessageKind>(
    kind: Kind,
    source: string,
    route: (message: MessageOfKind[Kind]) => void | Promise<void>,
  ): MessageHandler<Kind> {
    // Parking is what becomes of every failure, so that there is nothing to do, and nothing to wait for.
    if (this.config.unrouted === "park") return route;
    return async (message) => {
      try {
        await route(message);
      } catch (error) {
        if (!(error instanceof NoRoute)) throw error;
        this.context.logger.error(
          { worker: this.name, kind, source, ...idOf(message), reason: error.message },
          "no route; message dropped",
        );
        // An outbound message ends in a nack this way, so that its application hears of it.
        throw new IgnoreMessage(error.message);
      }
    };
  }
}
