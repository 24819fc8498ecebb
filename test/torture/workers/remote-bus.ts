// The owner's bus as workers in other processes see it. Comes back by itself when the owner, or the way to it, is lost.

import { type Socket, connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Consumer, DeliveryHandler, QueueInfo } from "@switchboard/bus";
import type { WorkerBus } from "./faults.ts";
import { type Reply, type Request, onLine, sendLine } from "./protocol.ts";
import type { QueueState } from "./queue-state.ts";

interface Waiting {
  readonly resolve: (value: QueueState | undefined) => void;
  readonly reject: (error: Error) => void;
}

interface Consuming {
  readonly queue: string;
  readonly prefetch: number;
  readonly handler: DeliveryHandler;
}

type Call = Request extends infer Line ? (Line extends { call: number } ? Omit<Line, "call"> : never) : never;

const never = (): never => {
  throw new Error("a remote consumer runs until its process ends");
};

/** A connection to the owner that is made again whenever it breaks. */
export class RemoteBus implements WorkerBus {
  readonly #port: number;
  readonly #waiting = new Map<number, Waiting>();
  #consuming: Consuming | undefined;
  #socket: Socket | undefined;
  #lastCall = 0;
  #closed = false;

  constructor(port: number) {
    this.#port = port;
    this.#connect();
  }

  /** Resolves when the owner's publish has resolved; rejects when that is not known. */
  async publish(queue: string, body: string | Uint8Array): Promise<void> {
    await this.#call({ publish: { queue, body: Buffer.from(body).toString("base64") } });
  }

  /** Consumes one queue, until this process ends. */
  async consume(queue: string, { prefetch = 20 }, handler: DeliveryHandler): Promise<Consumer> {
    this.#consuming = { queue, prefetch, handler };
    if (this.#socket?.readyState === "open") await this.#call({ consume: { queue, prefetch } });
    return { queue, pause: never, resume: never, stop: never };
  }

  /** What the bus still has. */
  async state(queues: readonly string[]): Promise<QueueState> {
    return (await this.#call({ inspect: queues })) ?? { open: 0, parked: [], queues: [] };
  }

  /** Nothing: the owner knows, and {@link RemoteBus.state} asks it. */
  async inspect(): Promise<readonly QueueInfo[]> {
    return [];
  }

  /** Ends the connection. */
  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
  }

  #call(call: Call): Promise<QueueState | undefined> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      if (socket === undefined || socket.destroyed) {
        reject(new Error("the owner is gone"));
        return;
      }
      const number = ++this.#lastCall;
      this.#waiting.set(number, { resolve, reject });
      sendLine(socket, { call: number, ...call });
    });
  }

  #connect(): void {
    const socket = connect({ host: "127.0.0.1", port: this.#port, noDelay: true });
    this.#socket = socket;
    onLine(socket, (line) => this.#take(line as Reply, socket));
    socket.on("connect", () => {
      const consuming = this.#consuming;
      if (consuming === undefined) return;
      const { queue, prefetch } = consuming;
      // If it fails, the connection does, and then it is tried again on the next one.
      this.#call({ consume: { queue, prefetch } }).catch(() => undefined);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => void this.#reconnect());
  }

  async #reconnect(): Promise<void> {
    for (const { reject } of this.#waiting.values()) reject(new Error("the owner is gone"));
    this.#waiting.clear();
    await sleep(20);
    if (!this.#closed) this.#connect();
  }

  #take(line: Reply, socket: Socket): void {
    if ("deliver" in line) {
      void this.#deliver(line, socket);
      return;
    }
    const waiting = this.#waiting.get(line.result);
    this.#waiting.delete(line.result);
    if (line.error === undefined) waiting?.resolve(line.value);
    else waiting?.reject(new Error(line.error));
  }

  async #deliver(line: Extract<Reply, { deliver: number }>, socket: Socket): Promise<void> {
    const { deliver, queue, body, attempt } = line;
    try {
      await this.#consuming?.handler({
        id: "",
        queue,
        exchange: "vumi",
        routingKey: queue,
        body: Buffer.from(body, "base64"),
        contentType: undefined,
        headers: {},
        priority: 0,
        publishedAt: undefined,
        attempt,
      });
      sendLine(socket, { settle: deliver });
    } catch (error) {
      sendLine(socket, { settle: deliver, error: String(error) });
    }
  }
}
