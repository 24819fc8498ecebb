// The process that owns an embedded bus, and lets producers and consumers in other processes use it. It is killed again and again.

import { type Socket, createServer } from "node:net";
import type { Bus, Consumer, Delivery } from "@switchboard/bus";
import { plant } from "./faults.ts";
import { type Reply, type Request, onLine, sendLine } from "./protocol.ts";
import { type QueueState, queueState } from "./queue-state.ts";
import { type OwnerSettings, readSettings } from "./settings.ts";

const settings = readSettings() as OwnerSettings;
const bus = await openBus(settings);
const faulty = plant(bus, settings.fault);

const server = createServer({ noDelay: true }, (socket) => new Session(socket));
server.listen(settings.port, "127.0.0.1", () => process.send?.("ready"));

// Loaded only when wanted: the memory bus brings half a test runner along.
async function openBus({ engine, folder }: OwnerSettings): Promise<Bus> {
  if (engine === "memory") return (await import("@switchboard/bus/testing")).createMemoryBus();
  const { openEmbeddedBus } = await import("@switchboard/bus/embedded");
  return await openEmbeddedBus({ path: `${folder}/bus` });
}

/** One worker's connection. */
class Session {
  readonly #socket: Socket;
  readonly #consumers: Consumer[] = [];
  /** What the worker has in hand, by the number under which it was sent. */
  readonly #inHand = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  #lastDelivery = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    onLine(socket, (line) => this.#take(line as Request));
    socket.on("error", () => undefined);
    socket.on("close", () => this.#end());
  }

  #take(line: Request): void {
    if ("settle" in line) {
      const held = this.#inHand.get(line.settle);
      this.#inHand.delete(line.settle);
      if (line.error === undefined) held?.resolve();
      else held?.reject(new Error(line.error));
      return;
    }
    const answer = (reply: Omit<Extract<Reply, { result: number }>, "result">): void =>
      sendLine(this.#socket, { result: line.call, ...reply });
    this.#call(line).then(
      (value) => answer(value === undefined ? {} : { value }),
      (error: unknown) => answer({ error: String(error) }),
    );
  }

  async #call(line: Exclude<Request, { settle: number }>): Promise<QueueState | undefined> {
    if ("inspect" in line) return await queueState(bus, line.inspect);
    if ("publish" in line) {
      await faulty.publish(line.publish.queue, Buffer.from(line.publish.body, "base64"));
      return undefined;
    }
    const { queue, prefetch } = line.consume;
    const options = { prefetch, maxDeliveries: 1_000, retryDelayMs: 50, retryFactor: 1 };
    const consumer = await faulty.consume(queue, options, (delivery) => this.#deliver(delivery));
    if (this.#socket.destroyed) await consumer.stop();
    else this.#consumers.push(consumer);
    return undefined;
  }

  /** Resolves when the worker says that it is done, and rejects when it says that it failed or says nothing any more. */
  #deliver({ queue, body, attempt }: Delivery): Promise<void> {
    const deliver = ++this.#lastDelivery;
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) {
        reject(new Error("the worker is gone"));
        return;
      }
      this.#inHand.set(deliver, { resolve, reject });
      sendLine(this.#socket, { deliver, queue, body: body.toString("base64"), attempt });
    });
  }

  #end(): void {
    // Stopped first, so that what is given back goes to others.
    for (const consumer of this.#consumers) void consumer.stop();
    for (const { reject } of this.#inHand.values()) reject(new Error("the worker is gone"));
    this.#inHand.clear();
  }
}
