// An ordered list of entries, of which the first that matches a message wins; found through an index, not by walking the list.

import { MessageError, RegistrationError, SynchronousError } from "./errors.ts";
import { compileMatch, type FieldTest, type MatchValue, type MessageMatch } from "./filter-match.ts";
import type { MessageListener } from "./listener.ts";
import type { MessageQueue } from "./message-queue.ts";
import { describe, type Message } from "./message.ts";

/**
 * Where a message goes: exactly one of these.
 *
 * `callback` answers at once, so it serves synchronous messages, too; `asyncCallback` returns a promise. `queue` answers null.
 * `listener` handles the message in its own way.
 */
export type FilterTarget =
  | { readonly callback: (message: Message) => unknown }
  | { readonly asyncCallback: (message: Message) => Promise<unknown> }
  | { readonly queue: MessageQueue }
  | { readonly listener: MessageListener };

/** One row of a filtering table: which messages, and where they go. */
export type FilterEntry = FilterTarget & {
  /** By which it can be removed or replaced; unique in the table. */
  readonly name?: string;
  /** Default: every message. */
  readonly match?: MessageMatch;
};

/** An entry, ready for use. */
export interface Route {
  readonly entry: FilterEntry;
  readonly tests: readonly FieldTest[];
  readonly handle: (message: Message) => unknown;
  readonly handleSync: (message: Message) => unknown;
}

export class FilterTable {
  #routes: readonly Route[] = [];
  #finder: Finder | undefined;

  /** The entries in order; their positions are their priorities. */
  get entries(): readonly FilterEntry[] {
    return this.#routes.map(({ entry }) => entry);
  }

  /** Inserts `entry` at a priority (0 is looked at first), or appends it at -1 or at the table's length. */
  add(entry: FilterEntry, priority = -1): void {
    const { length } = this.#routes;
    if (!Number.isInteger(priority) || priority < -1 || priority > length) {
      throw new MessageError(`priority must be -1 to ${length}, got ${priority}`, { details: { field: "priority" } });
    }
    const route = this.#compile(entry, undefined);
    this.#change(this.#routes.toSpliced(priority === -1 ? length : priority, 0, route));
  }

  /** Removes an entry, given itself or its name. Returns false when it is not in the table. */
  remove(which: FilterEntry | string): boolean {
    const at = this.#find(which);
    if (at < 0) return false;
    this.#change(this.#routes.toSpliced(at, 1));
    return true;
  }

  /** Puts `entry` in the place of another one. */
  replace(which: FilterEntry | string, entry: FilterEntry): void {
    const at = this.#find(which);
    if (at < 0) {
      const what = typeof which === "string" ? `named "${which}"` : "like the given one";
      throw new RegistrationError(`the table has no entry ${what} to replace`);
    }
    this.#change(this.#routes.with(at, this.#compile(entry, this.#routes[at]?.entry)));
  }

  /** The first route that takes the message. */
  find(message: Message): Route | undefined {
    this.#finder ??= new Finder(this.#routes, new Set());
    return this.#finder.find(message);
  }

  #find(which: FilterEntry | string): number {
    return this.#routes.findIndex(({ entry }) => entry === which || (entry.name !== undefined && entry.name === which));
  }

  /** Checks an entry that is to take the place of `instead`. */
  #compile(entry: FilterEntry, instead: FilterEntry | undefined): Route {
    const { name, match = {} } = entry;
    if (name !== undefined && this.#routes.some((other) => other.entry.name === name && other.entry !== instead)) {
      throw new RegistrationError(`the table has an entry named "${name}" already`);
    }
    return { entry, tests: compileMatch(match), ...compileTarget(entry) };
  }

  #change(routes: readonly Route[]): void {
    this.#routes = routes;
    this.#finder = undefined;
  }
}

/**
 * Finds the first of some routes that takes a message: by the value of the field about which most of them ask, then by the next
 * such field, and so on; only what is left is asked one by one. Branches are made when they are first needed.
 */
class Finder {
  readonly #routes: readonly Route[];
  readonly #asked: ReadonlySet<string>;
  /** The field to branch by; undefined in a leaf. */
  readonly #field: FieldTest | undefined;
  /** For each value that a route names: the routes that may take a message with it. */
  readonly #branches = new Map<unknown, Finder | undefined>();
  #otherwise: Finder | undefined;

  constructor(routes: readonly Route[], asked: ReadonlySet<string>) {
    this.#routes = routes;
    this.#field = mostAskedFor(routes, asked);
    if (this.#field === undefined) {
      this.#asked = asked;
      return;
    }
    const { field } = this.#field;
    this.#asked = new Set([...asked, field]);
    for (const route of routes) for (const value of valuesOf(route, field) ?? []) this.#branches.set(value, undefined);
  }

  find(message: Message): Route | undefined {
    if (this.#field !== undefined) return this.#branch(this.#field.read(message)).find(message);
    for (const route of this.#routes) if (takes(route, message)) return route;
    return undefined;
  }

  #branch(value: unknown): Finder {
    const branch = this.#branches.get(value);
    if (branch !== undefined) return branch;
    if (!this.#branches.has(value)) {
      this.#otherwise ??= this.#narrowed(() => false);
      return this.#otherwise;
    }
    const made = this.#narrowed((values) => values.includes(value as MatchValue));
    this.#branches.set(value, made);
    return made;
  }

  /** The routes that accept by value, or that ask nothing, or that have to be asked anyway. */
  #narrowed(accepts: (values: readonly MatchValue[]) => boolean): Finder {
    const field = this.#field?.field ?? "";
    const left = this.#routes.filter((route) => {
      const values = valuesOf(route, field);
      return values === undefined || accepts(values);
    });
    return new Finder(left, this.#asked);
  }
}

/** The field about whose value most routes ask, of those not asked yet. */
function mostAskedFor(routes: readonly Route[], asked: ReadonlySet<string>): FieldTest | undefined {
  const counts = new Map<string, number>();
  let most: FieldTest | undefined;
  for (const test of routes.flatMap(({ tests }) => tests)) {
    if (test.values === undefined || asked.has(test.field)) continue;
    const count = (counts.get(test.field) ?? 0) + 1;
    counts.set(test.field, count);
    if (most === undefined || count > (counts.get(most.field) ?? 0)) most = test;
  }
  return most;
}

function valuesOf(route: Route, field: string): readonly MatchValue[] | undefined {
  return route.tests.find((test) => test.field === field)?.values;
}

function takes({ tests }: Route, message: Message): boolean {
  for (const { read, accepts } of tests) if (!accepts(read(message))) return false;
  return true;
}

function compileTarget(entry: FilterEntry): Pick<Route, "handle" | "handleSync"> {
  const given = (["callback", "asyncCallback", "queue", "listener"] as const).filter((kind) => kind in entry);
  if (given.length !== 1) {
    const got = given.length === 0 ? "none" : given.join(" and ");
    throw new MessageError(`an entry has one target: callback, asyncCallback, queue or listener; got ${got}`, {
      details: { field: "target" },
    });
  }
  if ("queue" in entry) {
    const { queue } = entry;
    return {
      handle: (message) => queue.put(message)?.then(() => null) ?? null,
      handleSync: (message) => putNow(queue, message),
    };
  }
  if ("listener" in entry) {
    const { listener } = entry;
    return {
      handle: (message) => listener.handleMessage(message),
      handleSync: (message) => listener.handleMessageSync(message),
    };
  }
  if ("callback" in entry && !isAsync(entry.callback)) return { handle: entry.callback, handleSync: entry.callback };
  const callback = "callback" in entry ? entry.callback : entry.asyncCallback;
  return { handle: callback, handleSync: (message) => refuseSync(entry, message) };
}

function putNow(queue: MessageQueue, message: Message): null {
  queue.putNow(message);
  return null;
}

function refuseSync({ name }: FilterEntry, message: Message): never {
  const entry = name === undefined ? "the entry" : `entry "${name}"`;
  throw new SynchronousError(`${describe(message)}: the callback of ${entry} that takes it is asynchronous; use send`);
}

// An async function given as a plain callback is known for what it is before it is called.
function isAsync(callback: unknown): boolean {
  return typeof callback === "function" && callback.constructor.name === "AsyncFunction";
}
