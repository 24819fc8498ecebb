// The senders that wait for a reply: found by message id, given up by timeout or abort.

import { AwaitedTable } from "./awaited-table.ts";
import type { Delivery, WaitingRoom } from "./delivery.ts";
import { MessageError, TimeoutError } from "./errors.ts";
import { describe, type Id } from "./message.ts";
import type { TimerWheel } from "./timer-wheel.ts";

/** How long a sender waits. */
export interface Patience {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The deliveries that one signal would end. */
interface Watch {
  readonly deliveries: Set<Delivery>;
  readonly onAbort: () => void;
}

export class PendingReplies implements WaitingRoom {
  readonly #wheel: TimerWheel;
  readonly #giveUp: (delivery: Delivery, error: unknown) => void;
  readonly #awaited = new AwaitedTable();
  readonly #watches = new Map<AbortSignal, Watch>();

  constructor(wheel: TimerWheel, giveUp: (delivery: Delivery, error: unknown) => void) {
    this.#wheel = wheel;
    this.#giveUp = giveUp;
  }

  get size(): number {
    return this.#awaited.size;
  }

  get(id: Id): Delivery | undefined {
    return this.#awaited.get(id);
  }

  /** All of them, as they are now. */
  all(): Delivery[] {
    return this.#awaited.all();
  }

  /**
   * Files a delivery under its message's id.
   *
   * @throws {MessageError} KERNEL_MESSAGE_INVALID when a reply to that id is awaited already.
   */
  add(delivery: Delivery): void {
    if (this.#awaited.add(delivery)) return;
    throw new MessageError(
      `${describe(delivery.message)}: a reply to this id is awaited already; give the message an id of its own, as copy({ id: undefined }) does`,
      { details: { field: "id" } },
    );
  }

  /** Sets the limits of a sender's patience. */
  limit(delivery: Delivery, { timeoutMs, signal }: Patience): void {
    if (timeoutMs === undefined && signal === undefined) return;
    delivery.waitsIn = this;
    if (timeoutMs !== undefined) this.#wheel.add(delivery, timeoutMs);
    if (signal !== undefined) this.#watch(signal, delivery);
  }

  /** Nobody waits for it any more. */
  remove(delivery: Delivery): void {
    if (delivery.message.responseRequired && delivery.origin === undefined) this.#awaited.delete(delivery);
    if (delivery.waitsIn === undefined) return;
    this.#wheel.remove(delivery);
    if (delivery.signal !== undefined) this.#unwatch(delivery.signal, delivery);
  }

  // One listener per signal: a signal for a whole program may have thousands of messages waiting, and hosts warn of leaks at ten.
  #watch(signal: AbortSignal, delivery: Delivery): void {
    delivery.signal = signal;
    const watch = this.#watches.get(signal);
    if (watch !== undefined) return void watch.deliveries.add(delivery);
    const deliveries = new Set([delivery]);
    const onAbort = (): void => {
      for (const one of deliveries) this.#giveUp(one, signal.reason);
    };
    this.#watches.set(signal, { deliveries, onAbort });
    signal.addEventListener("abort", onAbort, { once: true });
  }

  #unwatch(signal: AbortSignal, delivery: Delivery): void {
    const watch = this.#watches.get(signal);
    if (watch === undefined || !watch.deliveries.delete(delivery) || watch.deliveries.size > 0) return;
    this.#watches.delete(signal);
    signal.removeEventListener("abort", watch.onAbort);
  }

  timedOut(delivery: Delivery): void {
    const { message, timeoutMs } = delivery;
    const group = message.groupId === undefined ? "" : "group ";
    const to = `${group}${JSON.stringify(message.groupId ?? message.destinationId)}`;
    this.#giveUp(delivery, new TimeoutError(`${describe(message)}: no reply from ${to} within ${timeoutMs} ms`));
  }
}

/**
 * Checks a sender's limits before anything is sent. Throws the signal's reason when it is aborted already.
 *
 * @throws {MessageError} KERNEL_MESSAGE_INVALID when the timeout is out of range.
 */
export function checkPatience({ timeoutMs, signal }: Patience): void {
  if (signal?.aborted === true) throw signal.reason;
  if (timeoutMs === undefined || (timeoutMs >= 0 && timeoutMs <= 2_147_483_647)) return;
  throw new MessageError(`timeoutMs must be 0 to 2147483647 milliseconds, got ${String(timeoutMs)}`, {
    details: { field: "timeoutMs" },
  });
}
