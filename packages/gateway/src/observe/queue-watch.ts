// What the bus's queues look like, asked for once a second at most however many want to know, and how deep they were lately.

import type { Bus, QueueInfo } from "@switchboard/bus";
import type { Clock } from "@switchboard/core";

/** How long an answer of the bus is good for. Milliseconds. */
const freshMs = 900;
/** How many depths are remembered of a queue, and of how many queues. */
const maxDepths = 90;
const maxQueues = 5_000;

/** Looks at queues. */
export class QueueWatch {
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #depths = new Map<string, number[]>();
  #asked: { readonly at: number; readonly answer: Promise<ReadonlyMap<string, QueueInfo>> } | undefined;

  constructor({ bus, clock }: { readonly bus: Bus; readonly clock: Clock }) {
    this.#bus = bus;
    this.#clock = clock;
  }

  /** All queues by name, at most about a second old. */
  queues(): Promise<ReadonlyMap<string, QueueInfo>> {
    const at = this.#clock.now();
    if (this.#asked === undefined || at - this.#asked.at >= freshMs || at < this.#asked.at) {
      const answer = this.#bus.inspect().then((queues) => new Map(queues.map((queue) => [queue.queue, queue])));
      this.#asked = { at, answer };
      // What failed is asked for again.
      answer.catch(() => (this.#asked = undefined));
    }
    return this.#asked.answer;
  }

  /** Remembers how deep the queues are now. Call it every ten seconds. */
  async remember(): Promise<void> {
    for (const [name, { depth }] of await this.queues()) {
      const depths = this.#depths.get(name) ?? [];
      if (this.#depths.size >= maxQueues && depths.length === 0) continue;
      depths.push(depth);
      if (depths.length > maxDepths) depths.shift();
      this.#depths.set(name, depths);
    }
  }

  /** How deep a queue was, oldest first, one figure per ten seconds, at most fifteen minutes. */
  depths(queue: string): readonly number[] {
    return this.#depths.get(queue) ?? [];
  }
}
