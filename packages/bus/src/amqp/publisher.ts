// Publishing with confirms, on a connection of its own: RabbitMQ stops reading from connections that publish when it is short of memory or
// disk, and acknowledgements must not wait behind that. A publish resolves when the broker has confirmed it and not returned it; until then
// it is kept here and sent again on the next channel, so one that was confirmed in the very moment of a cut may arrive twice.

import type { ConfirmChannel, Options } from "amqplib";
import type { Clock, Logger } from "@switchboard/core";
import { BusError } from "../errors.ts";
import type { AmqpConnection } from "./connection.ts";
import { tokenOf, type WireMessage } from "./envelope.ts";
import { closedError, faultText, replyCode, replyCodeOf } from "./faults.ts";
import { RouteProbes } from "./route-probes.ts";
import type { Topology } from "./topology.ts";
import { backoffMs, sleep } from "./waiting.ts";

/** A message on its way to the broker. */
export interface OutgoingMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly properties: Options.Publish;
  /** What {@link tokenOf} finds in the message when it is returned. No two pending messages share one. */
  readonly token: string;
}

/** What a publisher needs. */
export interface PublisherOptions {
  readonly connection: AmqpConnection;
  readonly topology: Topology;
  readonly maxPendingPublishes: number;
  /** Called for each message that has become safe. */
  readonly onSafe: (message: OutgoingMessage) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A message that is not yet safe. */
interface Pending {
  readonly message: OutgoingMessage;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  isSent: boolean;
  /** It came back, as no queue took it, and its confirm is still to come. */
  isReturned: boolean;
  /** How often it came back. */
  returns: number;
  /** Called when the broker, or the end of the channel, has decided about its sending. */
  onDecided: (() => void) | undefined;
}

/** One confirm channel. */
interface Line {
  readonly channel: ConfirmChannel;
  isOpen: boolean;
  /** Why the broker closed it. */
  fault: Error | undefined;
}

const maxReturns = 3;
const maxPendingBytes = 67_108_864;

/** Publishes for the whole bus, in the order of the calls. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #logger: Logger;
  /** By token, in the order of the calls. */
  readonly #pending = new Map<string, Pending>();
  /** Addresses whose queues are being declared; what goes there waits, so that order is kept. */
  readonly #repairs = new Set<string>();
  readonly #routes = new RouteProbes();
  readonly #closed = new AbortController();
  #pendingBytes = 0;
  #line: Line | undefined;
  #isBlocked = false;
  #isAttaching = false;
  /** Sent on a channel that the broker closed because of one of them. */
  #suspects: readonly Pending[] = [];
  #onEmpty: (() => void)[] = [];

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#logger = options.logger;
  }

  /** Opens its channel. From then on it comes back by itself. */
  async open(): Promise<void> {
    await this.#attach();
  }

  /**
   * Resolves when the message is safe.
   *
   * @throws {BusError} BUS_OVERLOADED, BUS_UNROUTABLE, BUS_BROKER_REFUSED, BUS_OPTION_INVALID, BUS_CLOSED
   */
  publish(message: OutgoingMessage): Promise<void> {
    const { maxPendingPublishes } = this.#options;
    const pending = this.#pending.size;
    const isFull = pending >= maxPendingPublishes || (pending > 0 && this.#pendingBytes >= maxPendingBytes);
    if (!isFull) return this.move(message);
    const text = `${pending} publishes of ${this.#pendingBytes} bytes wait for the broker; at most ${maxPendingPublishes}, or ${maxPendingBytes} bytes, may`;
    return Promise.reject(new BusError("BUS_OVERLOADED", text, { details: { pending, maxPendingPublishes } }));
  }

  /** The same for messages that the bus has taken already; their number is limited by what consumers may have in hand. */
  move(message: OutgoingMessage): Promise<void> {
    if (this.#closed.signal.aborted) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        message,
        resolve,
        reject,
        isSent: false,
        isReturned: false,
        returns: 0,
        onDecided: undefined,
      };
      this.#pending.set(message.token, pending);
      this.#pendingBytes += message.body.length;
      if (this.#maySend(message)) this.#send(pending);
    });
  }

  /** The broker takes nothing, or takes messages again. */
  setBlocked(isBlocked: boolean): void {
    this.#isBlocked = isBlocked;
    if (!isBlocked) this.#sendWaiting();
  }

  /** Waits until nothing is pending, then ends it; what is pending when `signal` is aborted rejects with BUS_CLOSED. */
  async close(signal: AbortSignal): Promise<void> {
    if (this.#pending.size > 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#onEmpty.push(resolve);
        signal.addEventListener("abort", () => resolve());
      });
    }
    this.#closed.abort();
    for (const pending of this.#pending.values()) this.#settle(pending, closedError());
  }

  async #attach(): Promise<void> {
    if (this.#isAttaching) return;
    this.#isAttaching = true;
    const { connection, topology, clock } = this.#options;
    const { signal } = this.#closed;
    for (let tries = 0; !signal.aborted; tries++) {
      await sleep(clock, backoffMs(tries), signal);
      try {
        await topology.restored();
        const line = this.#listen(await connection.openConfirmChannel());
        await this.#sendSuspects(line);
        if (!line.isOpen) throw new Error("the connection was lost");
        this.#line = line;
        break;
      } catch (error) {
        this.#logger.debug({ error: faultText(error) }, "could not open a channel for publishing yet");
      }
    }
    this.#isAttaching = false;
    this.#sendWaiting();
  }

  #listen(channel: ConfirmChannel): Line {
    const line: Line = { channel, isOpen: true, fault: undefined };
    channel.on("return", (message) => this.#onReturn(message as WireMessage));
    channel.on("error", (error: Error) => {
      line.fault = error;
      // Which of them it was, the broker does not say.
      this.#suspects = [...this.#pending.values()].filter(({ isSent }) => isSent);
      this.#logger.error({ error: faultText(error) }, "RabbitMQ refused a message and closed the channel");
      // Somebody may have deleted an exchange of ours.
      if (replyCodeOf(error) === replyCode.notFound) this.#options.topology.renew();
    });
    channel.on("close", () => {
      line.isOpen = false;
      if (this.#line !== line) return;
      this.#line = undefined;
      void this.#attach();
    });
    return line;
  }

  /** Sends one by one what was on a channel that the broker closed, so that only the message that it refuses is given up. */
  async #sendSuspects(line: Line): Promise<void> {
    for (const pending of this.#suspects) {
      if (!this.#pending.has(pending.message.token)) continue;
      await new Promise<void>((resolve) => {
        pending.onDecided = resolve;
        this.#send(pending, line);
      });
      pending.onDecided = undefined;
      if (line.isOpen) continue;
      if (line.fault !== undefined) this.#settle(pending, refusal(line.fault, pending.message));
      throw line.fault ?? new Error("the connection was lost");
    }
    this.#suspects = [];
  }

  #sendWaiting(): void {
    for (const pending of this.#pending.values()) {
      if (!pending.isSent && this.#maySend(pending.message)) this.#send(pending);
    }
  }

  #maySend(message: OutgoingMessage): boolean {
    if (this.#line === undefined || this.#isBlocked || this.#routes.mustWait(message)) return false;
    return this.#repairs.size === 0 || !this.#repairs.has(addressOf(message));
  }

  #send(pending: Pending, line: Line | undefined = this.#line): void {
    const { exchange, routingKey, body, properties } = pending.message;
    this.#routes.sent(pending.message);
    try {
      line?.channel.publish(exchange, routingKey, body, properties, (error: Error | null) => {
        this.#onConfirm(pending, error);
      });
      pending.isSent = true;
    } catch (error) {
      this.#routes.undecided(pending.message);
      // Either the message cannot be encoded, or the channel is just closing and the next one will send it.
      if (error instanceof TypeError || error instanceof RangeError) {
        const { message } = error;
        this.#settle(pending, new BusError("BUS_OPTION_INVALID", `a message that AMQP cannot carry: ${message}`));
      }
      pending.onDecided?.();
    }
  }

  #onConfirm(pending: Pending, error: Error | null): void {
    const { message } = pending;
    pending.isSent = false;
    if (error === null && !pending.isReturned) {
      this.#settle(pending);
      if (this.#routes.confirmed(message)) this.#sendWaiting();
    } else if (error === null) this.#onReturnConfirmed(pending);
    else if (error.message === "message nacked") {
      const { exchange, routingKey } = message;
      const text = `RabbitMQ did not take a message for exchange "${exchange}", routing key "${routingKey}": its queue is full or failed`;
      this.#settle(pending, new BusError("BUS_OVERLOADED", text));
      if (this.#routes.undecided(message)) this.#sendWaiting();
    } else this.#routes.undecided(message); // The channel was closed, and the next one sends it again.
    pending.isReturned = false;
    pending.onDecided?.();
  }

  // The return comes before the confirm (https://www.rabbitmq.com/docs/confirms#when-publishes-are-confirmed).
  #onReturn(message: WireMessage): void {
    const pending = this.#pending.get(tokenOf(message) ?? "");
    if (pending === undefined) return;
    pending.isReturned = true;
    void this.#repair(pending.message);
  }

  #onReturnConfirmed(pending: Pending): void {
    pending.returns++;
    if (pending.returns >= maxReturns) this.#settle(pending, unroutable(pending.message));
    else void this.#repair(pending.message);
  }

  /** Has the queue declared that should have taken `message`; then sends what waits for it. */
  async #repair(message: OutgoingMessage): Promise<void> {
    const address = addressOf(message);
    if (this.#repairs.has(address)) return;
    this.#repairs.add(address);
    let fault: Error | undefined;
    try {
      const isRoutable = await this.#options.topology.makeRoutable(message.exchange, message.routingKey);
      if (!isRoutable) fault = unroutable(message);
    } catch (error) {
      fault = error instanceof Error ? error : new Error(String(error));
    }
    this.#repairs.delete(address);
    this.#routes.undecided(message);
    if (fault !== undefined) {
      for (const pending of this.#pending.values()) {
        const came = pending.returns > 0 || pending.isReturned;
        if (came && addressOf(pending.message) === address) this.#settle(pending, fault);
      }
    }
    this.#sendWaiting();
  }

  #settle(pending: Pending, error?: Error): void {
    if (!this.#pending.delete(pending.message.token)) return;
    this.#pendingBytes -= pending.message.body.length;
    if (error === undefined) {
      this.#options.onSafe(pending.message);
      pending.resolve();
    } else pending.reject(error);
    if (this.#pending.size > 0) return;
    for (const wake of this.#onEmpty.splice(0)) wake();
  }
}

function addressOf({ exchange, routingKey }: OutgoingMessage): string {
  return `${exchange}\0${routingKey}`;
}

function unroutable({ exchange, routingKey }: OutgoingMessage): BusError {
  const text = `no queue is bound to exchange "${exchange}" for routing key "${routingKey}"`;
  return new BusError("BUS_UNROUTABLE", text, { details: { exchange, routingKey } });
}

function refusal(fault: Error, message: OutgoingMessage): BusError {
  const { exchange, routingKey } = message;
  const text = `publishing to exchange "${exchange}", routing key "${routingKey}": ${faultText(fault)}`;
  const code = replyCodeOf(fault) === replyCode.notFound ? "BUS_UNROUTABLE" : "BUS_BROKER_REFUSED";
  return new BusError(code, text, { cause: fault, details: { exchange, routingKey } });
}
