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
    this.#finder ??= new Finder(this.#routes.map((route) => ({ route, tests: route.tests })));
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

/** A route, and what of its questions is still open. */
interface Candidate {
  readonly route: Route;
  readonly tests: readonly FieldTest[];
}

/**
 * Finds the first of some candidates that takes a message: by the value of the field about which most of them ask, then by the
 * next such field, and so on; only what is left is asked one by one. Branches are made when they are first needed.
 */
class Finder {
  readonly #candidates: readonly Candidate[];
  /** The field to branch by; undefined in a leaf. */
  readonly #field: FieldTest | undefined;
  /** What to do for each value that a candidate names. */
  readonly #branches = new Map<unknown, Finder | undefined>();
  /** The short cut for values with which the first candidate left takes every message. */
  readonly #certain = new Map<unknown, Route>();
  #otherwise: Finder | undefined;

  constructor(candidates: readonly Candidate[]) {
    this.#candidates = candidates;
    this.#field = candidates[0]?.tests.length === 0 ? undefined : mostAskedFor(candidates);
    for (const { tests } of candidates) {
      for (const value of tests.find(({ field }) => field === this.#field?.field)?.values ?? []) {
        this.#branches.set(value, undefined);
      }
    }
  }

  find(message: Message): Route | undefined {
    if (this.#field !== undefined) {
      const value = this.#field.read(message);
      return this.#certain.get(value) ?? this.#branch(value).find(message);
    }
    for (const { route, tests } of this.#candidates) if (takes(tests, message)) return route;
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
    const [first] = made.#candidates;
    if (first?.tests.length === 0) this.#certain.set(value, first.route);
    return made;
  }

  /** Those that accept by value, for whom the question is answered, and those that do not ask for one. */
  #narrowed(accepts: (values: readonly MatchValue[]) => boolean): Finder {
    return new Finder(
      this.#candidates.flatMap((candidate) => {
        const asked = candidate.tests.find(({ field }) => field === this.#field?.field);
        if (asked?.values === undefined) return [candidate];
        if (!accepts(asked.values)) return [];
        return [{ route: candidate.route, tests: candidate.tests.filter((test) => test !== asked) }];
      }),
    );
  }
}

/** The field for whose value most candidates ask. */
function mostAskedFor(candidates: readonly Candidate[]): FieldTest | undefined {
  const counts = new Map<string, number>();
  let most: FieldTest | undefined;
  for (const test of candidates.flatMap(({ tests }) => tests)) {
    if (test.values === undefined) continue;
    const count = (counts.get(test.field) ?? 0) + 1;
    counts.set(test.field, count);
    if (most === undefined || count > (counts.get(most.field) ?? 0)) most = test;
  }
  return most;
}

function takes(tests: readonly FieldTest[], message: Message): boolean {
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
