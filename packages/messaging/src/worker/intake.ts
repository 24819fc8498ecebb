// One kind of message that a connector consumes: decodes, picks the handler by endpoint, runs the middleware, keeps the order per address pair
// and limits the time a handler may take. All of it happens to every message, so it is done with one object and as few promises as can be.

import type { ConsumeOptions, Delivery } from "@switchboard/bus";
import { type Clock, type Logger, SwitchboardError } from "@switchboard/core";
import { endpointOf } from "../message/envelope.ts";
import { type Deadlines, LimitedTask } from "./deadlines.ts";
import { IgnoreMessage, WorkerError } from "./errors.ts";
import { KeySequence } from "./key-sequence.ts";
import {
  type Alongside,
  codecs,
  idOf,
  type MaybePromise,
  type MessageHandler,
  type MessageKind,
  type MessageOfKind,
} from "./kinds.ts";
import { type MiddlewarePass, type MiddlewareStack, SideWork } from "./middleware.ts";
import type { HandledOutcome, Watch } from "./observer.ts";
import { isOutage, OutageWait, type Waiting } from "./outage-wait.ts";

/** What an intake needs to know. */
export interface IntakeOptions {
  readonly kind: MessageKind;
  /** The connector's name. */
  readonly connector: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly middleware: MiddlewareStack;
  readonly consume: ConsumeOptions;
  readonly handlerTimeoutMs: number;
  readonly deadlines: Deadlines;
  readonly watch: Watch | undefined;
  /** Called for a message that its handler or a middleware ignores. */
  readonly ignored: (message: AnyMessage, reason: IgnoreMessage) => Promise<void>;
}

type AnyMessage = MessageOfKind[MessageKind];

// The bus's own default.
const defaultMaxDeliveries = 5;

/** Takes messages of one kind off the bus. */
export class Intake {
  readonly options: IntakeOptions;
  /** Handlers by endpoint. */
  readonly handlers: Map<string, MessageHandler<MessageKind>> = new Map<string, MessageHandler<MessageKind>>();
  /** Handles what is for other endpoints. */
  catchAll: MessageHandler<MessageKind>;
  readonly sequence: KeySequence = new KeySequence();
  /** What waits for the database, say, to come back. Closed while the consumer is paused or stops. */
  readonly outage: OutageWait;
  readonly hasMiddleware: boolean;

  constructor(options: IntakeOptions) {
    this.options = options;
    this.hasMiddleware = options.middleware.has("consume", options.kind);
    this.catchAll = (message) => this.#drop(message);
    const { clock, logger, connector, kind } = options;
    this.outage = new OutageWait(clock, logger, { connector, kind });
  }

  /** Handles what the bus delivers. Undefined when it is handled already; what it throws counts as a failed delivery, as a rejection does. */
  receive(delivery: Delivery): Promise<void> | void {
    const { kind, logger } = this.options;
    // A body that is not a message throws here and is parked by the bus, as its error is not retryable.
    const message = codecs[kind].receive(delivery, logger);
    const handling = new Handling(this, message, delivery);
    const turn = this.sequence.enter(handling.key);
    return turn === undefined ? handling.start() : turn.then(() => handling.start());
  }

  /** Runs middleware and handler. */
  handle(message: AnyMessage, alongside: Alongside, passes: MiddlewarePass[] | undefined): MaybePromise<void> {
    // Chosen before the middleware runs: middleware cannot redirect a message to another handler.
    const handler = this.handlers.get(endpointOf(message)) ?? this.catchAll;
    if (!this.hasMiddleware) return handler(message, alongside);
    const { middleware, kind, connector } = this.options;
    const passed = middleware.run("consume", kind, { message, connector, alongside, passes });
    // Nothing is awaited that is there already: each time would be another turn of the queue of promises.
    return passed instanceof Promise ? passed.then((final) => handler(final, alongside)) : handler(passed, alongside);
  }

  #drop(message: AnyMessage): void {
    const { logger, connector, kind } = this.options;
    const fields = { connector, kind, ...idOf(message), endpoint: endpointOf(message) };
    logger.warn(fields, "no handler for this endpoint; message dropped");
  }
}

/** One message in a worker's hands: from its turn until its handler has ended, or has taken too long. */
class Handling extends LimitedTask implements Waiting {
  /** Messages of one key are handled one after the other. */
  readonly key: string;
  readonly #intake: Intake;
  readonly #message: AnyMessage;
  readonly #delivery: Delivery;
  #startedAt = 0;
  #passes: MiddlewarePass[] | undefined;
  #isExpired = false;
  #resolve: (() => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  constructor(intake: Intake, message: AnyMessage, delivery: Delivery) {
    super();
    this.key = orderKey(intake.options.kind, message);
    this.#intake = intake;
    this.#message = message;
    this.#delivery = delivery;
  }

  start(): Promise<void> | void {
    const { watch, clock, deadlines } = this.#intake.options;
    if (watch !== undefined) {
      this.#startedAt = clock.now();
      this.#passes = this.#intake.hasMiddleware ? [] : undefined;
    }
    const work = new SideWork();
    let running: MaybePromise<void>;
    try {
      running = this.#intake.handle(this.#message, work.add, this.#passes);
    } catch (error) {
      running = Promise.reject(error);
    }
    if (running === undefined && work.isNone) {
      this.#end("handled", undefined);
      return this.#resolve?.();
    }
    deadlines.begin(this);
    if (running === undefined) this.#handled(work, undefined);
    else {
      // Somebody's own promises are waited for too.
      const handled = running instanceof Promise ? running : Promise.resolve(running);
      handled.then(
        () => this.#handled(work, undefined),
        (error: unknown) => this.#fail(work, error),
      );
    }
    // The bus waits for it already when it is handled again.
    if (this.#resolve !== undefined) return;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  again(): void {
    void this.start();
  }

  override expire(): void {
    const { kind, connector, handlerTimeoutMs } = this.#intake.options;
    this.#isExpired = true;
    const text = `connector ${connector}: the handler of an ${kind} message did not end within ${handlerTimeoutMs} ms`;
    const details = { connector, kind, ...idOf(this.#message) };
    this.giveUp(new WorkerError("WORKER_HANDLER_TIMEOUT", text, { details }));
  }

  /** The handler has ended; what goes on alongside may not have. */
  #handled(work: SideWork, ignored: IgnoreMessage | undefined): void {
    const left = work.done();
    if (left === undefined) return this.#succeed(ignored);
    this.#delivery.freePlace?.();
    left.then(
      () => this.#succeed(ignored),
      (error: unknown) => this.#giveBack(error),
    );
  }

  #succeed(ignored: IgnoreMessage | undefined): void {
    if (this.#isExpired) return this.#endedLate("resolved");
    this.#intake.options.deadlines.end(this);
    this.#end(ignored === undefined ? "handled" : "ignored", ignored);
    this.#resolve?.();
  }

  #fail(work: SideWork, error: unknown): void {
    if (!(error instanceof IgnoreMessage) || this.#isExpired) return this.#giveBack(error);
    this.#intake.options.ignored(this.#message, error).then(
      () => this.#handled(work, error),
      (failure: unknown) => this.#giveBack(failure),
    );
  }

  #giveBack(error: unknown): void {
    if (this.#isExpired) return this.#endedLate("rejected");
    this.#intake.options.deadlines.end(this);
    if (!isOutage(error) || !this.#intake.outage.add(this, error)) this.giveUp(error);
  }

  giveUp(error: unknown): void {
    const { logger, connector, kind } = this.#intake.options;
    const message = this.#message;
    const { attempt } = this.#delivery;
    // The bus keeps the reason with the message; where in somebody's code it came from is told here only.
    const why = error instanceof SwitchboardError ? { code: error.code, reason: error.message } : { err: error };
    const outcome = this.#willPark(error) ? "parked" : "failed";
    const next = outcome === "parked" ? "its message is parked" : "it gets its message again";
    logger.warn({ connector, kind, ...idOf(message), attempt, ...why }, `a handler failed; ${next}`);
    this.#end(outcome, error);
    this.#reject?.(error);
  }

  #end(outcome: HandledOutcome, error: unknown): void {
    const { kind, connector, watch, clock } = this.#intake.options;
    this.#intake.sequence.leave(this.key);
    if (watch === undefined) return;
    const { observer, worker, workerKind } = watch;
    const message = this.#message;
    const { publishedAt, attempt } = this.#delivery;
    const at = this.#startedAt;
    const tookMs = clock.now() - at;
    observer.handled({
      worker,
      workerKind,
      connector,
      kind,
      message,
      at,
      tookMs,
      middleware: this.#passes,
      publishedAt,
      attempt,
      outcome,
      error,
    });
  }

  // As the bus decides it.
  #willPark(error: unknown): boolean {
    const isPermanent = (error as { readonly retryable?: unknown } | null | undefined)?.retryable === false;
    const { maxDeliveries = defaultMaxDeliveries } = this.#intake.options.consume;
    return isPermanent || this.#delivery.attempt >= maxDeliveries;
  }

  #endedLate(outcome: "resolved" | "rejected"): void {
    const { logger, connector, kind } = this.#intake.options;
    const fields = { connector, kind, ...idOf(this.#message), outcome };
    logger.warn(fields, "a handler ended after its message had been given up");
  }
}

// Messages between the same two addresses stay in order, and so do the events of one message; all else may run side by side.
function orderKey(kind: MessageKind, message: AnyMessage): string {
  if (kind === "inbound" || kind === "outbound") {
    const { from_addr, to_addr } = message as MessageOfKind["inbound"];
    return `${from_addr}\n${to_addr}`;
  }
  if (kind === "event") return (message as MessageOfKind["event"]).user_message_id;
  return "";
}
