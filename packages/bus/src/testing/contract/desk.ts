// A handler whose deliveries lie on a desk until the case decides about each of them.

import { expect } from "vitest";
import type { Delivery, DeliveryHandler } from "../../bus.ts";
import { patience } from "./world.ts";

/** A delivery whose handler still runs. */
export interface HeldDelivery {
  readonly delivery: Delivery;
  /** The body as text. */
  readonly text: string;
  /** Lets the handler resolve. */
  readonly resolve: () => void;
  /** Lets the handler reject. */
  readonly reject: (error: unknown) => void;
}

/** Collects deliveries. Their handlers run until the case settles them. */
export class Desk {
  /** Every delivery so far. */
  readonly received: Delivery[] = [];
  /** Those whose handlers run, oldest first. */
  readonly held: HeldDelivery[] = [];
  /** Most handlers that ever ran at a time. */
  mostHeld = 0;
  #read = 0;

  readonly handler: DeliveryHandler = (delivery) => {
    this.received.push(delivery);
    return new Promise<void>((resolve, reject) => {
      const settle = (action: () => void): void => {
        const index = this.held.indexOf(item);
        if (index >= 0) this.held.splice(index, 1);
        action();
      };
      const item: HeldDelivery = {
        delivery,
        text: delivery.body.toString(),
        resolve: () => settle(resolve),
        reject: (error) => settle(() => reject(error)),
      };
      this.held.push(item);
      this.mostHeld = Math.max(this.mostHeld, this.held.length);
    });
  };

  /** The bodies of every delivery so far, as text. */
  get texts(): string[] {
    return this.received.map(({ body }) => body.toString());
  }

  /** Waits for the next delivery that was not asked for yet, and returns it with its handler still running. */
  async next(): Promise<HeldDelivery> {
    const index = this.#read++;
    await this.count(index + 1);
    const delivery = this.received[index];
    const held = this.held.find((item) => item.delivery === delivery);
    if (held === undefined) throw new Error(`delivery ${index + 1} was settled already`);
    return held;
  }

  /** Waits until `count` deliveries have come in all. */
  async count(count: number): Promise<void> {
    await expect.poll(() => this.received.length, { ...patience, interval: 1 }).toBeGreaterThanOrEqual(count);
  }
}

/** A handler that notes down what it gets and is done at once. */
export class Recorder {
  readonly received: Delivery[] = [];

  readonly handler: DeliveryHandler = (delivery) => void this.received.push(delivery);

  /** The bodies so far, as text. */
  get texts(): string[] {
    return this.received.map(({ body }) => body.toString());
  }

  /** Waits until `count` deliveries have come in all. */
  async count(count: number): Promise<void> {
    await expect.poll(() => this.received.length, { ...patience, interval: 1 }).toBeGreaterThanOrEqual(count);
  }
}
