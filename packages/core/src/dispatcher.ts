// The kernel's centre: takes messages from senders to listeners and replies back. The path of a message is `send` or `sendSync`,
// then #enqueue, #start, #handle, #outcome, #finish. Order, waiting, groups and links have files of their own.

import type { Channel, WhenFull } from "./channel.ts";
import { type Clock, systemClock } from "./clock.ts";
import { Delivery, type Origin } from "./delivery.ts";
import {
  RegistrationError,
  ShutdownError,
  SynchronousError,
  type SwitchboardError,
  UndeliverableError,
} from "./errors.ts";
import { Fifo } from "./fifo.ts";
import { firstOf, Group, GroupRound } from "./group.ts";
import type { Link } from "./link.ts";
import { DEFERRED, describeListener, type MessageListener } from "./listener.ts";
import type { RemoteProcess } from "./links/directory.ts";
import { Exchange } from "./links/exchange.ts";
import { type Logger, silentLogger } from "./logger.ts";
import { describe, globalId, type Id, Message, type MessageFields, parseGlobalId, stamp } from "./message.ts";
import { type DispatcherHooks, type DropReason, type Failure, guarded } from "./observer.ts";
import { checkPatience, type Patience, PendingReplies } from "./pending-replies.ts";
import { type Destination, Registry } from "./registry.ts";
import { TimerWheel } from "./timer-wheel.ts";

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
export interface SendOptions extends Patience {
  /**
   * How long to wait for the reply: 0 to 2_147_483_647 milliseconds, default without limit. The listener is not interrupted.
   * For a blocking message without response required: how long it may hold its destination.
   */
  readonly timeoutMs?: number;
  /** Aborting it ends the wait; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** When too many messages wait already: an error (default), or wait for room. */
  readonly whenFull?: WhenFull;
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
const handedOver = Promise.resolve();

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
  readonly #destinations = this.#registry.destinations;
  readonly #pending: PendingReplies;
  /** Messages from other processes that hold a channel here or whose group has not answered yet, by global id. */
  readonly #fromElsewhere = new Map<string, Delivery>();
  readonly #ready = new Fifo<Delivery>();
  readonly #hooks: DispatcherHooks | undefined;
  readonly #onError: (failure: Failure) => void;
  readonly #logger: Logger;
  readonly #maxQueued: number;
  readonly #maxAnnounced: number;
  #running = false;
  #closing = false;
  #dropped = 0;
  #exchange: Exchange | undefined;
  #shutdown: Promise<void> | undefined;

  /** The dispatcher of this process. Make others only for workers and tests. */
  static get default(): Dispatcher {
    Dispatcher.#default ??= new Dispatcher();
    return Dispatcher.#default;
  }

  constructor(options: DispatcherOptions = {}) {
    this.processId = options.processId ?? randomProcessId();
    this.#logger = options.logger ?? silentLogger;
    this.#onError = options.onError ?? writeToConsole;
    this.#hooks = options.hooks === undefined ? undefined : guarded(options.hooks, this.#onError);
    this.#maxQueued = options.maxQueued ?? 10_000;
    this.#maxAnnounced = options.maxAnnounced ?? 1_000_000;
    this.#pending = new PendingReplies(TimerWheel.of(options.clock ?? systemClock), (delivery, error) =>
      this.#finish(delivery, true, error),
    );
  }

  // ── Listeners and groups ───────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Makes `listener` reachable and returns its id: its own, or an unused integer (which it then has) when it has none or
   * `automaticId` is set.
   *
   * @throws {RegistrationError} KERNEL_REGISTRATION when the id is taken; the listener that has it stays.
   */
  register(listener: MessageListener, { automaticId = false }: { readonly automaticId?: boolean } = {}): Id {
    this.#refuseAfterShutdown();
    return this.#registry.register(listener, automaticId);
  }

  /**
   * Reserves an id for a sender that is not a listener, and returns it: the given one, or an unused integer.
   * Listeners and sources share one name space; `deregister` frees the id.
   *
   * @throws {RegistrationError} KERNEL_REGISTRATION when the id is taken.
   */
  registerSource(id?: Id): Id {
    this.#refuseAfterShutdown();
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
    for (const delivery of destination?.close() ?? []) this.#finish(delivery, true, wentAway(delivery.message));
  }

  /** Makes `listener` a member of a group; it needs no id for that. Joining again changes nothing. */
  joinGroup(groupId: Id, listener: MessageListener): void {
    this.#refuseAfterShutdown();
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
    const message = input instanceof Message ? input : new Message(input);
    if (message.synchronous !== true) stamp(message, true);
    const destination = this.#destinations.get(message.destinationId as Id);
    if (destination === undefined || this.#hooks !== undefined || message.processId !== undefined) {
      return this.#sendSyncOtherwise(message, destination);
    }
    const reply = destination.listener.handleMessageSync(message);
    if (reply instanceof Promise || reply === DEFERRED) throw this.#notAtOnce(message, reply);
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
      const message = input instanceof Message ? input : new Message(input);
      if (message.synchronous !== false) stamp(message, false);
      if (options !== noOptions) checkPatience(options);
      this.#hooks?.sent?.(message);
      if (message.isResponse) {
        this.#respond(message.processId, message.id, false, message.content);
        return handedOver;
      }
      this.#refuseAfterShutdown();
      const delivery = new Delivery(message);
      return message.responseRequired ? this.#ask(delivery, options) : this.#tell(delivery, options);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Answers a message whose listener returned {@link DEFERRED}. An answer nobody waits for (any more) is dropped and counted. */
  respond(message: Message, content: unknown): void {
    this.#respond(message.sourceProcessId, message.id, false, content);
  }

  /** Answers a message whose listener returned {@link DEFERRED} with an error, which its sender gets as if it had been thrown. */
  fail(message: Message, error: unknown): void {
    this.#respond(message.sourceProcessId, message.id, true, error);
  }

  // ── Life cycle ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Joins this process to the one at the other end of `link`: from then on, ids and groups there are reached like those here.
   *
   * Resolves when the other side has told for the first time what lives there. Nobody has to wait for it. Rejects with the
   * reason when the link is lost for good before.
   */
  join(link: Link): Promise<void> {
    this.#refuseAfterShutdown();
    this.#exchange ??= this.#openExchange();
    return this.#exchange.join(link);
  }

  /**
   * Ends everything: what was handed over and is not held back still starts, then every sender that waits gets a
   * {@link ShutdownError}, and links are flushed and closed. Later sends are errors. Idempotent.
   */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#end();
    return this.#shutdown;
  }

  /** Tells what is queued, held, awaited and registered, at this moment. */
  activity(): Activity {
    let activeChannels = 0;
    let queuedMessages = 0;
    for (const channels of [this.#destinations, this.#registry.groups]) {
      for (const channel of channels.values()) {
        if (channel.active) activeChannels++;
        queuedMessages += channel.queued;
      }
    }
    return {
      activeChannels,
      queuedMessages,
      awaitedResponses: this.#pending.size,
      listeners: this.#destinations.size,
      groups: this.#registry.groups.size,
      droppedResponses: this.#dropped,
    };
  }

  // ── The way of an asynchronous message ─────────────────────────────────────────────────────────────────────────────

  #ask(delivery: Delivery, options: SendOptions): Promise<unknown> {
    if (options.signal?.aborted === true) throw options.signal.reason;
    this.#pending.add(delivery);
    try {
      this.#post(delivery, options);
    } catch (error) {
      this.#pending.remove(delivery);
      throw error;
    }
    if (options !== noOptions) this.#pending.limit(delivery, options);
    return new Promise((resolve, reject) => {
      delivery.resolve = resolve;
      delivery.reject = reject;
    });
  }

  #tell(delivery: Delivery, options: SendOptions): Promise<unknown> {
    if (options.signal?.aborted === true) throw options.signal.reason;
    const waiting = this.#post(delivery, options);
    if (options !== noOptions && (waiting !== undefined || delivery.message.blocking))
      this.#pending.limit(delivery, options);
    return waiting ?? handedOver;
  }

  /** Puts a delivery where it belongs. Returns a promise when its sender has to wait until there is room. */
  #post(delivery: Delivery, { whenFull = "error" }: SendOptions): Promise<unknown> | undefined {
    const { destinationId, groupId, processId } = delivery.message;
    const here = processId === undefined || processId === this.processId;
    const channel = here && destinationId !== undefined ? this.#destinations.get(destinationId) : undefined;
    if (channel !== undefined) return this.#enqueue(delivery, channel, whenFull);
    if (groupId !== undefined) return this.#enqueue(delivery, this.#registry.group(groupId), whenFull);
    return this.#postElsewhere(delivery);
  }

  #enqueue(delivery: Delivery, channel: Channel, whenFull: WhenFull): Promise<unknown> | undefined {
    const accepted = channel.accept(delivery, this.#ready, this.#maxQueued, whenFull);
    this.#schedule();
    if (accepted || delivery.message.responseRequired) return undefined;
    return new Promise((resolve, reject) => {
      delivery.resolve = resolve;
      delivery.reject = reject;
    });
  }

  #schedule(): void {
    if (this.#running || this.#ready.length === 0) return;
    this.#running = true;
    queueMicrotask(this.#run);
  }

  readonly #run = (): void => {
    for (let next = this.#ready.shift(); next !== undefined; next = this.#ready.shift()) this.#start(next);
    this.#running = false;
  };

  #start(delivery: Delivery): void {
    const channel = delivery.channel as Destination | Group;
    const admitted = channel.leave(this.#ready);
    if (admitted !== undefined) this.#admit(admitted);
    if (delivery.settled) return;
    if (channel instanceof Group) this.#startGroup(delivery, channel);
    else if (channel.closed) this.#finish(delivery, true, wentAway(delivery.message));
    else this.#handle(delivery, channel.listener, 0);
  }

  #startGroup(delivery: Delivery, group: Group): void {
    const { message } = delivery;
    const here =
      delivery.origin !== undefined || message.processId === undefined || message.processId === this.processId;
    const members = here ? group.members() : [];
    const others = delivery.origin === undefined ? (this.#exchange?.membersOf(group.id, message.processId) ?? []) : [];
    delivery.round = new GroupRound(members.length, message.responseRequired ? others : []);
    if (members.length + others.length === 0) this.#drop("no-members", message.id);
    if (delivery.round.finished) this.#finish(delivery, false, null);
    try {
      if (others.length > 0) this.#exchange?.sendToGroup(message, others);
    } catch (error) {
      this.#finish(delivery, true, error);
    }
    for (const [part, member] of members.entries()) this.#handle(delivery, member, part);
    this.#registry.tidy(group);
  }

  #handle(delivery: Delivery, listener: MessageListener, part: number): void {
    this.#hooks?.delivered?.(delivery.message, listener);
    try {
      const reply = listener.handleMessage(delivery.message);
      if (!isPromise(reply)) return this.#outcome(delivery, listener, part, false, reply);
      reply.then(
        (value) => this.#outcome(delivery, listener, part, false, value),
        (error: unknown) => this.#outcome(delivery, listener, part, true, error),
      );
    } catch (error) {
      this.#outcome(delivery, listener, part, true, error);
    }
  }

  /** A listener, one `part` of a group's round or the only one, has returned, thrown or deferred. */
  #outcome(delivery: Delivery, listener: MessageListener, part: number, failed: boolean, value: unknown): void {
    const { message, round } = delivery;
    if (delivery.settled) return this.#late(delivery, failed, value, listener);
    if (value === DEFERRED && !failed && message.responseRequired) return round?.deferred();
    if (round === undefined) return this.#finish(delivery, failed, value, listener);
    if (failed && !message.responseRequired) this.#report({ error: value, message, listener });
    this.#partDone(delivery, round, part, failed && message.responseRequired, value);
  }

  #partDone(delivery: Delivery, round: GroupRound, part: number, failed: boolean, error: unknown): void {
    if (failed) round.failed(part, error);
    else round.answered();
    if (!round.finished) return;
    const { errors } = round;
    this.#finish(delivery, errors.length > 0, errors.length > 0 ? firstOf(errors) : null);
  }

  /** The end of a delivery: frees its channel and tells whoever waits, in this process or the one it came from. */
  #finish(delivery: Delivery, failed: boolean, value: unknown, listener?: MessageListener): void {
    if (delivery.settled) return;
    delivery.settled = true;
    const { message, origin, resolve, reject } = delivery;
    if (message.responseRequired || message.blocking || resolve !== undefined) this.#letGo(delivery);
    if (this.#hooks !== undefined && message.responseRequired) {
      if (failed) this.#hooks.failed?.(message, value);
      else this.#hooks.replied?.(message, value);
    }
    if (origin !== undefined && message.responseRequired) {
      if (!this.#exchange?.answer(origin, failed, value)) this.#drop("not-awaited", message.id);
    } else if (!failed) resolve?.(value);
    else if (reject !== undefined) reject(value);
    else this.#report({ error: value, message, listener });
  }

  /** Whatever a delivery held or was listed in is free again. */
  #letGo(delivery: Delivery): void {
    const { message, origin, channel, process, round } = delivery;
    this.#pending.remove(delivery);
    if (origin !== undefined) {
      this.#fromElsewhere.delete(originKey(origin));
    } else if (this.#exchange !== undefined) {
      if (process !== undefined && message.blocking) this.#exchange.release(process.id, message.id);
      for (const processId of round?.processes.keys() ?? []) this.#exchange.release(processId, message.id);
    }
    if (channel === undefined || !message.blocking) return;
    channel.release(delivery, this.#ready);
    if (channel instanceof Group) this.#registry.tidy(channel);
    this.#schedule();
  }

  /** Room was made for a message whose sender waited for it. */
  #admit(delivery: Delivery): void {
    const { message, resolve } = delivery;
    if (message.responseRequired) return;
    if (!message.blocking) this.#pending.remove(delivery);
    delivery.resolve = delivery.reject = undefined;
    resolve?.(undefined);
  }

  #late(delivery: Delivery, failed: boolean, value: unknown, listener: MessageListener): void {
    const { message } = delivery;
    if (message.responseRequired) this.#drop("late", message.id);
    if (failed) this.#report({ error: value, message, listener });
  }

  // ── Responses ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A response to message `id`, of this process or of the one that is named here or in the id. */
  #respond(processId: string | undefined, id: Id, failed: boolean, value: unknown): void {
    const own = processId === undefined || processId === this.processId ? this.#pending.get(id) : undefined;
    if (own !== undefined) return this.#take(own, failed, value);
    const origin = originOf(id, processId);
    if (origin === undefined) return this.#drop("not-awaited", id);
    const delivery =
      origin.processId === this.processId ? this.#pending.get(origin.id) : this.#fromElsewhere.get(originKey(origin));
    if (delivery !== undefined) this.#take(delivery, failed, value);
    else if (!this.#exchange?.answer(origin, failed, value)) this.#drop("not-awaited", id);
  }

  /** A response for a delivery; in a group's round it is that of a member that deferred. */
  #take(delivery: Delivery, failed: boolean, value: unknown): void {
    const { round } = delivery;
    if (round === undefined) this.#finish(delivery, failed, value);
    else if (round.takeDeferred()) this.#partDone(delivery, round, Infinity, failed, value);
    else this.#drop("not-awaited", delivery.message.id);
  }

  // ── Other processes ────────────────────────────────────────────────────────────────────────────────────────────────

  #openExchange(): Exchange {
    const exchange = new Exchange({
      processId: this.processId,
      maxQueued: this.#maxQueued,
      maxAnnounced: this.#maxAnnounced,
      ids: () => this.#destinations.keys(),
      groups: () => this.#registry.groupsWithMembers(),
      isAutomatic: (id) => this.#registry.isAutomatic(id),
      deliver: (message, origin) => this.#deliver(message, origin),
      answered: (id, from, failed, value) => this.#answered(id, from, failed, value),
      released: (origin) => this.#released(origin),
      gone: (process, error) => this.#gone(process, error),
    });
    this.#registry.onChange = (what, id, present) => exchange.changed(what, id, present);
    return exchange;
  }

  #postElsewhere(delivery: Delivery): Promise<unknown> | undefined {
    const { message } = delivery;
    const { destinationId, processId } = message;
    const process = destinationId === undefined ? undefined : this.#exchange?.find(destinationId, processId);
    if (process === undefined || this.#exchange === undefined) {
      const where = processId === undefined ? "here or in a linked process" : `in process "${processId}"`;
      throw new UndeliverableError(`${describe(message)}: nobody has the id ${JSON.stringify(destinationId)} ${where}`);
    }
    delivery.process = process;
    return this.#exchange.send(message, process);
  }

  /** A message has come from another process. What is thrown here goes back to its sender. */
  #deliver(message: Message, origin: Origin): void {
    const delivery = new Delivery(message, origin);
    const { destinationId, groupId, responseRequired, blocking } = message;
    try {
      this.#refuseAfterShutdown();
      if (groupId !== undefined) {
        this.#registry.group(groupId).pass(delivery, this.#ready);
        this.#schedule();
      } else {
        const channel = this.#destinations.get(destinationId as Id);
        if (channel === undefined) throw wentAway(message);
        void this.#enqueue(delivery, channel, "error");
      }
      if (responseRequired && (blocking || groupId !== undefined)) this.#fromElsewhere.set(originKey(origin), delivery);
    } catch (error) {
      if (responseRequired) throw error;
      this.#report({ error, message });
    }
  }

  #answered(id: Id, from: string, failed: boolean, value: unknown): void {
    const delivery = this.#pending.get(id);
    if (delivery === undefined) return this.#drop("not-awaited", id);
    const { round, process } = delivery;
    if (process?.id === from) delivery.process = undefined;
    const part = round?.takeProcess(from);
    if (round !== undefined && part !== undefined) this.#partDone(delivery, round, part, failed, value);
    else this.#take(delivery, failed, value);
  }

  #released(origin: Origin): void {
    const delivery = this.#fromElsewhere.get(originKey(origin));
    if (delivery === undefined) return;
    delivery.settled = true;
    this.#letGo(delivery);
  }

  #gone(process: RemoteProcess, error: SwitchboardError): void {
    for (const delivery of this.#pending.all()) {
      const { round } = delivery;
      const part = round?.takeProcess(process.id);
      if (round !== undefined && part !== undefined) this.#partDone(delivery, round, part, true, error);
      else if (delivery.process === process) this.#finish(delivery, true, error);
    }
    for (const { origin } of [...this.#fromElsewhere.values()]) {
      if (origin?.processId === process.id) this.#released(origin);
    }
  }

  // ── Around it ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #sendSyncOtherwise(message: Message, destination: Destination | undefined): unknown {
    this.#refuseAfterShutdown();
    this.#hooks?.sent?.(message);
    const { destinationId, groupId, processId } = message;
    const here = processId === undefined || processId === this.processId;
    if (groupId !== undefined) return this.#sendSyncToGroup(message, groupId);
    if (destination !== undefined && here) return this.#callSync(message, destination.listener);
    if (destinationId !== undefined && this.#exchange?.find(destinationId, processId) !== undefined) {
      throw new SynchronousError(
        `${describe(message)}: ${JSON.stringify(destinationId)} is in another process; use send`,
      );
    }
    throw new UndeliverableError(`${describe(message)}: nobody has the id ${JSON.stringify(destinationId)}`);
  }

  #sendSyncToGroup(message: Message, groupId: Id): void {
    if ((this.#exchange?.membersOf(groupId, message.processId).length ?? 0) > 0) {
      throw new SynchronousError(
        `${describe(message)}: group ${JSON.stringify(groupId)} has members elsewhere; use send`,
      );
    }
    const members = this.#registry.groups.get(groupId)?.members() ?? [];
    if (members.length === 0) this.#drop("no-members", message.id);
    let errors: unknown[] | undefined;
    for (const member of members) {
      try {
        this.#callSync(message, member);
      } catch (error) {
        errors ??= [];
        errors.push(error);
      }
    }
    if (errors !== undefined) throw firstOf(errors);
  }

  #callSync(message: Message, listener: MessageListener): unknown {
    if (this.#hooks === undefined) {
      const reply = listener.handleMessageSync(message);
      if (reply instanceof Promise || reply === DEFERRED) throw this.#notAtOnce(message, reply);
      return reply;
    }
    this.#hooks.delivered?.(message, listener);
    try {
      const reply = listener.handleMessageSync(message);
      if (reply instanceof Promise || reply === DEFERRED) throw this.#notAtOnce(message, reply);
      this.#hooks.replied?.(message, reply);
      return reply;
    } catch (error) {
      this.#hooks.failed?.(message, error);
      throw error;
    }
  }

  #notAtOnce(message: Message, reply: unknown): SynchronousError {
    if (reply instanceof Promise) reply.catch((error: unknown) => this.#report({ error, message }));
    const what = reply instanceof Promise ? "returned a promise" : "deferred its answer";
    return new SynchronousError(`${describe(message)}: the listener ${what}; use send`);
  }

  #drop(reason: DropReason, id: Id): void {
    if (reason !== "no-members") this.#dropped++;
    this.#hooks?.dropped?.({ reason, id });
  }

  #report(failure: Failure): void {
    try {
      this.#onError(failure);
    } catch (error) {
      writeToConsole({ ...failure, error });
    }
  }

  #refuseAfterShutdown(): void {
    if (this.#closing) throw new ShutdownError(`dispatcher "${this.processId}" was shut down`);
  }

  async #end(): Promise<void> {
    this.#closing = true;
    this.#run();
    const error = new ShutdownError(`dispatcher "${this.processId}" was shut down`);
    for (const channels of [this.#destinations, this.#registry.groups]) {
      for (const channel of channels.values()) {
        // One that is being handled and that nobody waits for is left alone; only its time limit goes.
        if (channel.holder !== undefined && !channel.holder.message.responseRequired)
          this.#pending.remove(channel.holder);
        for (const delivery of channel.close()) this.#finish(delivery, true, error);
      }
    }
    for (const delivery of this.#pending.all()) this.#finish(delivery, true, error);
    for (const delivery of [...this.#fromElsewhere.values()]) this.#finish(delivery, true, error);
    this.#registry.clear();
    await this.#exchange?.close();
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  if (value instanceof Promise) return true;
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function wentAway(message: Message): UndeliverableError {
  return new UndeliverableError(
    `${describe(message)}: its listener ${JSON.stringify(message.destinationId)} went away`,
  );
}

/** The process that waits for a response, and the id by which it does: given, or read from an id made unique by its process. */
function originOf(id: Id, processId: string | undefined): Origin | undefined {
  const parsed = parseGlobalId(id);
  if (parsed !== undefined && (processId === undefined || processId === parsed.processId)) return parsed;
  return processId === undefined ? undefined : { processId, id };
}

function originKey(origin: Origin): string {
  return typeof origin.id === "number" ? globalId(origin) : JSON.stringify([origin.processId, origin.id]);
}

function randomProcessId(): string {
  const digits = (): string => Math.random().toString(36).slice(2, 10);
  return `${digits()}${digits()}`;
}

function writeToConsole({ error, message, listener }: Failure): void {
  const what = message === undefined ? "a hook" : describe(message);
  const where = listener === undefined ? "" : ` in ${describeListener(listener)}`;
  console.error(`switchboard: ${what} failed${where}:`, error);
}
