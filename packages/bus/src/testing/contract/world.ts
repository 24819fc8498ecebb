// What one contract case works with: buses on one place, names nobody else has, time, and what was logged.

import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Clock, Logger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { expect } from "vitest";
import type { Bus, QueueInfo } from "../../bus.ts";
import type { BusContractOptions, ContractBusOptions } from "./options.ts";

/** How long to wait for what a bus does in its own time. Only a failing case waits that long. */
export const patience: { readonly timeout: number; readonly interval: number } = { timeout: 20_000, interval: 5 };

/** {@link BusContractOptions} with the place of one case filled in. */
interface BoundPlace {
  open(options: ContractBusOptions): Promise<Bus>;
  crash(bus: Bus): Promise<void>;
  disturb(): Promise<void>;
  remove(): Promise<void>;
}

let lastName = 0;

/** The world of one case. */
export class World {
  /** Creates it on a place of its own. */
  static async create<Place>(options: BusContractOptions<Place>): Promise<World> {
    const place = await options.createPlace();
    return new World(options.takesClock === false ? undefined : new TestClock(), {
      open: (settings) => options.open(place, settings),
      crash: async (bus) => await options.crash?.(place, bus),
      disturb: async () => await options.disturb?.(place),
      remove: async () => await options.removePlace?.(place),
    });
  }

  /** Everything that was logged. */
  readonly logged: { readonly fields: object; readonly message: string }[] = [];
  /** A delay worth waiting for: a minute on a clock of ours, a blink on a real one. */
  readonly delayMs: number;
  readonly #clock: TestClock | undefined;
  readonly #place: BoundPlace;
  readonly #buses = new Set<Bus>();

  private constructor(clock: TestClock | undefined, place: BoundPlace) {
    this.#clock = clock;
    this.#place = place;
    this.delayMs = clock === undefined ? 150 : 60_000;
  }

  /** True when time stands still until {@link World.pass}. */
  get controlsTime(): boolean {
    return this.#clock !== undefined;
  }

  /** Milliseconds since 1970, as the buses see it. */
  now(): number {
    return this.#clock?.now() ?? Date.now();
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    await (this.#clock?.advance(ms) ?? sleep(ms));
  }

  /** Waits until a message of `queue` waits for its redelivery, and lets `delayMs` pass. Real time passes by itself. */
  async passDelay(bus: Bus, queue: string, delayMs: number = this.delayMs): Promise<void> {
    if (this.#clock === undefined) return;
    await expect.poll(() => this.inspect(bus, queue), patience).toMatchObject({ delayed: 1 });
    await this.#clock.advance(delayMs);
  }

  /** A lower-case name for a queue, an exchange or a key that no other case and no other process uses. */
  name(what: string): string {
    return `contract-${process.pid}-${++lastName}.${what}`;
  }

  /** Opens a bus. It is closed at the end of the case. `timersEarlyMs`: its timers fire that much before its clock says so. */
  async open(wishes: { readonly maxPendingPublishes?: number; readonly timersEarlyMs?: number } = {}): Promise<Bus> {
    const { maxPendingPublishes, timersEarlyMs = 0 } = wishes;
    const note = (fields: object, message: string): void => void this.logged.push({ fields, message });
    const logger: Logger = { debug: note, info: note, warn: note, error: note };
    const bus = await this.#place.open({ clock: early(this.#clock, timersEarlyMs), logger, maxPendingPublishes });
    this.#buses.add(bus);
    return bus;
  }

  /** Closes a bus and does not wait for its handlers. */
  async close(bus: Bus): Promise<void> {
    this.#buses.delete(bus);
    const closing = bus.close({ drainTimeoutMs: 0 }).then(() => "closed");
    // A drain timeout of none may still be a timer on our clock.
    const advance = async (): Promise<string> => {
      await this.#clock?.advance(1);
      return await nextTurn("not yet");
    };
    while ((await Promise.race([closing, advance()])) !== "closed");
  }

  /** Closes a bus without waiting for its handlers, and opens another one on the same place. */
  async reopen(bus: Bus): Promise<Bus> {
    await this.close(bus);
    return await this.open();
  }

  /** Kills a bus, and opens another one on the same place. */
  async crash(bus: Bus): Promise<Bus> {
    await this.#place.crash(bus);
    this.#buses.delete(bus);
    return await this.open();
  }

  /** Breaks the connection to the broker. */
  async disturb(): Promise<void> {
    await this.#place.disturb();
  }

  /** What `bus` says of one queue; undefined if it does not know it. */
  async inspect(bus: Bus, queue: string): Promise<QueueInfo | undefined> {
    const [info] = await bus.inspect(queue);
    return info;
  }

  /** Closes what is open. */
  async end(): Promise<void> {
    for (const bus of this.#buses) await this.close(bus);
    await this.#place.remove();
  }
}

function early(clock: TestClock | undefined, ms: number): Clock | undefined {
  if (clock === undefined || ms === 0) return clock;
  return {
    now: () => clock.now(),
    setTimer: (callback, delayMs) => clock.setTimer(callback, Math.max(delayMs - ms, 0)),
  };
}
