// `@switchboard/messaging/store`: the message store.

export { MessageStore, type MessageStoreOptions, openMessageStore, type StoreItem } from "./message-store.ts";
export type { BatchChoice } from "./message-writer.ts";
export type {
  Batch,
  Batches,
  BatchEventKey,
  BatchKey,
  BatchStatus,
  BatchTag,
  Page,
  PageRequest,
  TagInfo,
  TimeRange,
} from "./batches.ts";
export type { HistogramBar } from "./histogram.ts";
export type { ListPosition, MessageReader, StoredMessage } from "./message-reader.ts";
export {
  type FilterCondition,
  type FilterField,
  type MessageFilter,
  type MessageState,
  messageStates,
} from "./message-filter.ts";
export type { RetentionRules } from "./retention.ts";
export type { StoredDirection } from "./rows.ts";
export type { TrailEntry, TrailError } from "./trail.ts";
export { fromReverseTimestamp, toReverseTimestamp } from "./reverse-timestamp.ts";
