// Synchronous sending beyond the plain case, which `Dispatcher.sendSync` handles itself: groups, hooks, and what cannot be answered at once.

import { SynchronousError } from "./errors.ts";
import { firstOf } from "./group.ts";
import { DEFERRED, type MessageListener } from "./listener.ts";
import { describe, type Id, type Message } from "./message.ts";
import type { Observer } from "./observer.ts";
import type { PostOffice } from "./post-office.ts";
import { nobodyHas, type Registry } from "./registry.ts";

export class SyncCalls {
  readonly #registry: Registry;
  readonly #observer: Observer;
  readonly #office: PostOffice;

  constructor(registry: Registry, observer: Observer, office: PostOffice) {
    this.#registry = registry;
    this.#observer = observer;
    this.#office = office;
  }

  send(message: Message): unknown {
    this.#office.refuseAfterShutdown();
    const { destinationId, groupId } = message;
    this.#observer.hooks?.sent?.(message);
    if (groupId !== undefined) return this.#toGroup(message, groupId);
    const destination = this.#registry.destinations.get(destinationId as Id);
    if (destination !== undefined) return this.#call(message, destination.listener);
    if (this.#office.exchange?.find(destinationId as Id, undefined) !== undefined) {
      throw new SynchronousError(
        `${describe(message)}: ${JSON.stringify(destinationId)} is in another process; use send`,
      );
    }
    throw nobodyHas(message, "here");
  }

  #toGroup(message: Message, groupId: Id): void {
    if ((this.#office.exchange?.membersOf(groupId, undefined).length ?? 0) > 0) {
      throw new SynchronousError(
        `${describe(message)}: group ${JSON.stringify(groupId)} has members elsewhere; use send`,
      );
    }
    const members = this.#registry.groups.get(groupId)?.members() ?? [];
    if (members.length === 0) this.#observer.drop("no-members", message.id);
    let errors: unknown[] | undefined;
    for (const member of members) {
      try {
        this.#call(message, member);
      } catch (error) {
        errors ??= [];
        errors.push(error);
      }
    }
    if (errors !== undefined) throw firstOf(errors, (lost) => this.#observer.report(lost, message));
  }

  #call(message: Message, listener: MessageListener): unknown {
    const { hooks } = this.#observer;
    if (hooks === undefined) return this.#reply(message, listener);
    hooks.delivered?.(message, listener);
    try {
      const reply = this.#reply(message, listener);
      hooks.replied?.(message, reply);
      return reply;
    } catch (error) {
      hooks.failed?.(message, error);
      throw error;
    }
  }

  #reply(message: Message, listener: MessageListener): unknown {
    const reply = listener.handleMessageSync(message);
    this.refuseLater(message, reply);
    return reply;
  }

  /** @throws {SynchronousError} KERNEL_NOT_SYNCHRONOUS when the reply is none yet. */
  refuseLater(message: Message, reply: unknown): void {
    if (!(reply instanceof Promise) && reply !== DEFERRED) return;
    // The sender gets this error; how the promise ends is still told.
    if (reply instanceof Promise) reply.catch((error: unknown) => this.#observer.report(error, message));
    const what = reply instanceof Promise ? "returned a promise" : "deferred its answer";
    throw new SynchronousError(`${describe(message)}: the listener ${what}; use send`);
  }
}
