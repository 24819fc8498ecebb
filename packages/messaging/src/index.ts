// Messaging's main door: messages and workers. Declaring and reading configuration is behind `./config`, what workers keep in a key-value
// store behind `./components`; routers, middleware and applications that come along have a door each.

// The wire: what travels, and how it is read and written.
export { eventCodec, failureCodec, type MessageCodec, statusCodec, userMessageCodec } from "./message/codec.ts";
export { type Body } from "./message/written-body.ts";
export {
  checkUserMessage,
  createUserMessage,
  type UserMessage,
  type UserMessageFields,
} from "./message/user-message.ts";
export {
  type Ack,
  createEvent,
  type DeliveryReport,
  type EventFields,
  eventStatus,
  type Nack,
  type TransportEvent,
} from "./message/event.ts";
export { createStatus, type StatusFields, StatusFilter, type TransportStatus } from "./message/status.ts";
export { createFailure, type FailureFields, type FailureMessage } from "./message/failure.ts";
export { decodeHeartbeat, type Heartbeat, heartbeatVersion } from "./message/heartbeat.ts";
export { formatTimestamp, normaliseTimestamp, timestampMs } from "./message/timestamp.ts";
export {
  addressTypes,
  deliveryStatuses,
  type DeliveryStatus,
  eventTypes,
  type FailureCode,
  failureCodes,
  type SessionEvent,
  sessionEvents,
  type StatusLevel,
  statusLevels,
  transportTypes,
} from "./message/values.ts";

// Answering, and what may be done with any message.
export {
  createGroupReply,
  createReply,
  createSend,
  type ReplyFields,
  type ReplyOptions,
  type SendFields,
  type SendOptions,
} from "./message/reply.ts";
export {
  type BuildOptions,
  cacheOf,
  copyMessage,
  defaultEndpoint,
  endpointOf,
  type EnvelopeFields,
  type MessageEnvelope,
  messagesEqual,
  newMessageId,
  withCache,
  withEndpoint,
  withoutCache,
} from "./message/envelope.ts";
export { copyJson, isJsonObject, jsonEqual, type JsonObject, type JsonValue } from "./message/json.ts";

// Which class a name means, and what the process of a worker is told.
export { type ClassEntry, ClassRegistry, type KindCheck } from "./registry.ts";
export { vumiNames } from "./vumi-names.ts";
export { classKinds, messagingClasses } from "./built-in.ts";
export {
  brokerFields,
  type BrokerOptions,
  brokerUrl,
  resolveWorkerOptions,
  type WorkerFlags,
  type WorkerOptions,
} from "./worker-options.ts";

// Workers: what one writes to add an application, a transport, a dispatcher, a router or a middleware.
export {
  type ApplicationDefinition,
  type ApplicationTools,
  defineApplication,
  type DefinedApplication,
  type Reply,
} from "./worker/define-application.ts";
export { type AnswerOptions, Application, type ApplicationConfig, type SendToOptions } from "./worker/application.ts";
export { type InboundFields, Transport, type TransportConfig } from "./worker/transport.ts";
export { isOutage, OutageWait, type Waiting } from "./worker/outage-wait.ts";
export type { Router, RouterClass, RouterContext, RoutingRule, RoutingRules } from "./worker/router.ts";
export { type DispatchConfig, DispatchWorker, type RouterFactory } from "./worker/dispatch-worker.ts";
export { type RoutingConfig, RoutingWorker } from "./worker/routing-worker.ts";
export {
  type Middleware,
  type MiddlewareEntry,
  type MiddlewarePass,
  MiddlewareStack,
  type MiddlewareStep,
} from "./worker/middleware.ts";
export type { MiddlewareClass, MiddlewareContext } from "./worker/create-middleware.ts";

// What all workers are, and how one is made from its configuration.
export { Worker, type WorkerContext, type WorkerState, type WorkerStatus } from "./worker/worker.ts";
export {
  Connector,
  type ConnectorOptions,
  type ConnectorRole,
  connectorRoles,
  type PublishTo,
} from "./worker/connector.ts";
export { kindOfWorker, type WorkerKind } from "./worker/kind-of-worker.ts";
export type {
  HandledMessage,
  HandledOutcome,
  Observed,
  PublishedMessage,
  Watch,
  WorkerObserver,
} from "./worker/observer.ts";
export { handledEntry, publishedEntry } from "./worker/trail-entry.ts";
export type { Direction, MaybePromise, MessageHandler, MessageKind, MessageOfKind } from "./worker/kinds.ts";
export { type WorkerBaseConfig, workerFields } from "./worker/base-fields.ts";
export {
  heartbeatExchange,
  heartbeatKey,
  type HeartbeatOptions,
  HeartbeatPublisher,
} from "./worker/heartbeat-publisher.ts";
export { MultiWorker } from "./worker/multi-worker.ts";
export { FailureWorker, type FailureWorkerConfig } from "./failures/failure-worker.ts";
export { createWorker, type WorkerClass, type WorkerPlan, type WorkerSurroundings } from "./worker/create-worker.ts";
export type { ConfigFields, ConfigOf } from "./config/fields.ts";

// What parts that listen for HTTP share.
export { equalSecrets, readBasic } from "./http/basic-auth.ts";
export { closeServer } from "./http/close-server.ts";
export { readBody } from "./http/read-body.ts";

// When it goes wrong.
export {
  ClassError,
  type ClassErrorCode,
  ConfigError,
  type ConfigErrorCode,
  type ConfigIssue,
  MessageFormatError,
  type MessageFormatErrorCode,
  messagingErrors,
  type MessagingErrorCode,
} from "./errors.ts";
export {
  DeliveryFailed,
  FailureSetAside,
  IgnoreMessage,
  MiddlewareError,
  type MiddlewareErrorCode,
  NoRoute,
  RelayError,
  type RelayErrorCode,
  RoutingError,
  type RoutingErrorCode,
  type WorkerAreaErrorCode,
  WorkerError,
  type WorkerErrorCode,
  workerErrors,
} from "./worker/errors.ts";
