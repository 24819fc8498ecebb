// The kernel's only door.

export { type Activity, Dispatcher, type DispatcherOptions, type SendOptions } from "./dispatcher.ts";
export { type Id, Message, type MessageFields } from "./message.ts";
export { DEFERRED, type MessageListener } from "./listener.ts";
export { BasicMessageListener } from "./basic-message-listener.ts";
export { type FilterEntry, type FilterTarget, type Route } from "./filter-table.ts";
export { ANY, type Match, type MatchValue, type MessageMatch } from "./filter-match.ts";
export { MessageQueue, type MessageQueueOptions } from "./message-queue.ts";
export { type DispatcherHooks, type Drop, type DropReason, type Failure } from "./observer.ts";
export { type Link, type LinkFrame, type LinkPeer } from "./link.ts";

export { type Clock, type Timer, systemClock } from "./clock.ts";
export { type Logger, silentLogger } from "./logger.ts";
export { RecentMap } from "./recent-map.ts";
export {
  type ErrorCatalogue,
  type ErrorContext,
  type ErrorEntry,
  type KernelErrorCode,
  kernelErrors,
  LinkError,
  MessageError,
  QueueFullError,
  RegistrationError,
  RemoteError,
  ShutdownError,
  SwitchboardError,
  SynchronousError,
  TimeoutError,
  UndeliverableError,
} from "./errors.ts";
