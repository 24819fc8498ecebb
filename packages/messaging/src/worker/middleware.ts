// Middleware: what sees, and may change, each message on its way through a worker's connectors. The contract, and the stack that runs it.

import type { FailureMessage } from "../message/failure.ts";
import type { TransportEvent } from "../message/event.ts";
import type { TransportStatus } from "../message/status.ts";
import type { UserMessage } from "../message/user-message.ts";
import { MiddlewareError } from "./errors.ts";
import type { Alongside, Direction, MaybePromise, MessageKind, MessageOfKind } from "./kinds.ts";

/**
 * Takes a message that passes through the connector of that name and returns the one that goes on: the same, or a changed copy.
 *
 * @throws {IgnoreMessage} when it shall go no further; any other error counts as a failure of the worker's handler.
 */
export type MiddlewareStep<Message> = (
  message: Message,
  connectorName: string,
  alongside: Alongside,
) => MaybePromise<Message>;

/** What is done while a message goes further. */
export class SideWork {
  #work: Promise<unknown>[] | undefined;

  readonly add: Alongside = (work) => {
    // Should the message fail sooner, nobody looks at it any more.
    work.catch(() => undefined);
    this.#work ??= [];
    this.#work.push(work);
  };

  /** True when nothing was handed over. */
  get isNone(): boolean {
    return this.#work === undefined;
  }

  /** Resolves when all of it has succeeded; undefined when there is none. */
  done(): Promise<unknown> | undefined {
    return this.#work === undefined ? undefined : Promise.all(this.#work);
  }
}

/**
 * Sees messages on their way. Implement what you need: `inbound` sees inbound messages in both directions; where `consumeInbound` or
 * `publishInbound` is there too, it takes the place of `inbound` in its direction. The same holds for the other kinds.
 *
 * Order: consuming, middlewares run in configured order; publishing, in reverse. `setup` runs once, one after the other in configured order,
 * before any message; `teardown` once, in reverse, after the last.
 */
export interface Middleware {
  setup?(): MaybePromise<void>;
  teardown?(): MaybePromise<void>;
  inbound?: MiddlewareStep<UserMessage>;
  consumeInbound?: MiddlewareStep<UserMessage>;
  publishInbound?: MiddlewareStep<UserMessage>;
  outbound?: MiddlewareStep<UserMessage>;
  consumeOutbound?: MiddlewareStep<UserMessage>;
  publishOutbound?: MiddlewareStep<UserMessage>;
  event?: MiddlewareStep<TransportEvent>;
  consumeEvent?: MiddlewareStep<TransportEvent>;
  publishEvent?: MiddlewareStep<TransportEvent>;
  failure?: MiddlewareStep<FailureMessage>;
  consumeFailure?: MiddlewareStep<FailureMessage>;
  publishFailure?: MiddlewareStep<FailureMessage>;
  status?: MiddlewareStep<TransportStatus>;
  consumeStatus?: MiddlewareStep<TransportStatus>;
  publishStatus?: MiddlewareStep<TransportStatus>;
}

/** One middleware in its place. */
export interface MiddlewareEntry {
  /** The instance's name in the configuration. */
  readonly name: string;
  readonly middleware: Middleware;
  /** Lower runs earlier; equal ones keep the order of the list. Default 0. */
  readonly consumePriority?: number;
  /** Lower runs earlier; equal ones run in reverse order of the list. Default 0. */
  readonly publishPriority?: number;
}

interface Step {
  readonly name: string;
  readonly run: MiddlewareStep<unknown>;
}

const kinds: readonly MessageKind[] = ["inbound", "outbound", "event", "failure", "status"];

/** The middlewares of one worker, in order. Shared by all its connectors. */
export class MiddlewareStack {
  readonly #entries: readonly MiddlewareEntry[];
  readonly #steps: Readonly<Record<Direction, ReadonlyMap<MessageKind, readonly Step[]>>>;
  readonly #watch: StepWatch | undefined;
  #ready: MiddlewareEntry[] = [];

  /** `watch` hears of each step that went well; default nobody, which costs nothing. */
  constructor(entries: readonly MiddlewareEntry[], watch?: StepWatch) {
    this.#entries = entries;
    this.#watch = watch;
    // toSorted is stable, which the priorities rely on.
    const consume = entries.toSorted((a, b) => (a.consumePriority ?? 0) - (b.consumePriority ?? 0));
    const publish = entries.toReversed().toSorted((a, b) => (a.publishPriority ?? 0) - (b.publishPriority ?? 0));
    this.#steps = { consume: stepsByKind("consume", consume), publish: stepsByKind("publish", publish) };
  }

  /** Sets the middlewares up, one after the other. When one fails, those before it are torn down and its error is thrown. */
  async setup(): Promise<void> {
    for (const entry of this.#entries) {
      try {
        await entry.middleware.setup?.();
        this.#ready.push(entry);
      } catch (error) {
        await this.teardown();
        throw new MiddlewareError("MIDDLEWARE_SETUP_FAILED", `middleware ${entry.name}: set-up failed`, {
          cause: error,
          details: { middleware: entry.name },
        });
      }
    }
  }

  /** Tears down, in reverse order, what was set up; all of them, also when one fails. The first error is thrown at the end. */
  async teardown(): Promise<void> {
    const errors: unknown[] = [];
    for (let entry = this.#ready.pop(); entry !== undefined; entry = this.#ready.pop()) {
      try {
        await entry.middleware.teardown?.();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  /** True when some middleware sees messages of `kind` in that direction. */
  has(direction: Direction, kind: MessageKind): boolean {
    return (this.#steps[direction].get(kind)?.length ?? 0) > 0;
  }

  /** Runs a message through; what comes back is not a promise when no middleware needed one. */
  run<Kind extends MessageKind>(
    direction: Direction,
    kind: Kind,
    passage: {
      readonly message: MessageOfKind[Kind];
      readonly connector: string;
      readonly alongside: Alongside;
      /** Gets each step that went well; only where somebody watches. */
      readonly passes?: MiddlewarePass[] | undefined;
    },
  ): MaybePromise<MessageOfKind[Kind]> {
    const { message, connector, alongside, passes } = passage;
    const steps = this.#steps[direction].get(kind) ?? [];
    if (steps.length === 0) return message;
    const run = { steps, connector, alongside, what: `${direction} ${kind}`, watch: this.#watch, passes };
    return runFrom(0, message, run) as MaybePromise<MessageOfKind[Kind]>;
  }
}

/** A middleware that a message has passed. */
export interface MiddlewarePass {
  readonly name: string;
  /** How long it had the message. Milliseconds, with fractions. */
  readonly took_ms: number;
}

/** Hears how long a middleware had a message. Milliseconds, with fractions. */
export type StepWatch = (name: string, tookMs: number) => void;

interface Run {
  readonly steps: readonly Step[];
  readonly connector: string;
  readonly alongside: Alongside;
  readonly what: string;
  readonly watch: StepWatch | undefined;
  readonly passes: MiddlewarePass[] | undefined;
}

function runFrom(start: number, message: unknown, run: Run): unknown {
  let current = message;
  for (let index = start; index < run.steps.length; index++) {
    const step = run.steps[index] as Step;
    const began = run.watch === undefined ? 0 : performance.now();
    const result = step.run(current, run.connector, run.alongside);
    if (result instanceof Promise) {
      return result.then((later) => {
        tell(run, step, began);
        return runFrom(index + 1, checked(later, step, run), run);
      });
    }
    tell(run, step, began);
    current = checked(result, step, run);
  }
  return current;
}

function tell({ watch, passes }: Run, { name }: Step, began: number): void {
  if (watch === undefined) return;
  const took = performance.now() - began;
  watch(name, took);
  passes?.push({ name, took_ms: took });
}

function checked(result: unknown, { name }: Step, { what }: Run): unknown {
  if (typeof result === "object" && result !== null) return result;
  throw new MiddlewareError(
    "MIDDLEWARE_RETURNED_NOTHING",
    `middleware ${name}: ${what} must return a message, got ${String(result)}`,
    {
      details: { middleware: name },
    },
  );
}

function stepsByKind(
  direction: Direction,
  entries: readonly MiddlewareEntry[],
): ReadonlyMap<MessageKind, readonly Step[]> {
  return new Map(kinds.map((kind) => [kind, entries.flatMap((entry) => stepOf(entry, direction, kind))]));
}

function stepOf({ name, middleware }: MiddlewareEntry, direction: Direction, kind: MessageKind): Step[] {
  const directed = `${direction}${kind[0]?.toUpperCase()}${kind.slice(1)}` as keyof Middleware;
  const run = (middleware[directed] ?? middleware[kind]) as MiddlewareStep<unknown> | undefined;
  return run === undefined ? [] : [{ name, run: (...passing) => run.call(middleware, ...passing) }];
}
