// The service `event`: subscriptions, and holding events back.

import type { Caller, ServiceDefinition } from "../rpc/service.ts";
import type { ServerHost } from "./server-host.ts";

/** The definition of the service. */
export function eventService({ events }: Pick<ServerHost, "events">): ServiceDefinition {
  return {
    description: "Subscriptions of this connection, and the delivery of events",
    methods: {
      get_my_subscriptions: {
        description: "The event masks of this connection",
        passSender: true,
        handler: (sender?: Caller) => (sender === undefined ? [] : events.masksOf(sender)),
      },
      suspend: {
        description: "Holds events back from everybody until resume",
        private: true,
        handler: () => {
          events.suspend();
          return null;
        },
      },
      resume: {
        description: "Lets events through again, those held back first",
        private: true,
        handler: () => {
          events.resume();
          return null;
        },
      },
    },
  };
}
