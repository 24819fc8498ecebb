// Random interleavings of everything a bus can be asked for, compared with what must come of them: nothing lost, nothing invented,
// order kept except for redeliveries, parked exactly what fails too often.

import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Bus, Consumer } from "../../bus.ts";
import { Desk, type HeldDelivery } from "./desk.ts";
import type { BusContractOptions } from "./options.ts";
import { World, patience } from "./world.ts";

const maxDeliveries = 3;

/** One thing done to the bus. `who` chooses among the consumers there are. */
type Step =
  | { readonly do: "publish"; readonly failures: readonly number[] }
  | { readonly do: "consume"; readonly prefetch: number }
  | { readonly do: "pause" | "resume" | "stop"; readonly who: number }
  | { readonly do: "settle"; readonly count: number }
  | { readonly do: "pass" | "retry parked" | "reopen" | "crash" };

// How often a message fails before it succeeds; `maxDeliveries` times and more is too often.
const failures = fc.array(fc.constantFrom(0, 0, 0, 0, 1, 2, 99), { minLength: 1, maxLength: 8 });
const who = fc.nat(3);
const steps = (deaths: readonly ("reopen" | "crash")[]): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant("publish" as const), failures }) },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant("consume" as const), prefetch: fc.integer({ min: 1, max: 5 }) }),
      },
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constantFrom("pause" as const, "resume" as const, "stop" as const), who }),
      },
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant("settle" as const), count: fc.integer({ min: 1, max: 6 }) }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("pass" as const, "retry parked" as const) }) },
      ...deaths.map((death) => ({ weight: 1, arbitrary: fc.constant({ do: death }) })),
    ),
    { minLength: 5, maxLength: 30 },
  );

export function modelCases<Place>(options: BusContractOptions<Place>): void {
  // A failing run waits for long until it gives up; to shrink one would take hours. Its seed is in the message.
  const parameters = { numRuns: options.propertyRuns ?? 50, endOnFailure: true };
  const check = async (script: readonly Step[], rules: { readonly maxConsumers: number }): Promise<void> => {
    const world = await World.create(options);
    try {
      const run = new ModelRun(world, await world.open(), rules.maxConsumers);
      for (const step of script) await run.take(step);
      await run.finish();
    } finally {
      await world.end();
    }
  };

  it("6 8 11 one consumer at a time: whatever is paused, stopped, failed and retried, order is kept and nothing lost or invented", async () => {
    await fc.assert(
      fc.asyncProperty(steps([]), (script) => check(script, { maxConsumers: 1 })),
      parameters,
    );
  });

  it("5 8 11 several consumers: whatever is paused, stopped, failed and retried, nothing is lost or invented", async () => {
    await fc.assert(
      fc.asyncProperty(steps([]), (script) => check(script, { maxConsumers: 4 })),
      parameters,
    );
  });

  it("1 9 16 the bus is closed and opened again at any moment: nothing is lost or invented", async () => {
    await fc.assert(
      fc.asyncProperty(steps(["reopen"]), (script) => check(script, { maxConsumers: 2 })),
      parameters,
    );
  });

  const canCrash = options.crash !== undefined;
  it.runIf(canCrash)(
    `1 9 12 the bus crashes, or is closed, at any moment: nothing is lost or invented${canCrash ? "" : " [needs crash]"}`,
    async () => {
      await fc.assert(
        fc.asyncProperty(steps(["reopen", "crash", "crash"]), (script) => check(script, { maxConsumers: 2 })),
        parameters,
      );
    },
  );
}

/** What the model knows of one message. */
interface Known {
  /** How often it is to fail before it succeeds. */
  readonly failures: number;
  /** Its publish has resolved. */
  accepted: boolean;
  failed: number;
  succeeded: number;
}

/** One run of a script: does each step to the bus and keeps the books. */
class ModelRun {
  readonly #world: World;
  #bus: Bus;
  readonly #maxConsumers: number;
  readonly #queue: string;
  readonly #desk = new Desk();
  readonly #known = new Map<string, Known>();
  #consumers: Consumer[] = [];
  #publishing: Promise<unknown>[] = [];
  #died = false;

  constructor(world: World, bus: Bus, maxConsumers: number) {
    this.#world = world;
    this.#bus = bus;
    this.#maxConsumers = maxConsumers;
    this.#queue = world.name("in");
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "publish":
        this.#publish(step.failures);
        break;
      case "consume":
        if (this.#consumers.length < this.#maxConsumers) await this.#consume(step.prefetch);
        break;
      case "pause":
        void this.#chosen(step.who)?.pause();
        break;
      case "resume":
        this.#chosen(step.who)?.resume();
        break;
      case "stop":
        await this.#stop(step.who);
        break;
      case "settle":
        for (const held of this.#desk.held.slice(0, step.count)) this.#settle(held);
        break;
      case "pass":
        await this.#world.pass(this.#world.delayMs);
        break;
      case "retry parked":
        await this.#bus.parking.retry(this.#queue, "all");
        break;
      case "reopen":
      case "crash":
        await this.#die(step.do);
        break;
    }
  }

  /** Lets everything come to its end, then compares. */
  async finish(): Promise<void> {
    await Promise.all(this.#publishing);
    if (this.#consumers.length === 0) await this.#consume(5);
    for (const consumer of this.#consumers) consumer.resume();
    const atRest = { depth: 0, inFlight: 0 };
    const settleAll = async (): Promise<unknown> => {
      for (const held of this.#desk.held.slice()) this.#settle(held);
      await this.#world.pass(this.#world.controlsTime ? this.#world.delayMs : 0);
      return (await this.#bus.inspect(this.#queue))[0] ?? atRest;
    };
    await expect.poll(settleAll, patience).toMatchObject(atRest);
    await this.#compare();
  }

  async #compare(): Promise<void> {
    const { messages } = await this.#bus.parking.list(this.#queue, { limit: 1_000 });
    const parked = new Set(messages.map(({ body }) => body.toString()));
    const lost = [...this.#known].filter(([text, message]) => {
      return message.accepted && message.succeeded === 0 && !parked.has(text);
    });
    expect(lost, "neither handled nor parked").toEqual([]);
    expect(
      [...new Set(this.#desk.texts)].filter((text) => !this.#known.has(text)),
      "invented",
    ).toEqual([]);
    if (this.#died) return;
    const wrong = [...this.#known].filter(([text, { failures, succeeded, accepted }]) => {
      if (!accepted) return true;
      const shouldPark = failures >= maxDeliveries;
      return shouldPark ? succeeded > 0 || !parked.has(text) : succeeded !== 1 || parked.has(text);
    });
    expect(wrong, "refused, handled twice, or parked although it succeeded, or not parked although it did not").toEqual(
      [],
    );
    if (this.#maxConsumers > 1) return;
    const firsts = this.#desk.received
      .filter(({ attempt }) => attempt === 1)
      .map(({ body }) => Number(body.toString()));
    const firstTimes = firsts.filter((number, index) => firsts.indexOf(number) === index);
    expect(firstTimes, "order of first deliveries").toEqual(firstTimes.toSorted((a, b) => a - b));
  }

  /** Does not wait: whatever comes next may come before the messages are safe. */
  #publish(failures: readonly number[]): void {
    for (const count of failures) {
      const text = String(this.#known.size);
      const message: Known = { failures: count, accepted: false, failed: 0, succeeded: 0 };
      this.#known.set(text, message);
      const publishing = this.#bus.publish(this.#queue, text).then(() => (message.accepted = true));
      // A publish that rejects has promised nothing; in a run without deaths `#compare` will not have it.
      this.#publishing.push(publishing.catch(() => undefined));
    }
  }

  async #die(how: "reopen" | "crash"): Promise<void> {
    this.#died = true;
    this.#consumers = [];
    this.#desk.held.length = 0;
    this.#bus = await this.#world[how](this.#bus);
    await this.#bus.declareQueue({ queue: this.#queue });
  }

  async #consume(prefetch: number): Promise<void> {
    const options = { prefetch, maxDeliveries, retryDelayMs: this.#world.delayMs, retryFactor: 1 };
    this.#consumers.push(await this.#bus.consume(this.#queue, options, this.#desk.handler));
  }

  async #stop(who: number): Promise<void> {
    const consumer = this.#chosen(who);
    if (consumer === undefined) return;
    this.#consumers = this.#consumers.filter((other) => other !== consumer);
    const stopping = consumer.stop();
    // Its handlers must end for it to stop, and one consumer must have stopped before the next starts if order is to be kept.
    for (const held of this.#desk.held.slice()) this.#settle(held);
    await stopping;
  }

  #chosen(who: number): Consumer | undefined {
    return this.#consumers[who % Math.max(this.#consumers.length, 1)];
  }

  #settle(held: HeldDelivery): void {
    const known = this.#known.get(held.text);
    // A message that was put back after parking starts anew; one that always fails must be parked again.
    if (known !== undefined && known.failed < known.failures) {
      known.failed++;
      held.reject(new Error("not yet"));
      return;
    }
    if (known !== undefined) known.succeeded++;
    held.resolve();
  }
}
