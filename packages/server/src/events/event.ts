// What events, their types, sources and receivers are. Types only: event-hub.ts does the work. Services, plugins and connections speak in these terms.

import type { Caller } from "../rpc/service.ts";
import type { JsonSchema } from "../schema/index.ts";

/** What happened: an object whose `timestamp` the server fills in. */
export type EventArgs = Readonly<Record<string, unknown>>;

/** Told when somebody begins and ceases to listen to an event type. */
export interface EventDemand {
  /** The first subscription or handler for this event type appeared. */
  enable?(name: string): unknown;
  /** The last one is gone. */
  disable?(name: string): unknown;
}

/** Something that pushes events for as long as the server lives. All members are optional. */
export interface EventSource extends EventDemand {
  /**
   * Runs from registration until `signal` aborts. When it ends or throws before that, it is started again after a growing pause.
   */
  run?(signal: AbortSignal): unknown;
}

/** What is known of an event type. */
export interface EventTypeOptions {
  /** Name of the event source that is told of demand for it. */
  readonly source?: string;
  /** Told of demand instead of a source. */
  readonly demand?: EventDemand;
  /** What its args look like; shown by discovery. */
  readonly schema?: JsonSchema;
  /** Only callers with all of these roles receive and emit it. Default none. */
  readonly roles?: readonly string[];
  readonly description?: string;
  /** The connection that registered it, which may emit it even under a reserved name. */
  readonly owner?: Caller;
}

/** An event type as discovery shows it. */
export interface EventTypeInfo extends Omit<EventTypeOptions, "demand" | "owner"> {
  /** How many subscriptions and handlers fit it now. */
  readonly refcount: number;
}

/** Called with a copy of the args. A promise that it returns is waited for only with `sync`. */
export type EventHandler = (args: Record<string, unknown>, name: string) => unknown;

/** A frame that was encoded once for all that get it. */
export interface EncodedFrame {
  readonly text: string;
  /** The same in UTF-8, made when first asked for. */
  readonly bytes: Uint8Array;
}

/** A connection, as far as events are concerned. */
export interface EventOutlet {
  /** Takes a frame. False: it took it, but the peer reads slowly; nothing more is sent until {@link EventSubscription.flush}. */
  send(frame: EncodedFrame): boolean;
  /**
   * Ends the session with a logout frame that carries `reason`: more waits, or is subscribed to, than is allowed. `isTokenValid`: the peer may come
   * back with its token.
   */
  end(reason: string, isTokenValid: boolean): void;
}

/** The events of one connection. */
export interface EventSubscription {
  /** Adds masks. Ignored before login, as are items that are not texts. */
  subscribe(masks: readonly unknown[]): void;
  /** Removes exactly these masks. */
  unsubscribe(masks: readonly unknown[]): void;
  /** The masks in the order in which they were added. */
  masks(): string[];
  /** True when a mask fits the event's name. */
  wants(name: string): boolean;
  /** How many events wait because the peer reads slowly. */
  readonly pending: number;
  /** Says that the peer has caught up: what waits is sent. */
  flush(): void;
  /** Forgets masks and waiting events. Idempotent. */
  close(): void;
}

/** What a helper waits for. */
export interface EventWait {
  /** Exact name of the event. */
  readonly name: string;
  /** True for the event that is waited for. Default: any of that name. */
  readonly match?: (args: Record<string, unknown>) => boolean;
  /** Milliseconds, default without limit. */
  readonly timeoutMs?: number;
}

/** The events of a server. */
export interface Events {
  /**
   * Sends an event to everybody who listens, and resolves when the `sync` handlers are done. Never rejects: what handlers throw, and args that
   * cannot be encoded, are logged.
   *
   * Order: all receivers see the events of all emitters in one order, that of the calls.
   */
  emit(name: string, args?: EventArgs): Promise<void>;
  /**
   * An event from a connection. Dropped before login; for names beginning with `server.`, `task.`, `plugin.` or `session.` unless the caller is a
   * service or owns the type; and without the type's roles. Args that are no object are wrapped as `{value}`.
   */
  emitFrom(caller: Caller, name: string, args: unknown): Promise<void>;
  /**
   * Makes an event type known to discovery, and tells its source of demand. Emits `server.event.added`, and `server.event.removed` when the function
   * that it returns is called. Events of unknown types may be emitted all the same.
   *
   * @throws {ServerError} EVENT_TYPE_EXISTS, EVENT_NAME_INVALID.
   */
  registerType(name: string, options?: EventTypeOptions): () => void;
  /**
   * Starts a source. The function that it returns stops it and resolves when its `run` has ended, at the latest after five seconds.
   *
   * @throws {ServerError} EVENT_SOURCE_EXISTS, EVENT_NAME_INVALID.
   */
  registerSource(name: string, source: EventSource): () => Promise<void>;
  /** Calls a handler for each event of exactly this name. With `sync`, {@link emit} waits for it. Returns its remover. */
  on(name: string, handler: EventHandler, options?: { readonly sync?: boolean }): () => void;
  /** Like {@link on}, for the next event only. */
  once(name: string, handler: EventHandler): () => void;
  /**
   * True at once when `condition` holds, else as soon as a matching event comes; false after the time allowed. No event between the test and the
   * waiting is missed.
   */
  testOrWait(wait: EventWait & { readonly condition: () => unknown }): Promise<boolean>;
  /** Runs a function, then waits for an event that it caused; false after the time allowed. Rejects with what the function throws. */
  execAndWait(wait: EventWait & { readonly run: () => unknown }): Promise<boolean>;
  /** Sends an event to one connection only, if its masks fit. False when it does not get it. */
  sendTo(caller: Caller, name: string, args?: EventArgs): boolean;
  /** Gives a connection its queue and its set of masks. */
  connect(caller: Caller, outlet: EventOutlet): EventSubscription;
  /** All known event types. */
  types(): ReadonlyMap<string, EventTypeInfo>;
  /** Names of the sources. */
  sources(): string[];
  /** The masks of a connection; empty when it has none. */
  masksOf(caller: Caller): string[];
  /** Holds events back from all connections, in their queues, until {@link resume}. */
  suspend(): void;
  resume(): void;
  /** Stops sources and queues. What is emitted later goes nowhere. */
  close(): Promise<void>;
}
