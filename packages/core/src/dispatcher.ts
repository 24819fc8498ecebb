// The kernel's door for programs: listeners and groups, sending, links, life cycle.
// A synchronous message is handled here; the way of an asynchronous one is in post-office.ts.

import type { WhenFull } from "./channel.ts";
import { type Clock, systemClock } from "./clock.ts";
import { MessageError, RegistrationError } from "./errors.ts";
import type { Link } from "./link.ts";
import type { MessageListener } from "./listener.ts";
import { Exchange } from "./links/exchange.ts";
import { isProcessId } from "./links/frames.ts";
import { type Logger, silentLogger } from "./logger.ts";
import { type Id, isMessage, Message, type MessageFields, stamp } from "./message.ts";
import { type DispatcherHooks, type Failure, Observer } from "./observer.ts";
import { checkPatience } from "./pending-replies.ts";
import { PostOffice } from "./post-office.ts";
import { type Destination, Registry } from "./registry.ts";
import { SyncCalls } from "./sync-calls.ts";

/** What a dispatcher may be given. */
export interface DispatcherOptions {
  /** The name of this process among those that are linked, 1 to 128 characters. Default: a random one. */
  readonly processId?: string;
  /** Default: the host's clock. */
  readonly clock?: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Called with every failure that no sender waits for. Default: writes it to the console. */
  readonly onError?: (failure: Failure) => void;
  readonly hooks?: DispatcherHooks;
  /** How many messages may wait for one destination, group or link. Default 10_000. */
  readonly maxQueued?: number;
  /** How many ids, groups and processes may be announced over one link. Default 1_000_000. */
  readonly maxAnnounced?: number;
}

/** How a message is sent. */
export interface SendOptions {
  /**
   * How long to wait for the reply: 0 to 2_147_483_647 milliseconds, default without limit. The listener is not interrupted.
   * For a blocking message without response required: how long it may hold its destination.
   */
  readonly timeoutMs?: number | undefined;
  /** Aborting it ends the wait; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** When too many messages wait already: an error (default), or wait for room. */
  readonly whenFull?: WhenFull | undefined;
}

/** What a dispatcher is busy with. */
export interface Activity {
  /** Destinations and groups for which messages wait, or which a blocking message holds. */
  readonly activeChannels: number;
  /** Messages accepted and not yet started. */
  readonly queuedMessages: number;
  /** Senders that wait for a reply. */
  readonly awaitedResponses: number;
  readonly listeners: number;
  readonly groups: number;
  /** Replies so far that came too late or that nobody had asked for. */
  readonly droppedResponses: number;
}

const noOptions: SendOptions = {};

/**
 * Delivers messages to listeners, by id or by group, in this process and in those that are linked to it.
 *
 * Order: messages to one destination start in the order in which they were sent.
 */
export class Dispatcher {
  static #default: Dispatcher | undefined;

  /** The name of this process among those that are linked. */
  readonly processId: string;
  readonly #registry = new Registry();
  readonly #observer: Observer;
  readonly #office: PostOffice;
  readonly #syncCalls: SyncCalls;
  /** The destinations, unless hooks want to see every message: then empty, and `sendSync` has to take the longer way. */
  readonly #unwatched: ReadonlyMap<Id, Destination>;
  readonly #logger: Logger;
  readonly #maxAnnounced: number;
  #shutdown: Promise<void> | undefined;

  /** The dispatcher of this process. Make others only for workers and tests. */
  static get default(): Dispatcher {
    Dispatcher.#default ??= new Dispatcher();
    return Dispatcher.#default;
  }

  /** @throws {MessageError} KERNEL_MESSAGE_INVALID when an option is out of range. */
  constructor(options: DispatcherOptions = {}) {
    const {
      processId = randomProcessId(),
      clock = systemClock,
      maxQueued = 10_000,
      maxAnnounced = 1_000_000,
    } = options;
    if (!isProcessId(processId)) throw outOfRange("processId", "a string of 1 to 128 characters", processId);
    if (!(maxQueued >= 1)) throw outOfRange("maxQueued", "at least 1", maxQueued);
    if (!(maxAnnounced >= 1)) throw outOfRange("maxAnnounced", "at least 1", maxAnnounced);
    this.processId = processId;
    this.#logger = options.logger ?? silentLogger;
    this.#maxAnnounced = maxAnnounced;
    this.#observer = new Observer(options.hooks, options.onError);
    this.#office = new PostOffice({ processId, clock, maxQueued, registry: this.#registry, observer: this.#observer });
    this.#syncCalls = new SyncCalls(this.#registry, this.#observer, this.#office);
    this.#unwatched = options.hooks === undefined ? this.#registry.destinations : new Map();
  }

  // ── Listeners and groups ───────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Makes `listener` reachable and returns its id: its own, or an unused integer (which it then has) when it has none or
   * `automaticId` is set.
   *
   * @throws {RegistrationError} KERNEL_REGISTRATION when the id is taken; the listener that has it stays.
   */
  register(listener: MessageListener, { automaticId = false }: { readonly automaticId?: boolean } = {}): Id {
    this.#office.refuseAfterShutdown();
    return this.#registry.register(listener, automaticId);
  }

  /**
   * Reserves an id for a sender that is not a listener, and returns it: the given one, or an unused integer.
   * Listeners and sources share one name space; `deregister` frees the id.
   *
   * @throws {RegistrationError} KERNEL_REGISTRATION when the id is taken.
   */
  registerSource(id?: Id): Id {
    this.#office.refuseAfterShutdown();
    return this.#registry.registerSource(id);
  }

  /**
   * Frees an id; an unknown one does nothing. A handler that is running still answers its sender; messages that still wait
   * come back as undeliverable. Memberships in groups stay.
   *
   * @throws {RegistrationError} KERNEL_REGISTRATION when given a listener without an id.
   */
  deregister(listener: MessageListener | Id): void {
    const id = typeof listener === "object" ? listener.id : listener;
    if (id === undefined)
      throw new RegistrationError("a listener without an id cannot be deregistered: it has none to free");
    const destination = this.#registry.deregister(id);
    if (destination !== undefined) this.#office.close(destination);
  }

  /** Makes `listener` a member of a group; it needs no id for that. Joining again changes nothing. */
  joinGroup(groupId: Id, listener: MessageListener): void {
    this.#office.refuseAfterShutdown();
    if (this.#registry.joinGroup(groupId, listener)) return;
    this.#logger.warn({ groupId, listener: listener.id }, "listener is a member of the group already");
  }

  /** Takes `listener` out of a group, if it is in it. The group goes with its last member. */
  leaveGroup(groupId: Id, listener: MessageListener): void {
    this.#registry.leaveGroup(groupId, listener);
  }

  /** Takes every member of this process out of a group. */
  dissolveGroup(groupId: Id): void {
    this.#registry.dissolveGroup(groupId);
  }

  // ── Sending ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Calls the listener, or every member of the group, at once. Returns what the listener returned; for a group, nothing.
   *
   * What a listener throws is thrown. Every member of a group is called; then the first exception is thrown, with the others
   * as its `suppressed`. Blocking messages do not delay it.
   *
   * @throws {MessageError} KERNEL_MESSAGE_INVALID.
   * @throws {UndeliverableError} KERNEL_UNDELIVERABLE when nobody has the destination id.
   * @throws {SynchronousError} KERNEL_NOT_SYNCHRONOUS when the recipient is in another process, or asynchronous.
   */
  sendSync(input: Message | MessageFields): unknown {
    const message = isMessage(input) ? input : new Message(input);
    if (message.synchronous !== true) stamp(message, true);
    const destination = this.#unwatched.get(message.destinationId as Id);
    if (destination === undefined) return this.#syncCalls.send(message);
    const reply = destination.listener.handleMessageSync(message);
    // Only these can be a promise or DEFERRED.
    if (typeof reply === "object" || typeof reply === "symbol") this.#syncCalls.refuseLater(message, reply);
    return reply;
  }

  /**
   * Sends a message to a listener or a group, here or in a linked process.
   *
   * Without `responseRequired` the promise resolves once the message is handed over: queued for its destination, or given to the
   * link, which may wait while the other side is slow. With it, it settles with the listener's reply or exception; for a group,
   * with null once all have answered, or with the first exception (the others are its `suppressed`). A response settles whoever
   * waits for its id.
   *
   * Rejects with {@link MessageError} KERNEL_MESSAGE_INVALID, {@link UndeliverableError} KERNEL_UNDELIVERABLE,
   * {@link QueueFullError} KERNEL_QUEUE_FULL, {@link TimeoutError} KERNEL_TIMEOUT, {@link ShutdownError} KERNEL_SHUT_DOWN,
   * {@link RemoteError} (what a listener in another process threw), {@link LinkError} LINK_LOST, or the signal's reason.
   */
  send(input: Message | MessageFields, options: SendOptions = noOptions): Promise<unknown> {
    try {
      const message = isMessage(input) ? input : new Message(input);
      if (message.synchronous !== false) stamp(message, false);
      this.#observer.hooks?.sent?.(message);
      if (message.isResponse) return this.#respond(message);
      this.#office.refuseAfterShutdown();
      if (options !== noOptions) checkPatience(options);
      return message.responseRequired ? this.#office.ask(message, options) : this.#office.tell(message, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #respond({ processId, id, content }: Message): Promise<void> {
    this.#office.respond(processId, id, false, content);
  }

  /** Answers a message whose listener returned {@link DEFERRED}. An answer nobody waits for (any more) is dropped and counted. */
  respond(message: Message, content: unknown): void {
    this.#office.respond(message.sourceProcessId, message.id, false, content);
  }

  /** Answers a message whose listener returned {@link DEFERRED} with an error, which its sender gets as if it had been thrown. */
  fail(message: Message, error: unknown): void {
    this.#office.respond(message.sourceProcessId, message.id, true, error);
  }

  // ── Life cycle ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Joins this process to the one at the other end of `link`: from then on, ids and groups there are reached like those here.
   *
   * Resolves when the other side has told for the first time what lives there. Nobody has to wait for it. Rejects with the
   * reason when the link is lost for good before.
   */
  join(link: Link): Promise<void> {
    this.#office.refuseAfterShutdown();
    this.#office.exchange ??= this.#openExchange();
    return this.#office.exchange.join(link);
  }

  #openExchange(): Exchange {
    const exchange = new Exchange(this.#office.arrivals, this.#maxAnnounced);
    this.#registry.onChange = (what, id, present) => exchange.changed(what, id, present);
    return exchange;
  }

  /**
   * Ends everything: what was handed over and is not held back still starts, then every sender that waits gets a
   * {@link ShutdownError}, and links are flushed and closed. Later sends are errors. Idempotent.
   */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#end();
    return this.#shutdown;
  }

  async #end(): Promise<void> {
    this.#office.shutdown();
    this.#registry.clear();
    await this.#office.exchange?.close();
  }

  /** Tells what is queued, held, awaited and registered, at this moment. */
  activity(): Activity {
    let activeChannels = 0;
    let queuedMessages = 0;
    const { destinations, groups } = this.#registry;
    for (const channels of [destinations, groups]) {
      for (const channel of channels.values()) {
        if (channel.active) activeChannels++;
        queuedMessages += channel.queued;
      }
    }
    return {
      activeChannels,
      queuedMessages,
      awaitedResponses: this.#office.awaited,
      listeners: destinations.size,
      groups: groups.size,
      droppedResponses: this.#observer.droppedReplies,
    };
  }
}

function outOfRange(field: string, expected: string, got: unknown): MessageError {
  return new MessageError(`${field} must be ${expected}, got ${JSON.stringify(got)}`, { details: { field } });
}

function randomProcessId(): string {
  return Array.from({ length: 16 }, () => Math.floor(Math.random() * 36).toString(36)).join("");
}
