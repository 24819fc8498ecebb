// Where events go: to the queues of the connections whose masks fit, then to the handlers inside the process. One order for everybody.
// Not a router of calls, and it keeps no history.

import { type Clock, type Logger, silentLogger, systemClock } from "@switchboard/core";
import { hasRoles, type Principal } from "../auth/index.ts";
import { ServerError } from "../errors.ts";
import type { Caller } from "../rpc/service.ts";
import { encodeEvent } from "./encoded-event.ts";
import type {
  EncodedFrame,
  EventArgs,
  EventHandler,
  EventOutlet,
  Events,
  EventSource,
  EventSubscription,
  EventTypeInfo,
  EventTypeOptions,
  EventWait,
} from "./event.ts";
import { EventHandlers } from "./event-handlers.ts";
import type { EventQueueLimits } from "./event-queue.ts";
import { EventTypes } from "./event-types.ts";
import { MaskIndex, testOf } from "./mask-index.ts";
import { SourceRunner } from "./source-runner.ts";
import { Subscription } from "./subscription.ts";
import { waitAround } from "./waiting.ts";

/** How a hub is made. */
export interface EventHubOptions extends Partial<EventQueueLimits> {
  /** Masks of one connection, default 1,000. */
  readonly maxMasks?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

const maxNameLength = 256;
const reserved = ["server.", "task.", "plugin.", "session."] as const;
const done = Promise.resolve();

interface Outgoing {
  readonly name: string;
  readonly frame: EncodedFrame;
}

/** The events of one server. */
export class EventHub implements Events {
  readonly #options: Required<EventHubOptions>;
  readonly #index = new MaskIndex<Subscription>();
  readonly #handlers: EventHandlers;
  readonly #types: EventTypes;
  readonly #sources = new Map<string, SourceRunner>();
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #outgoing: Outgoing[] = [];
  #isSuspended = false;
  #isClosed = false;

  constructor(options: EventHubOptions = {}) {
    this.#options = {
      maxEvents: 10_000,
      maxChars: 16 * 2 ** 20,
      maxMasks: 1_000,
      clock: systemClock,
      logger: silentLogger,
      ...options,
    };
    const { logger } = this.#options;
    this.#handlers = new EventHandlers(logger);
    this.#types = new EventTypes({
      countOf: (name) => this.#index.count(name) + this.#handlers.count(name),
      sourceOf: (name) => this.#sources.get(name)?.source,
      logger,
    });
  }

  emit(name: string, args: EventArgs = {}): Promise<void> {
    if (this.#isClosed) return done;
    const stamped = this.#stamp(args);
    this.#send(name, stamped);
    return this.#handlers.dispatch(name, stamped);
  }

  emitFrom(caller: Caller, name: string, args: unknown): Promise<void> {
    if (!this.#mayEmit(caller, name)) {
      this.#options.logger.debug(
        { address: caller.address, event: name.slice(0, maxNameLength) },
        "an event was refused",
      );
      return done;
    }
    return this.emit(name, wrap(args));
  }

  registerType(name: string, options: EventTypeOptions = {}): () => void {
    checkName(name);
    const remove = this.#types.add(name, options);
    void this.emit("server.event.added", { name });
    return () => {
      if (remove()) void this.emit("server.event.removed", { name });
    };
  }

  registerSource(name: string, source: EventSource): () => Promise<void> {
    checkName(name);
    if (this.#sources.has(name)) {
      throw new ServerError("EVENT_SOURCE_EXISTS", `the event source ${JSON.stringify(name)} is registered already`);
    }
    const runner = new SourceRunner(name, source, this.#options);
    this.#sources.set(name, runner);
    runner.start();
    this.#types.reviewSource(name);
    return async () => {
      if (this.#sources.get(name) === runner) {
        this.#sources.delete(name);
        this.#types.reviewSource(name);
      }
      await runner.stop();
    };
  }

  on(name: string, handler: EventHandler, { sync = false }: { readonly sync?: boolean } = {}): () => void {
    const remove = this.#handlers.add(name, handler, sync);
    this.#reviewName(name);
    return () => {
      if (remove()) this.#reviewName(name);
    };
  }

  once(name: string, handler: EventHandler): () => void {
    let hasRun = false;
    const remove = this.on(name, (args, event) => {
      // Two events may be on their way before the first one's turn.
      if (hasRun) return undefined;
      hasRun = true;
      remove();
      return handler(args, event);
    });
    return remove;
  }

  testOrWait({ condition, ...wait }: EventWait & { readonly condition: () => unknown }): Promise<boolean> {
    const first = async (): Promise<boolean> => Boolean(await condition());
    return waitAround(this, wait, { first, clock: this.#options.clock });
  }

  execAndWait({ run, ...wait }: EventWait & { readonly run: () => unknown }): Promise<boolean> {
    const first = async (): Promise<void> => void (await run());
    return waitAround(this, wait, { first, clock: this.#options.clock });
  }

  sendTo(caller: Caller, name: string, args: EventArgs = {}): boolean {
    const subscription = this.#subscriptions.get(caller.id);
    if (subscription?.wants(name) !== true) return false;
    if (!mayReceive(caller.principal, this.#types.get(name)?.roles ?? [])) return false;
    subscription.queue.push(encodeEvent(name, this.#stamp(args)), name);
    return true;
  }

  connect(caller: Caller, outlet: EventOutlet): EventSubscription {
    const subscription = new Subscription({
      ...this.#options,
      caller,
      outlet,
      index: this.#index,
      onMaskChange: (mask) => this.#types.review(testOf(mask)),
      onClose: () => void this.#subscriptions.delete(caller.id),
    });
    if (this.#isSuspended) subscription.queue.hold();
    this.#subscriptions.set(caller.id, subscription);
    return subscription;
  }

  types(): ReadonlyMap<string, EventTypeInfo> {
    return this.#types.list();
  }

  sources(): string[] {
    return [...this.#sources.keys()];
  }

  masksOf(caller: Caller): string[] {
    return this.#subscriptions.get(caller.id)?.masks() ?? [];
  }

  suspend(): void {
    this.#isSuspended = true;
    for (const { queue } of this.#subscriptions.values()) queue.hold();
  }

  resume(): void {
    this.#isSuspended = false;
    for (const { queue } of this.#subscriptions.values()) queue.release();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const runners = [...this.#sources.values()];
    this.#sources.clear();
    await Promise.all(runners.map((runner) => runner.stop()));
    for (const subscription of this.#subscriptions.values()) subscription.close();
  }

  #stamp(args: EventArgs): EventArgs {
    const given = wrap(args);
    return given["timestamp"] === undefined ? { ...given, timestamp: new Date(this.#options.clock.now()) } : given;
  }

  #reviewName(name: string): void {
    this.#types.review((type) => type === name);
  }

  #mayEmit(caller: Caller, name: string): boolean {
    const { principal } = caller;
    if (principal === undefined || name === "" || name.length > maxNameLength) return false;
    const type = this.#types.get(name);
    if (!hasRoles(principal, type?.roles ?? [])) return false;
    if (!reserved.some((prefix) => name.startsWith(prefix))) return true;
    return principal.kind === "service" || type?.owner === caller;
  }

  #send(name: string, args: EventArgs): void {
    if (this.#index.matching(name).length === 0) return;
    try {
      this.#outgoing.push({ name, frame: encodeEvent(name, args) });
    } catch (error) {
      this.#options.logger.error({ event: name, err: error }, "an event could not be encoded and was not sent");
      return;
    }
    // An event that is emitted while another one is being handed out comes after it, at every connection.
    if (this.#outgoing.length > 1) return;
    for (let next = this.#outgoing[0]; next !== undefined; next = this.#outgoing[0]) {
      this.#handOut(next);
      this.#outgoing.shift();
    }
  }

  #handOut({ name, frame }: Outgoing): void {
    const roles = this.#types.get(name)?.roles ?? [];
    for (const { queue, caller } of this.#index.matching(name)) {
      if (!mayReceive(caller.principal, roles)) continue;
      try {
        queue.push(frame, name);
      } catch (error) {
        this.#options.logger.error({ event: name, err: error }, "an event could not be handed to a connection");
      }
    }
  }
}

function wrap(args: unknown): EventArgs {
  const isObject = typeof args === "object" && args !== null && Object.getPrototypeOf(args) === Object.prototype;
  return isObject ? (args as EventArgs) : { value: args ?? null };
}

function mayReceive(principal: Principal | undefined, roles: readonly string[]): boolean {
  return roles.length === 0 || hasRoles(principal, roles);
}

function checkName(name: string): void {
  if (/^[\w.:@/+-]+$/.test(name) && name.length <= maxNameLength) return;
  const shown = JSON.stringify(name.slice(0, 100));
  throw new ServerError(
    "EVENT_NAME_INVALID",
    `expected up to ${maxNameLength} letters, digits and "_.:@/+-", got ${shown}`,
  );
}
