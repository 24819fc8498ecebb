// One AMQP channel of one consumer, from its opening to its end: acknowledges on it, and judges which messages on it were in somebody's hand
// before. A consumer has one after the other; what belongs to an ended one is left to the broker, which delivers it again.

import type { Channel } from "amqplib";
import type { WireMessage } from "./envelope.ts";

/** The present channel of a consumer. */
export class ConsumerSession {
  readonly channel: Channel;
  isOpen = true;
  /** Set while the broker may deliver. */
  tag: string | undefined;
  /** All delivery tags up to this one are settled. */
  #settledTo = 0;
  /** Settled ones beyond that. */
  readonly #settled = new Set<number>();
  #toAcknowledge: number[] = [];
  #hasSeenFirstDelivery = false;
  #suspects: number;
  readonly #prefetch: number;
  #fence: Promise<void> | undefined;

  constructor(channel: Channel, prefetch: number) {
    this.channel = channel;
    this.#suspects = prefetch;
    this.#prefetch = prefetch;
  }

  /**
   * Acknowledges a message. What is acknowledged in one turn goes out together, most of it as one frame.
   *
   * On a channel that has ended this does nothing: the broker has taken the message back already.
   */
  acknowledge({ fields: { deliveryTag } }: WireMessage): void {
    if (!this.isOpen) return;
    this.#toAcknowledge.push(deliveryTag);
    if (this.#toAcknowledge.length === 1) process.nextTick(() => this.flush());
  }

  /**
   * Resolves when the broker has processed all that was acknowledged so far, and all has arrived that it had delivered by then; or when the
   * channel has ended.
   */
  async fence(): Promise<void> {
    this.#fence ??= this.#startFence();
    await this.#fence;
  }

  /** Gives a message back to its queue. */
  release(message: WireMessage): void {
    if (!this.isOpen) return;
    this.#settled.add(message.fields.deliveryTag);
    try {
      this.channel.nack(message, false, true);
    } catch {
      this.isOpen = false;
    }
  }

  /** Sends the acknowledgements that wait for the end of this turn. */
  flush(): void {
    const tags = this.#toAcknowledge;
    if (!this.isOpen || tags.length === 0) return;
    this.#toAcknowledge = [];
    for (const tag of tags) {
      if (tag === this.#settledTo + 1) this.#settledTo++;
      else this.#settled.add(tag);
    }
    if (this.#settled.size > 0) while (this.#settled.delete(this.#settledTo + 1)) this.#settledTo++;
    let upTo = 0;
    for (const tag of tags) {
      if (tag > this.#settledTo) this.#send(tag, false);
      else if (tag > upTo) upTo = tag;
    }
    // RabbitMQ wants a tag that is still open, which one that was given back is not.
    if (upTo > 0) this.#send(upTo, true);
  }

  /**
   * True if a message of a classic queue was in the hand of a consumer that died.
   *
   * Such a queue only says that a message may have been delivered before, and after a restart of the broker it says so of everything that
   * waits in it. What was really in hand is given back to the head of its queue, so the mark counts for the first `prefetch` messages of a
   * channel, and once a message without it has shown that this is not a restarted broker's backlog.
   */
  isSuspect({ fields: { redelivered } }: WireMessage): boolean {
    if (!redelivered) {
      this.#hasSeenFirstDelivery = true;
      return false;
    }
    if (this.#hasSeenFirstDelivery) return true;
    this.#suspects--;
    return this.#suspects >= 0;
  }

  async #startFence(): Promise<void> {
    // Shared by all who ask in this turn.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    this.#fence = undefined;
    this.flush();
    // The broker answers in the order in which it was asked, and this changes nothing.
    if (this.isOpen) await this.channel.prefetch(this.#prefetch).catch(() => undefined);
  }

  #send(deliveryTag: number, upTo: boolean): void {
    try {
      // amqplib looks at nothing else of the message.
      this.channel.ack({ fields: { deliveryTag } } as WireMessage, upTo);
    } catch {
      // The channel is closing, and the broker will take back what was not acknowledged.
      this.isOpen = false;
    }
  }
}
