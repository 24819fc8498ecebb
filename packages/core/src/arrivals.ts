// What comes to this process from others, by the exchange: messages, answers, and news of who has gone.

import { Delivery, type Origin } from "./delivery.ts";
import type { SwitchboardError } from "./errors.ts";
import type { Group } from "./group.ts";
import type { RemoteProcess } from "./links/directory.ts";
import type { LocalOffice } from "./links/exchange.ts";
import { globalId, type Id, type Message } from "./message.ts";
import type { Observer } from "./observer.ts";
import type { PendingReplies } from "./pending-replies.ts";
import { type Destination, nobodyHas, type Registry } from "./registry.ts";

/** What arrivals need of the post office. */
export interface Office {
  readonly processId: string;
  readonly maxQueued: number;
  refuseAfterShutdown(): void;
  /** Puts a delivery where it waits for its turn. */
  enter(delivery: Delivery, channel: Destination | Group): void;
  /** Hands an answer to the sender that waits for it. */
  take(delivery: Delivery, failed: boolean, value: unknown): void;
  /** Another process has answered its part of a group's message; false when it had none. */
  partDoneBy(delivery: Delivery, processId: string, failed: boolean, value: unknown): boolean;
  /** Frees the channel that a delivery held. */
  letGo(delivery: Delivery): void;
  finish(delivery: Delivery, failed: boolean, value: unknown): void;
}

/** What arrivals are made of. */
export interface ArrivalsParts {
  readonly office: Office;
  readonly registry: Registry;
  readonly observer: Observer;
  readonly pending: PendingReplies;
}

export class Arrivals implements LocalOffice {
  readonly processId: string;
  readonly maxQueued: number;
  readonly #office: Office;
  readonly #registry: Registry;
  readonly #observer: Observer;
  readonly #pending: PendingReplies;
  /** Messages from other processes that hold a channel here, or whose group has not answered yet. */
  readonly #unfinished = new Map<string, Delivery>();

  constructor({ office, registry, observer, pending }: ArrivalsParts) {
    this.processId = office.processId;
    this.maxQueued = office.maxQueued;
    this.#office = office;
    this.#registry = registry;
    this.#observer = observer;
    this.#pending = pending;
  }

  isAutomatic(id: Id): boolean {
    return this.#registry.isAutomatic(id);
  }

  ids(): Iterable<Id> {
    return this.#registry.destinations.keys();
  }

  groups(): Iterable<Id> {
    return this.#registry.groupsWithMembers();
  }

  deliver(message: Message, origin: Origin): void {
    const delivery = new Delivery(message, origin);
    const { destinationId, groupId, responseRequired, blocking } = message;
    try {
      this.#office.refuseAfterShutdown();
      const { destinations } = this.#registry;
      const channel = groupId === undefined ? destinations.get(destinationId as Id) : this.#registry.group(groupId);
      if (channel === undefined) throw nobodyHas(message, "any more");
      this.#office.enter(delivery, channel);
      if (responseRequired && (blocking || groupId !== undefined)) this.#unfinished.set(originKey(origin), delivery);
    } catch (error) {
      if (responseRequired) throw error;
      this.#observer.report(error, message);
    }
  }

  notSent(message: Message, processIds: readonly string[], error: unknown): void {
    if (!message.responseRequired) return this.#observer.report(error, message);
    const delivery = this.#pending.get(message.id);
    if (delivery === undefined) return;
    for (const processId of processIds) this.#office.partDoneBy(delivery, processId, true, error);
  }

  answered(id: Id, from: string, failed: boolean, value: unknown): void {
    const delivery = this.#pending.get(id);
    if (delivery === undefined) return this.#observer.drop("not-awaited", id);
    if (delivery.process?.id === from) delivery.process = undefined;
    if (!this.#office.partDoneBy(delivery, from, failed, value)) this.#office.take(delivery, failed, value);
  }

  released(origin: Origin): void {
    const delivery = this.get(origin);
    if (delivery === undefined) return;
    delivery.settled = true;
    this.#office.letGo(delivery);
  }

  gone(process: RemoteProcess, error: SwitchboardError): void {
    for (const delivery of this.#pending.all()) {
      if (delivery.process === process) this.#office.finish(delivery, true, error);
      else this.#office.partDoneBy(delivery, process.id, true, error);
    }
    for (const { origin } of this.#unfinished.values()) {
      if (origin?.processId === process.id) this.released(origin);
    }
  }

  /** An unfinished message, by where it came from. */
  get(origin: Origin): Delivery | undefined {
    return this.#unfinished.get(originKey(origin));
  }

  /** All unfinished messages, as they are now. */
  all(): Delivery[] {
    return [...this.#unfinished.values()];
  }

  /** A message is finished. */
  remove(origin: Origin): void {
    this.#unfinished.delete(originKey(origin));
  }
}

function originKey(origin: Origin): string {
  return typeof origin.id === "number" ? globalId(origin) : JSON.stringify([origin.processId, origin.id]);
}
