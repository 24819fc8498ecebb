// The senders that wait for a reply: found by message id, given up by timeout or abort.

import type { Delivery, GivesUp } from "./delivery.ts";
import { MessageError, TimeoutError } from "./errors.ts";
import { describe, type Id } from "./message.ts";
import type { TimerWheel } from "./timer-wheel.ts";

/** How long a sender waits. */
export interface Patience {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class PendingReplies implements GivesUp {
  readonly #wheel: TimerWheel;
  readonly #giveUp: (delivery: Delivery, error: unknown) => void;
  readonly #byId = new Map<Id, Delivery>();

  constructor(wheel: TimerWheel, giveUp: (delivery: Delivery, error: unknown) => void) {
    this.#wheel = wheel;
    this.#giveUp = giveUp;
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: Id): Delivery | undefined {
    return this.#byId.get(id);
  }

  /** All of them, as they are now. */
  all(): Delivery[] {
    return [...this.#byId.values()];
  }

  /**
   * Files a delivery under its message's id.
   *
   * @throws {MessageError} KERNEL_MESSAGE_INVALID when a reply to that id is awaited already.
   */
  add(delivery: Delivery): void {
    const { message } = delivery;
    if (this.#byId.has(message.id)) {
      throw new MessageError(
        `${describe(message)}: a reply to this id is awaited already; give the message an id of its own, as copy({ id: undefined }) does`,
        { details: { field: "id" } },
      );
    }
    this.#byId.set(message.id, delivery);
  }

  /** Starts the clock of a delivery. */
  limit(delivery: Delivery, { timeoutMs, signal }: Patience): void {
    if (timeoutMs !== undefined) {
      delivery.timeoutMs = timeoutMs;
      delivery.givesUp = this;
      this.#wheel.add(delivery, timeoutMs);
    }
    if (signal !== undefined) {
      const onAbort = (): void => this.#giveUp(delivery, signal.reason);
      delivery.signal = signal;
      delivery.onAbort = onAbort;
      signal.addEventListener("abort", onAbort, { once: true });
    }
  }

  /** Nobody waits for it any more. */
  remove(delivery: Delivery): void {
    const { message, signal, onAbort } = delivery;
    if (this.#byId.get(message.id) === delivery) this.#byId.delete(message.id);
    if (delivery.next !== undefined) this.#wheel.remove(delivery);
    if (signal !== undefined && onAbort !== undefined) signal.removeEventListener("abort", onAbort);
  }

  timedOut(delivery: Delivery): void {
    const { message, timeoutMs } = delivery;
    const to = message.groupId === undefined ? `"${message.destinationId}"` : `group "${message.groupId}"`;
    this.#giveUp(delivery, new TimeoutError(`${describe(message)}: no reply from ${to} within ${timeoutMs} ms`));
  }
}

/** @throws {MessageError} KERNEL_MESSAGE_INVALID when a timeout is out of range. */
export function checkPatience({ timeoutMs }: Patience): void {
  if (timeoutMs === undefined || (timeoutMs >= 0 && timeoutMs <= 2_147_483_647)) return;
  throw new MessageError(`timeoutMs must be 0 to 2147483647 milliseconds, got ${String(timeoutMs)}`, {
    details: { field: "timeoutMs" },
  });
}
