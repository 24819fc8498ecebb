// How publishing keeps its promises whatever the broker and the way to it do, played through without either: a model of a broker decides at
// each step what happens next.

import { EventEmitter } from "node:events";
import type { ConfirmChannel } from "amqplib";
import * as fc from "fast-check";
import { silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { describe, expect, it } from "vitest";
import type { AmqpConnection } from "../src/amqp/connection.ts";
import { Publisher } from "../src/amqp/publisher.ts";
import type { Topology } from "../src/amqp/topology.ts";

type Confirm = (error: Error | null) => void;

/** What travels on one channel: messages one way, returns and confirms the other. */
class Wire extends EventEmitter {
  readonly toBroker: { key: string; token: string; confirm: Confirm }[] = [];
  readonly toClient: (() => void)[] = [];
  readonly #unconfirmed = new Set<Confirm>();
  isOpen = true;

  publish(_exchange: string, key: string, _body: Buffer, { messageId: token = "" }, confirm: Confirm): void {
    this.#unconfirmed.add(confirm);
    // As amqplib does: it remembers the callback, and calls it with the others at the end.
    if (!this.isOpen) throw new Error("channel closed");
    this.toBroker.push({ key, token, confirm });
  }

  confirm(confirm: Confirm): void {
    if (this.#unconfirmed.delete(confirm)) confirm(null);
  }

  close(fault?: Error): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.toClient.length = 0;
    if (fault !== undefined) this.emit("error", fault);
    for (const confirm of this.#unconfirmed) confirm(new Error("channel closed"));
    this.emit("close");
  }
}

/** A broker, the way to it, and a publisher on it. */
class World {
  readonly safe: string[] = [];
  readonly refused: string[] = [];
  readonly published: string[] = [];
  /** All that queues ever took, in order. */
  readonly taken: string[] = [];
  readonly #queues = new Set<string>();
  readonly #wires: Wire[] = [];
  #opening: (() => void)[] = [];
  #declaring: (() => void)[] = [];
  #hasDeleted = false;
  #hasFaulted = false;
  readonly #clock = new TestClock();
  readonly publisher: Publisher;

  /** Starts one; its publisher waits for a channel. */
  static async create(): Promise<World> {
    const world = new World();
    await world.rest();
    return world;
  }

  private constructor() {
    const connection = {
      openConfirmChannel: () =>
        new Promise<ConfirmChannel>((resolve) => {
          this.#opening.push(() => {
            const wire = new Wire();
            this.#wires.push(wire);
            resolve(wire as unknown as ConfirmChannel);
          });
        }),
    };
    const topology = {
      restored: () => Promise.resolve(),
      makeRoutable: (_exchange: string, key: string) =>
        new Promise<boolean>((resolve) => {
          this.#declaring.push(() => {
            this.declare(key);
            resolve(true);
          });
        }),
    };
    this.publisher = new Publisher({
      connection: connection as unknown as AmqpConnection,
      topology: topology as unknown as Topology,
      maxPendingPublishes: 1_000,
      onSafe: () => undefined,
      clock: this.#clock,
      logger: silentLogger,
    });
    void this.publisher.open();
  }

  get #wire(): Wire | undefined {
    return this.#wires.at(-1);
  }

  publish(key: string): void {
    const token = `${key}-${this.published.length}`;
    this.published.push(token);
    const message = {
      exchange: "vumi",
      routingKey: key,
      body: Buffer.alloc(0),
      properties: { messageId: token },
      token,
    };
    this.publisher.publish(message).then(
      () => this.safe.push(token),
      () => this.refused.push(token),
    );
  }

  declare(key: string): void {
    this.#finishStrays();
    this.#queues.add(key);
  }

  delete(key: string): void {
    this.#finishStrays();
    this.#queues.delete(key);
  }

  /** A message that comes back again and again is refused in the end; one that comes back twice is not. */
  deleteOnce(key: string): void {
    if (this.#hasDeleted || !this.#queues.has(key)) return;
    this.#hasDeleted = true;
    this.delete(key);
  }

  /** The broker takes the next message of a channel, also of one that is gone for the client. */
  take(which: number): void {
    const wires = this.#wires.filter(({ toBroker }) => toBroker.length > 0);
    const wire = wires[which % wires.length];
    const message = wire?.toBroker.shift();
    if (wire === undefined || message === undefined) return;
    const { key, token, confirm } = message;
    if (this.#queues.has(key)) this.taken.push(token);
    else wire.toClient.push(() => wire.emit("return", { fields: {}, properties: { messageId: token, headers: {} } }));
    wire.toClient.push(() => wire.confirm(confirm));
  }

  /** The client hears the next thing. */
  hear(): void {
    const wire = this.#wire;
    if (wire?.isOpen === true) wire.toClient.shift()?.();
  }

  /** Of what was on its way, the broker still gets the first `arriving`. */
  cut(arriving: number): void {
    const wire = this.#wire;
    if (wire?.isOpen !== true) return;
    wire.toBroker.splice(arriving);
    wire.close();
  }

  /** The broker closes the channel for a mistake. Once, because the second time it would have found out whose. */
  fault(): void {
    const wire = this.#wire;
    if (wire?.isOpen !== true || this.#hasFaulted) return;
    this.#hasFaulted = true;
    wire.toBroker.length = 0;
    wire.close(Object.assign(new Error("refused"), { code: 406 }));
  }

  open(): void {
    this.#opening.shift()?.();
  }

  finishDeclaring(): void {
    this.#declaring.shift()?.();
  }

  // What a dead connection has left on its way may find one queue gone and the next one there. Nobody can put that in order.
  #finishStrays(): void {
    while (this.#wires.some(({ isOpen, toBroker }) => !isOpen && toBroker.length > 0)) this.take(0);
  }

  /** Lets everything happen that still can. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 20; quiet++) {
      if (this.#opening.length + this.#declaring.length > 0) quiet = 0;
      if (this.#wires.some(({ toBroker, toClient, isOpen }) => toBroker.length + (isOpen ? toClient.length : 0) > 0)) {
        quiet = 0;
      }
      this.open();
      this.finishDeclaring();
      this.take(0);
      this.hear();
      await this.rest();
    }
  }

  /** Lets promises run, and waits between tries pass. */
  async rest(): Promise<void> {
    await this.#clock.advance(5_000);
  }
}

const key = fc.constantFrom("a", "b");
const happenings = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: key.map((name) => (world: World) => world.publish(name)) },
    { weight: 6, arbitrary: fc.nat(2).map((which) => (world: World) => world.take(which)) },
    { weight: 6, arbitrary: fc.constant((world: World) => world.hear()) },
    { weight: 2, arbitrary: fc.constant((world: World) => world.open()) },
    { weight: 2, arbitrary: fc.constant((world: World) => world.finishDeclaring()) },
    { weight: 1, arbitrary: key.map((name) => (world: World) => world.deleteOnce(name)) },
    { weight: 1, arbitrary: fc.nat(4).map((arriving) => (world: World) => world.cut(arriving)) },
    { weight: 1, arbitrary: fc.constant((world: World) => world.fault()) },
  ),
  { maxLength: 80, size: "max" },
);

/** Each message's first arrival in a queue, by key. */
function firstArrivals(tokens: readonly string[], name: string): string[] {
  return [...new Set(tokens)].filter((token) => token.startsWith(`${name}-`));
}

describe("publishing", () => {
  it("1 2 6 makes every message safe, in the order of the calls, whatever is cut, deleted and declared meanwhile", async () => {
    const property = fc.asyncProperty(happenings, async (steps) => {
      const world = await World.create();
      for (const step of steps) {
        step(world);
        await world.rest();
      }
      await world.settle();
      expect(world.refused).toEqual([]);
      expect(new Set(world.safe)).toEqual(new Set(world.published));
      for (const name of ["a", "b"]) {
        expect(firstArrivals(world.taken, name)).toEqual(world.published.filter((one) => one.startsWith(`${name}-`)));
      }
    });
    await fc.assert(property, { numRuns: 500 });
  });

  it("2 refuses a message that comes back again and again, also one that it sends alone, and goes on", async () => {
    for (const isAlone of [false, true]) {
      const world = await World.create();
      world.open();
      world.publish("a");
      world.publish("b");
      await world.rest();
      if (isAlone) world.fault();
      await world.rest();
      world.open();
      for (let round = 0; round < 20; round++) {
        world.delete("a");
        world.take(0);
        await world.rest();
        world.hear();
        world.hear();
        await world.rest();
        world.finishDeclaring();
        world.delete("a");
        await world.rest();
      }
      await world.settle();
      expect([world.refused, world.safe]).toEqual([["a-0"], ["b-1"]]);
    }
  });

  it("6 holds back what goes to a queue that is gone until all that was sent there has come back", async () => {
    const world = await World.create();
    world.declare("a");
    const step = async (...steps: (() => void)[]): Promise<void> => {
      for (const one of steps) {
        one();
        await world.rest();
      }
    };
    const [publish, take, hear] = [() => world.publish("a"), () => world.take(0), () => world.hear()];
    await step(() => world.open(), publish, take, hear);
    world.delete("a");
    await step(publish, publish);
    // The first one's return, but not its confirm yet; by the time the second one arrives, the queue could be there again.
    await step(take, hear, () => world.finishDeclaring(), take, publish);
    await world.settle();
    expect(world.taken).toEqual(["a-0", "a-1", "a-2", "a-3"]);
    expect(world.refused).toEqual([]);
  });
});
