// Groups: who is in one, and the counting of answers when all of them are asked at once.

import { Channel } from "./channel.ts";
import type { MessageListener } from "./listener.ts";
import type { Id } from "./message.ts";
import type { RemoteProcess } from "./links/directory.ts";

/** The members of a group in this process, in order of joining, and the group's channel. */
export class Group extends Channel {
  readonly id: Id;
  #members = new Set<MessageListener>();
  #list: readonly MessageListener[] | undefined;

  constructor(id: Id) {
    super();
    this.id = id;
  }

  get isGroup(): true {
    return true;
  }

  get size(): number {
    return this.#members.size;
  }

  /** Returns false when it is a member already. */
  add(listener: MessageListener): boolean {
    if (this.#members.has(listener)) return false;
    this.#members.add(listener);
    this.#list = undefined;
    return true;
  }

  /** Returns false when it is no member. */
  delete(listener: MessageListener): boolean {
    this.#list = undefined;
    return this.#members.delete(listener);
  }

  clear(): void {
    this.#members.clear();
    this.#list = undefined;
  }

  /** The members as they are now; joining and leaving later does not change the list. */
  members(): readonly MessageListener[] {
    this.#list ??= [...this.#members];
    return this.#list;
  }
}

/**
 * Counts the answers to one message sent to a group. Parts are the members in order of joining, then the other processes.
 * Each part answers once; an answer too many is refused.
 */
export class GroupRound {
  /** The other processes that have not answered yet, with their part numbers. */
  readonly processes: Map<string, number> = new Map();
  #outstanding: number;
  #deferred = 0;
  #errors: { part: number; error: unknown }[] = [];

  constructor(members: number, processes: readonly RemoteProcess[]) {
    this.#outstanding = members + processes.length;
    for (const [index, process] of processes.entries()) this.processes.set(process.id, members + index);
  }

  get finished(): boolean {
    return this.#outstanding === 0;
  }

  /** What the parts threw, in the order of the parts. */
  get errors(): unknown[] {
    return this.#errors.toSorted((a, b) => a.part - b.part).map(({ error }) => error);
  }

  answered(): void {
    this.#outstanding--;
  }

  failed(part: number, error: unknown): void {
    this.#outstanding--;
    this.#errors.push({ part, error });
  }

  /** A member will answer later, by a response. */
  deferred(): void {
    this.#deferred++;
  }

  /** Assigns a response to a member that deferred; returns false when none did. */
  takeDeferred(): boolean {
    if (this.#deferred === 0) return false;
    this.#deferred--;
    return true;
  }

  /** Assigns an answer to another process; returns its part, or undefined when that process is not awaited. */
  takeProcess(processId: string): number | undefined {
    const part = this.processes.get(processId);
    this.processes.delete(processId);
    return part;
  }
}

/**
 * Returns the first error, with the others attached to it as `suppressed`. What cannot be attached, because somebody has thrown
 * a text or a frozen object, goes to `onLost`.
 */
export function firstOf(errors: readonly unknown[], onLost: (error: unknown) => void): unknown {
  const [first, ...rest] = errors;
  const others = rest.filter((error) => error !== first);
  if (others.length === 0) return first;
  if (first instanceof Error && Object.isExtensible(first)) {
    Object.defineProperty(first, "suppressed", { value: others, configurable: true, writable: true });
  } else others.forEach(onLost);
  return first;
}
