// The shapes of the gateway's services as the page uses them, in the wire's own names. Times arrive as Date; null means not known. Pages import from
// here; what they say is in types/, a file for each subject.

export type { LampState, MapData, MapLine, MapNode, StatusEntry, Worker, WorkerKind } from "./types/workers.ts";
export type { Attention, Measures, MetricsFrame } from "./types/figures.ts";
export type {
  HistogramBar,
  MessageDetail,
  MessageRow,
  MessageSelection,
  PhoneLine,
  TrailData,
  TrailRow,
} from "./types/messages.ts";
export type { BulkPreview, Cause, ParkedEdit, ParkedMessage, ParkedWhole, Queue } from "./types/queues.ts";
export type { Explanation, Rule, RuleSet, RulesPreview } from "./types/routers.ts";
export type { LogRow, TaskRecord } from "./types/tasks.ts";
export type {
  ConfigOrigin,
  ConfigPreview,
  ConfigTrial,
  FileChanges,
  MethodInfo,
  Problem,
  Schema,
} from "./types/schema.ts";
export type { Me, SystemInfo } from "./types/system.ts";
