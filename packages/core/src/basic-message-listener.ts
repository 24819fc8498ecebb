// The ready-made listener: a filtering table, like the rules of an email program, decides what becomes of each message.

import { RegistrationError } from "./errors.ts";
import { type FilterEntry, FilterTable, type Route } from "./filter-table.ts";
import { describeListener, type MessageListener } from "./listener.ts";
import type { Id, Message } from "./message.ts";

/**
 * Sends each message to the target of the first entry that matches it: a callback, an asynchronous callback, a queue or another
 * listener. When none matches, nothing happens and the answer is null.
 *
 * The table may be changed at any time; a message goes by the table as it was when it arrived. Subclasses may override the
 * filters, `route`, or the two handlers.
 */
export class BasicMessageListener implements MessageListener {
  id: Id | undefined;
  readonly #table = new FilterTable();

  constructor(id?: Id) {
    this.id = id;
  }

  /** The entries in order; their positions are their priorities. */
  get entries(): readonly FilterEntry[] {
    return this.#table.entries;
  }

  /**
   * Inserts an entry at a priority: 0 is looked at first, -1 (default) or the table's length appends. Later entries move down.
   *
   * @throws {MessageError} KERNEL_MESSAGE_INVALID for a bad entry or priority; {@link RegistrationError} KERNEL_REGISTRATION when
   * the name is taken, KERNEL_CYCLE when listeners would pass messages round in a ring.
   */
  add(entry: FilterEntry, priority?: number): void {
    this.#refuseCycle(entry);
    this.#table.add(entry, priority);
  }

  /** Removes an entry, given itself or its name. Returns false when it is not in the table. */
  remove(which: FilterEntry | string): boolean {
    return this.#table.remove(which);
  }

  /** Puts an entry in the place of another one, given itself or its name. Throws as `add` does, and when there is no such entry. */
  replace(which: FilterEntry | string, entry: FilterEntry): void {
    this.#refuseCycle(entry);
    this.#table.replace(which, entry);
  }

  handleMessageSync(received: Message): unknown {
    const message = this.preFilter(received);
    if (message === undefined) return null;
    const route = this.route(message);
    const result = route === undefined ? null : route.handleSync(message);
    this.postFilter(message, result);
    return result;
  }

  handleMessage(received: Message): unknown {
    const message = this.preFilter(received);
    if (message === undefined) return null;
    const route = this.route(message);
    const result = route === undefined ? null : route.handle(message);
    if (this.postFilter === BasicMessageListener.prototype.postFilter) return result;
    if (result instanceof Promise) return this.#filterLater(message, result);
    this.postFilter(message, result);
    return result;
  }

  /** Sees each message before the table does. Returns it, another one in its place, or undefined to drop it (the answer is null). */
  protected preFilter(message: Message): Message | undefined {
    return message;
  }

  /** Sees each message that the table has handled, and its result; not called when the target threw. */
  protected postFilter(_message: Message, _result: unknown): void {
    // Nothing to see here; for subclasses.
  }

  /** Looks a message up in the table. */
  protected route(message: Message): Route | undefined {
    return this.#table.find(message);
  }

  async #filterLater(message: Message, result: Promise<unknown>): Promise<unknown> {
    const value = await result;
    this.postFilter(message, value);
    return value;
  }

  #refuseCycle(entry: FilterEntry): void {
    const ring = "listener" in entry ? wayTo(this, entry.listener) : undefined;
    if (ring === undefined) return;
    const names = [this, ...ring].map(describeListener).join(" → ");
    throw new RegistrationError(`messages would go round in a ring: ${names}`, undefined, "KERNEL_CYCLE");
  }
}

/** The listeners by which `from` passes messages on to `goal`, both included; undefined when it does not. */
function wayTo(goal: MessageListener, from: MessageListener): MessageListener[] | undefined {
  if (from === goal) return [from];
  if (!(from instanceof BasicMessageListener)) return undefined;
  for (const entry of from.entries) {
    const rest = "listener" in entry ? wayTo(goal, entry.listener) : undefined;
    if (rest !== undefined) return [from, ...rest];
  }
  return undefined;
}
