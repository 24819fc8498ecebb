// `@switchboard/messaging/components`: what several kinds of workers keep in a key-value store, under Vumi's keys.

export { Schedule, type ScheduleDefinition } from "./schedule.ts";
export { type Deliver, MessageScheduler, type MessageSchedulerOptions } from "./message-scheduler.ts";
export { redisManagerFields, redisManagerOptions } from "./redis-manager.ts";
export { type Session, type SessionFields, SessionManager, type SessionManagerOptions } from "./session-manager.ts";
export { type Acquisition, type Holder, type Tag, TagPools } from "./tag-pools.ts";
export { bucketAfter, isoSecond } from "./time-buckets.ts";
export { WindowManager, type WindowManagerOptions } from "./window-manager.ts";
export { WindowMonitor, type WindowMonitorOptions } from "./window-monitor.ts";
export { ComponentError, type ComponentErrorCode } from "./errors.ts";
