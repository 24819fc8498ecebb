// The door to events.

export { startEntitySubscriber, type EntitySubscriberOptions } from "./entity-subscriber.ts";
export type {
  EncodedFrame,
  EventArgs,
  EventDemand,
  EventHandler,
  EventOutlet,
  Events,
  EventSource,
  EventSubscription,
  EventTypeInfo,
  EventTypeOptions,
  EventWait,
} from "./event.ts";
export { EventHub, type EventHubOptions } from "./event-hub.ts";
