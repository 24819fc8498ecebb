// The way of an asynchronous message, from top to bottom: a sender asks or tells, the message is put into its channel, started when
// its turn has come, handled by its listener (or by every member of its group), and finished.

import { Arrivals } from "./arrivals.ts";
import type { WhenFull } from "./channel.ts";
import type { Clock } from "./clock.ts";
import { Delivery, type Origin } from "./delivery.ts";
import { ShutdownError } from "./errors.ts";
import { Fifo } from "./fifo.ts";
import { firstOf, type Group, GroupRound } from "./group.ts";
import { DEFERRED, type MessageListener } from "./listener.ts";
import type { Exchange } from "./links/exchange.ts";
import { type Id, type Message, parseGlobalId } from "./message.ts";
import type { Observer } from "./observer.ts";
import { type Patience, PendingReplies } from "./pending-replies.ts";
import { type Destination, nobodyHas, type Registry } from "./registry.ts";
import { TimerWheel } from "./timer-wheel.ts";

/** How a message is posted. */
export interface PostOptions extends Patience {
  readonly whenFull?: WhenFull | undefined;
}

/** What a post office is given. */
export interface PostOfficeParts {
  readonly processId: string;
  readonly clock: Clock;
  readonly maxQueued: number;
  readonly registry: Registry;
  readonly observer: Observer;
}

const handedOver = Promise.resolve();

export class PostOffice {
  readonly processId: string;
  readonly maxQueued: number;
  /** Where messages from other processes come in. */
  readonly arrivals: Arrivals;
  /** The way to other processes; undefined until the first link is joined. */
  exchange: Exchange | undefined;
  readonly #registry: Registry;
  readonly #observer: Observer;
  readonly #pending: PendingReplies;
  readonly #ready = new Fifo<Delivery>();
  #running = false;
  #closed = false;

  constructor({ processId, clock, maxQueued, registry, observer }: PostOfficeParts) {
    this.processId = processId;
    this.maxQueued = maxQueued;
    this.#registry = registry;
    this.#observer = observer;
    this.#pending = new PendingReplies(TimerWheel.of(clock), (delivery, error) => this.finish(delivery, true, error));
    this.arrivals = new Arrivals({ office: this, registry, observer, pending: this.#pending });
  }

  get awaited(): number {
    return this.#pending.size;
  }

  // ── From the sender to the channel ─────────────────────────────────────────────────────────────────────────────────

  /** Sends a message whose sender waits for the reply. */
  ask(message: Message, options: PostOptions): Promise<unknown> {
    const delivery = new Delivery(message);
    this.#pending.add(delivery);
    try {
      this.#post(delivery, options)?.catch((error: unknown) => this.finish(delivery, true, error));
    } catch (error) {
      this.#pending.remove(delivery);
      throw error;
    }
    this.#pending.limit(delivery, options);
    return new Promise((resolve, reject) => {
      delivery.resolve = resolve;
      delivery.reject = reject;
    });
  }

  /** Sends a message whose sender waits for no reply. Resolves when it is handed over. */
  tell(message: Message, options: PostOptions): Promise<unknown> {
    const delivery = new Delivery(message);
    const waiting = this.#post(delivery, options);
    if (delivery.channel !== undefined && (waiting !== undefined || message.blocking))
      this.#pending.limit(delivery, options);
    return waiting ?? handedOver;
  }

  /** Puts a delivery where it belongs. Returns a promise when its sender has to wait for room. */
  #post(delivery: Delivery, options: PostOptions): Promise<unknown> | undefined {
    const { whenFull = "error" } = options;
    const { destinationId, groupId, processId } = delivery.message;
    if (groupId !== undefined) return this.#enqueue(delivery, this.#registry.group(groupId), whenFull);
    if (processId === undefined || processId === this.processId) {
      const destination = this.#registry.destinations.get(destinationId as Id);
      if (destination !== undefined) return this.#enqueue(delivery, destination, whenFull);
    }
    return this.#postElsewhere(delivery, destinationId as Id, options);
  }

  #postElsewhere(delivery: Delivery, id: Id, { whenFull = "error" }: PostOptions): Promise<unknown> | undefined {
    const { message } = delivery;
    const process = this.exchange?.find(id, message.processId);
    if (process !== undefined) {
      delivery.process = process;
      return this.exchange?.send(message, process);
    }
    const destination = this.#knownElsewhereAs(id);
    if (destination !== undefined) return this.#enqueue(delivery, destination, whenFull);
    const { processId } = message;
    throw nobodyHas(message, processId === undefined ? "here or in a linked process" : `in process "${processId}"`);
  }

  /** The listener of this process that others know by this id, as they have to tell assigned integers apart. */
  #knownElsewhereAs(id: Id): Destination | undefined {
    const global = parseGlobalId(id);
    return global?.processId === this.processId ? this.#registry.destinations.get(global.id) : undefined;
  }

  #enqueue(delivery: Delivery, channel: Destination | Group, whenFull: WhenFull): Promise<unknown> | undefined {
    if (this.enter(delivery, channel, whenFull) || delivery.message.responseRequired) return undefined;
    return new Promise((resolve, reject) => {
      delivery.resolve = resolve;
      delivery.reject = reject;
    });
  }

  /** Lets a delivery wait for its turn. Returns false when its sender has to wait for room; throws QueueFullError. */
  enter(delivery: Delivery, channel: Destination | Group, whenFull: WhenFull = "error"): boolean {
    delivery.channel = channel;
    let accepted = true;
    // A group's message from another process waits behind nothing, or two processes could wait for each other for ever.
    if (channel.isGroup && delivery.origin !== undefined) channel.pass(delivery, this.#ready);
    else accepted = channel.accept(delivery, this.#ready, this.maxQueued, whenFull);
    this.#schedule();
    return accepted;
  }

  // ── From the channel to the listener ───────────────────────────────────────────────────────────────────────────────

  #schedule(): void {
    if (this.#running || this.#ready.length === 0) return;
    this.#running = true;
    void handedOver.then(this.#run);
  }

  readonly #run = (): void => {
    for (let next = this.#ready.shift(); next !== undefined; next = this.#ready.shift()) this.#start(next);
    this.#running = false;
  };

  #start(delivery: Delivery): void {
    const { channel } = delivery;
    const admitted = channel?.leave(this.#ready);
    if (admitted !== undefined) this.#admit(admitted);
    if (channel === undefined) return;
    if (!delivery.settled) {
      if (channel.isGroup) this.#startGroup(delivery, channel);
      else if (channel.closed) this.finish(delivery, true, nobodyHas(delivery.message, "any more"));
      else this.#handle(delivery, channel.listener, 0);
    }
    if (channel.isGroup) this.#registry.tidy(channel);
  }

  #startGroup(delivery: Delivery, group: Group): void {
    const { message, origin } = delivery;
    const here = origin !== undefined || message.processId === undefined || message.processId === this.processId;
    const members = here ? group.members() : [];
    const others = origin === undefined ? (this.exchange?.membersOf(group.id, message.processId) ?? []) : [];
    const round = new GroupRound(members.length, message.responseRequired ? others : []);
    delivery.round = round;
    if (members.length + others.length === 0) this.#observer.drop("no-members", message.id);
    try {
      if (others.length > 0) this.exchange?.sendToGroup(message, others);
    } catch (error) {
      return this.finish(delivery, true, error);
    }
    if (round.finished) this.finish(delivery, false, null);
    for (const [part, member] of members.entries()) this.#handle(delivery, member, part);
  }

  #handle(delivery: Delivery, listener: MessageListener, part: number): void {
    this.#observer.hooks?.delivered?.(delivery.message, listener);
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

  // ── From the listener back to the sender ───────────────────────────────────────────────────────────────────────────

  /** A listener, the only one or one `part` of a group's round, has returned, thrown or deferred. */
  #outcome(delivery: Delivery, listener: MessageListener, part: number, failed: boolean, value: unknown): void {
    const { message, round } = delivery;
    if (typeof value === "symbol" && value === DEFERRED && message.responseRequired)
      return delivery.settled ? undefined : round?.deferred();
    if (delivery.settled) return this.#late(message, listener, failed, value);
    if (round === undefined) return this.finish(delivery, failed, value, listener);
    if (failed && !message.responseRequired) this.#observer.report(value, message, listener);
    this.partDone(delivery, round, part, failed && message.responseRequired, value);
  }

  /** One part of a group's round has answered; the last one ends it. */
  partDone(delivery: Delivery, round: GroupRound, part: number, failed: boolean, error: unknown): void {
    if (failed) round.failed(part, error);
    else round.answered();
    if (!round.finished) return;
    const { errors } = round;
    if (errors.length === 0) return this.finish(delivery, false, null);
    const { message } = delivery;
    this.finish(
      delivery,
      true,
      firstOf(errors, (lost) => this.#observer.report(lost, message)),
    );
  }

  /** The same for the part of another process. Returns false when none is awaited of it. */
  partDoneBy(delivery: Delivery, processId: string, failed: boolean, value: unknown): boolean {
    const { round } = delivery;
    const part = round?.takeProcess(processId);
    if (round === undefined || part === undefined) return false;
    this.partDone(delivery, round, part, failed, value);
    return true;
  }

  /** The end of a delivery: frees its channel and tells whoever waits, in this process or the one it came from. */
  finish(delivery: Delivery, failed: boolean, value: unknown, listener?: MessageListener): void {
    if (delivery.settled) return;
    delivery.settled = true;
    const { message, origin, resolve, reject } = delivery;
    const { hooks } = this.#observer;
    if (hooks !== undefined && message.responseRequired) {
      if (failed) hooks.failed?.(message, value);
      else hooks.replied?.(message, value);
    }
    if (origin !== undefined && message.responseRequired) {
      if (this.exchange?.answer(origin, failed, value) !== true) this.#observer.drop("not-awaited", message.id);
    } else if (!failed) resolve?.(value);
    else if (reject !== undefined) reject(value);
    else this.#observer.report(value, message, listener);
    // Last, so that the sender hears of the reply before the next message starts.
    if (message.responseRequired || message.blocking || resolve !== undefined) this.letGo(delivery);
  }

  /** Whatever a delivery held or was listed in is free again. */
  letGo(delivery: Delivery): void {
    const { message, origin, channel, process, round } = delivery;
    this.#pending.remove(delivery);
    if (origin !== undefined) {
      this.arrivals.remove(origin);
    } else if (this.exchange !== undefined) {
      if (process !== undefined && message.blocking) this.exchange.release(process.id, message.id);
      for (const processId of round?.processes.keys() ?? []) this.exchange.release(processId, message.id);
    }
    if (channel === undefined || !message.blocking) return;
    channel.release(delivery, this.#ready);
    if (channel.isGroup) this.#registry.tidy(channel);
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

  #late(message: Message, listener: MessageListener, failed: boolean, value: unknown): void {
    if (message.responseRequired) this.#observer.drop("late", message.id);
    if (failed) this.#observer.report(value, message, listener);
  }

  // ── Responses sent later ───────────────────────────────────────────────────────────────────────────────────────────

  /** A response to message `id` of this process, or of the one that is named here or in the id. */
  respond(processId: string | undefined, id: Id, failed: boolean, value: unknown): void {
    const own = processId === undefined || processId === this.processId ? this.#pending.get(id) : undefined;
    if (own !== undefined) return this.take(own, failed, value);
    const origin = originOf(id, processId);
    if (origin === undefined) return this.#observer.drop("not-awaited", id);
    const isOwn = origin.processId === this.processId;
    const delivery = isOwn ? this.#pending.get(origin.id) : this.arrivals.get(origin);
    if (delivery !== undefined) this.take(delivery, failed, value);
    else if (this.exchange?.answer(origin, failed, value) !== true) this.#observer.drop("not-awaited", id);
  }

  /** A response for a delivery; in a group's round it is that of a member that deferred. */
  take(delivery: Delivery, failed: boolean, value: unknown): void {
    const { message, round } = delivery;
    if (message.groupId === undefined) this.finish(delivery, failed, value);
    else if (round?.takeDeferred() === true) this.partDone(delivery, round, Infinity, failed, value);
    else this.#observer.drop("not-awaited", message.id);
  }

  // ── Closing ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws {ShutdownError} KERNEL_SHUT_DOWN. */
  refuseAfterShutdown(): void {
    if (this.#closed) throw new ShutdownError(`dispatcher "${this.processId}" was shut down`);
  }

  /** The destination has been deregistered: what waits for it comes back. */
  close(destination: Destination): void {
    this.#close(destination, (message) => nobodyHas(message, "any more"));
  }

  #close(channel: Destination | Group, error: (message: Message) => Error): void {
    // One that is being handled and that nobody waits for is left alone, but it holds nothing any more.
    if (channel.holder?.message.responseRequired === false) this.#pending.remove(channel.holder);
    for (const delivery of channel.close()) this.finish(delivery, true, error(delivery.message));
  }

  /** Starts what may start, then settles everything. */
  shutdown(): void {
    this.#closed = true;
    this.#run();
    const error = new ShutdownError(`dispatcher "${this.processId}" was shut down`);
    for (const destination of this.#registry.destinations.values()) this.#close(destination, () => error);
    for (const group of this.#registry.groups.values()) this.#close(group, () => error);
    for (const delivery of [...this.#pending.all(), ...this.arrivals.all()]) this.finish(delivery, true, error);
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  if (value instanceof Promise) return true;
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** The process that waits for a response, and the id by which it does: given, or read from an id made unique by its process. */
function originOf(id: Id, processId: string | undefined): Origin | undefined {
  const parsed = parseGlobalId(id);
  if (parsed !== undefined && (processId === undefined || processId === parsed.processId)) return parsed;
  return processId === undefined ? undefined : { processId, id };
}
