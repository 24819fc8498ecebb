// Messaging's main door: messages. Configuration is behind `./config`, shared components behind `./components`.

// The wire: what travels, and how it is read and written.
export {
  type Body,
  eventCodec,
  failureCodec,
  type MessageCodec,
  statusCodec,
  userMessageCodec,
} from "./message/codec.ts";
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
export {
  brokerFields,
  type BrokerOptions,
  brokerUrl,
  resolveWorkerOptions,
  type WorkerFlags,
  type WorkerOptions,
} from "./worker-options.ts";

// When it goes wrong.
export {
  ClassError,
  type ClassErrorCode,
  ConfigError,
  type ConfigErrorCode,
  type ConfigIssue,
  MessageError,
  type MessageErrorCode,
  messagingErrors,
  type MessagingErrorCode,
} from "./errors.ts";
