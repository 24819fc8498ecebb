// Publishing with confirms, on a connection of its own: RabbitMQ stops reading from connections that publish when it is short of memory or
// disk, and acknowledgements must not wait behind that. A publish resolves when the broker has confirmed it and not returned it; until then
// it is kept here and sent again on the next channel, so one that was confirmed in the very moment of a cut may arrive twice.

import type { ConfirmChannel } from "amqplib";
import type { Clock, Logger } from "@switchboard/core";
import { BusError } from "../errors.ts";
import { type Address, Addresses, forgetRoute, isOpen } from "./addresses.ts";
import type { AmqpConnection } from "./connection.ts";
import { tokenOf, type WireMessage } from "./envelope.ts";
import { closedError, faultText, replyCode, replyCodeOf } from "./faults.ts";
import { type OutgoingMessage, Pending, PendingList } from "./pending.ts";
import type { Topology } from "./topology.ts";
import { backoffMs, sleep } from "./waiting.ts";

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
  readonly #pending = new PendingList();
  readonly #addresses = new Addresses();
  readonly #closed = new AbortController();
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
    const { size: pending, bytes } = this.#pending;
    const isFull = pending >= maxPendingPublishes || (pending > 0 && bytes >= maxPendingBytes);
    if (!isFull) return this.move(message);
    const text = `${pending} publishes of ${bytes} bytes wait for the broker; at most ${maxPendingPublishes}, or ${maxPendingBytes} bytes, may`;
    return Promise.reject(new BusError("BUS_OVERLOADED", text, { details: { pending, maxPendingPublishes } }));
  }

  /** The same for messages that the bus has taken already; their number is limited by what consumers may have in hand. */
  move(message: OutgoingMessage): Promise<void> {
    if (this.#closed.signal.aborted) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const address = this.#addresses.of(message);
      const pending = new Pending(message, address, { resolve, reject });
      this.#pending.add(pending);
      address.pending++;
      if (this.#isSending && isOpen(address)) this.#send(pending);
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
    for (const pending of this.#pending.all()) this.#settle(pending, closedError());
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
      // Which of them it was, the broker does not say. Those that came back go with them, because they come before them.
      this.#suspects = this.#pending.all().filter(({ isSent, returns }) => isSent || returns > 0);
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
      while (line.isOpen && !pending.isSettled) {
        await new Promise<void>((resolve) => {
          pending.onDecided = resolve;
          if (!pending.address.isHeld) this.#send(pending, line);
        });
        pending.onDecided = undefined;
      }
      if (line.isOpen) continue;
      if (line.fault !== undefined) this.#settle(pending, refusal(line.fault, pending.message));
      throw line.fault ?? new Error("the connection was lost");
    }
    this.#suspects = [];
  }

  #sendWaiting(): void {
    if (!this.#isSending) return;
    for (const pending of this.#pending.all()) {
      if (!pending.isSettled && !pending.isSent && this.#isSending && isOpen(pending.address)) this.#send(pending);
    }
  }

  get #isSending(): boolean {
    return this.#line !== undefined && !this.#isBlocked;
  }

  #send(pending: Pending, line: Line | undefined = this.#line): void {
    const { exchange, routingKey, body, properties } = pending.message;
    try {
      line?.channel.publish(exchange, routingKey, body, properties, (error: Error | null) => {
        this.#onDecision(pending, error);
      });
      pending.isSent = true;
      pending.address.sent++;
    } catch (error) {
      // Either the message cannot be encoded, or the channel is just closing and the next one will send it.
      if (error instanceof TypeError || error instanceof RangeError) {
        const { message } = error;
        this.#settle(pending, new BusError("BUS_OPTION_INVALID", `a message that AMQP cannot carry: ${message}`));
      }
      pending.onDecided?.();
    }
  }

  /** The broker has taken, returned or refused a message, or its channel was closed. */
  #onDecision(pending: Pending, error: Error | null): void {
    // amqplib also tells of those that it threw back because the channel was closing.
    if (!pending.isSent) return;
    const { address, isReturned } = pending;
    const isNacked = error?.message === "message nacked";
    pending.isSent = false;
    pending.isReturned = false;
    address.sent--;
    if (error !== null) {
      forgetRoute(address);
      if (isNacked) this.#settle(pending, notTaken(address));
    } else if (isReturned) {
      pending.returns++;
      if (pending.returns >= maxReturns) this.#settle(pending, unroutable(address));
    } else {
      address.isKnown = true;
      this.#settle(pending);
    }
    if (address.isHeld) {
      if (address.sent === 0) void this.#repair(address);
      return;
    }
    pending.onDecided?.();
    // After the end of a channel the next one sends them.
    if ((error === null || isNacked) && address.sent < address.pending) this.#sendWaiting();
  }

  // The return comes before the confirm (https://www.rabbitmq.com/docs/confirms#when-publishes-are-confirmed).
  #onReturn(message: WireMessage): void {
    const pending = this.#pending.find(tokenOf(message) ?? "");
    if (pending === undefined) return;
    pending.isReturned = true;
    // Others that were sent after it may be on their way. If the queue were declared now, they would come before it.
    pending.address.isHeld = true;
  }

  /** Has the queue declared that messages came back for want of; then sends them again, and what has waited behind them. */
  async #repair(address: Address): Promise<void> {
    const { exchange, routingKey } = address;
    let fault: Error | undefined;
    try {
      const isRoutable = await this.#options.topology.makeRoutable(exchange, routingKey);
      if (!isRoutable) fault = unroutable(address);
    } catch (error) {
      fault = error instanceof Error ? error : new Error(String(error));
    }
    forgetRoute(address);
    address.isHeld = false;
    for (const pending of this.#pending.all()) {
      if (pending.isSettled || pending.address !== address) continue;
      if (fault !== undefined && pending.returns > 0) this.#settle(pending, fault);
      else pending.onDecided?.();
    }
    this.#sendWaiting();
  }

  #settle(pending: Pending, error?: Error): void {
    if (!this.#pending.remove(pending)) return;
    pending.address.pending--;
    if (error === undefined) {
      this.#options.onSafe(pending.message);
      pending.outcome.resolve();
    } else pending.outcome.reject(error);
    pending.onDecided?.();
    if (this.#pending.size > 0) return;
    for (const wake of this.#onEmpty.splice(0)) wake();
  }
}

function unroutable({ exchange, routingKey }: Address): BusError {
  const text = `no queue is bound to exchange "${exchange}" for routing key "${routingKey}"`;
  return new BusError("BUS_UNROUTABLE", text, { details: { exchange, routingKey } });
}

function notTaken({ exchange, routingKey }: Address): BusError {
  const text = `RabbitMQ did not take a message for exchange "${exchange}", routing key "${routingKey}": its queue is full or failed`;
  return new BusError("BUS_OVERLOADED", text);
}

function refusal(fault: Error, message: OutgoingMessage): BusError {
  const { exchange, routingKey } = message;
  const text = `publishing to exchange "${exchange}", routing key "${routingKey}": ${faultText(fault)}`;
  const code = replyCodeOf(fault) === replyCode.notFound ? "BUS_UNROUTABLE" : "BUS_BROKER_REFUSED";
  return new BusError(code, text, { cause: fault, details: { exchange, routingKey } });
}
