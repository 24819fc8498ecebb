// The messages set aside from each queue. They lie in a queue of their own beside it; AMQP can only take from a queue's head, so whatever is
// asked takes them one by one and keeps them until it is done, when those that stay go back to where they were.
//
// Cost: proportional to the place of the last message looked at, about 5,000 of them a second. Meanwhile other processes do not see them.

import type { Channel } from "amqplib";
import type { Clock } from "@switchboard/core";
import type { ParkedMessage, ParkedPage, Parking } from "../bus.ts";
import { BusError } from "../errors.ts";
import { checkRange } from "../options.ts";
import { type AmqpConnection, closeChannel } from "./connection.ts";
import { freshProperties, idOf, toDelivery, toParked, type WireMessage } from "./envelope.ts";
import { faultText, replyCode, replyCodeOf } from "./faults.ts";
import { PageBuilder } from "./parked-page.ts";
import type { Publisher } from "./publisher.ts";
import { parkedQueueName } from "./queue-kinds.ts";
import type { Topology } from "./topology.ts";
import { sleep } from "./waiting.ts";

/** What looking after parked messages needs. */
export interface ParkedMessagesOptions {
  readonly connection: AmqpConnection;
  readonly topology: Topology;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly newId: () => string;
  /** True if the bus declares quorum queues. */
  readonly isQuorum: boolean;
  /** Throws once the bus is closed. */
  readonly checkOpen: () => void;
}

/** One walk over a parking queue. */
interface Walk {
  readonly name: string;
  /** How many messages to look at, at most: those that fail again at once must not be met twice. */
  readonly count: number;
  readonly look: (message: WireMessage) => "stay" | "remove" | "end";
  /** Must resolve before a message is taken away. */
  readonly beforeRemoval?: (message: WireMessage) => Promise<void>;
}

const maxRemovalsAtOnce = 100;
const maxWaits = 100;
const waitMs = 10;

/** {@link Parking} on RabbitMQ. */
export class ParkedMessages implements Parking {
  readonly #options: ParkedMessagesOptions;
  /** By queue, the last thing asked: one at a time, because each hides messages from the next. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(options: ParkedMessagesOptions) {
    this.#options = options;
  }

  async list(queue: string, options: { readonly limit?: number; readonly after?: string } = {}): Promise<ParkedPage> {
    this.#options.checkOpen();
    const limit = checkRange("limit", options.limit ?? 100, 1, 1_000);
    const { isQuorum, newId } = this.#options;
    const builder = new PageBuilder({ limit, after: options.after, isOrdered: !isQuorum });
    await this.#walk(queue, (message) => (builder.add(toParked(message, queue, newId)) ? "end" : "stay"));
    return builder.page();
  }

  async get(queue: string, id: string): Promise<ParkedMessage | undefined> {
    this.#options.checkOpen();
    let found: ParkedMessage | undefined;
    await this.#walk(queue, (message) => {
      if (idOf(message) !== id) return "stay";
      found = toParked(message, queue, this.#options.newId);
      return "end";
    });
    return found;
  }

  async retry(queue: string, ids: readonly string[] | "all"): Promise<number> {
    const { publisher, clock, newId } = this.#options;
    return await this.#remove(queue, ids, async (message) => {
      const token = newId();
      const delivery = toDelivery(message, queue, newId);
      const properties = freshProperties(message, delivery, { token, now: clock.now() });
      await publisher.move({ exchange: "", routingKey: queue, body: message.content, properties, token });
    });
  }

  async drop(queue: string, ids: readonly string[] | "all"): Promise<number> {
    return await this.#remove(queue, ids);
  }

  /** How many messages of `queue` are parked. */
  async count(queue: string): Promise<number> {
    const name = parkedQueueName(queue);
    return await this.#inTurn(queue, async () => (await this.#options.topology.count(name))?.messages ?? 0);
  }

  /** Takes the wanted messages away, each when `before` has resolved for it. Never more than there were at the beginning. */
  async #remove(
    queue: string,
    ids: readonly string[] | "all",
    before?: (message: WireMessage) => Promise<void>,
  ): Promise<number> {
    this.#options.checkOpen();
    const wanted = ids === "all" ? undefined : new Set(ids);
    const look = (message: WireMessage): "stay" | "remove" | "end" => {
      if (wanted?.size === 0) return "end";
      return wanted === undefined || wanted.delete(idOf(message) ?? "") ? "remove" : "stay";
    };
    return await this.#walk(queue, look, before);
  }

  async #walk(queue: string, look: Walk["look"], beforeRemoval?: Walk["beforeRemoval"]): Promise<number> {
    return await this.#inTurn(queue, async () => {
      const name = parkedQueueName(queue);
      const count = (await this.#options.topology.count(name))?.messages ?? 0;
      if (count === 0) return 0;
      const channel = await this.#options.connection.openChannel();
      channel.on("error", () => undefined);
      let removed = 0;
      try {
        const walking = walkChannel(channel, { name, count, look, ...(beforeRemoval && { beforeRemoval }) });
        removed = await Promise.race([walking, endOf(channel)]);
      } catch (error) {
        if (error instanceof BusError) throw error;
        if (replyCodeOf(error) === replyCode.notFound) return removed;
        const text = `parked messages of queue "${queue}": ${faultText(error)}`;
        throw new BusError("BUS_CONNECTION_LOST", text, { cause: error, details: { queue } });
      } finally {
        await giveBack(channel);
      }
      await this.#waitFor(name, count - removed);
      return removed;
    });
  }

  /** A quorum queue takes its time over what is given back, and the next walk would miss it. */
  async #waitFor(name: string, count: number): Promise<void> {
    const { topology, clock } = this.#options;
    for (let tries = 0; tries < maxWaits; tries++) {
      const messages = (await topology.count(name))?.messages ?? count;
      // Somebody else may have taken some, too.
      if (messages >= count) return;
      await sleep(clock, waitMs);
    }
  }

  async #inTurn<Result>(queue: string, operation: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(queue) ?? Promise.resolve();
    const result = before.then(operation);
    const settled = result.catch(() => undefined);
    this.#last.set(queue, settled);
    try {
      return await result;
    } finally {
      if (this.#last.get(queue) === settled) this.#last.delete(queue);
    }
  }
}

/** Looks at the messages of a parking queue, oldest first, and takes away those that are to be removed. Returns how many. */
async function walkChannel(channel: Channel, { name, count, look, beforeRemoval }: Walk): Promise<number> {
  let removed = 0;
  let batch: WireMessage[] = [];
  const remove = async (message: WireMessage): Promise<void> => {
    await beforeRemoval?.(message);
    channel.ack(message);
    removed++;
  };
  for (let seen = 0; seen < count; seen++) {
    const message = await channel.get(name);
    const decision = message === false ? "end" : look(message);
    if (message === false || decision === "end") break;
    if (decision === "stay") continue;
    batch.push(message);
    if (batch.length < maxRemovalsAtOnce) continue;
    await Promise.all(batch.map(remove));
    batch = [];
  }
  await Promise.all(batch.map(remove));
  return removed;
}

// A message that was to come with the connection's end never does, and amqplib says nothing to whoever waits for it.
async function endOf(channel: Channel): Promise<never> {
  await new Promise<void>((resolve) => channel.once("close", resolve));
  throw new Error("the channel was closed");
}

/** Ends a walk: what was not acknowledged goes back to its place. */
async function giveBack(channel: Channel): Promise<void> {
  try {
    channel.nackAll(true);
  } catch {
    // The channel is closed already, and the broker has taken everything back.
  }
  await closeChannel(channel);
}
