// One copy of a message in the memory of this process: being written, waiting, or in a handler.

import type { Delivery } from "../bus.ts";
import type { Content } from "./codec.ts";
import { encodeProperties } from "./codec.ts";
import type { Lane } from "./lane.ts";
import type { Segment } from "./segment.ts";

const overheadBytes = 300;

/** A message of one queue. */
export class Message {
  readonly lane: Lane;
  readonly content: Content;
  /** See `codec.ts`; needed for writing only. */
  readonly properties: Buffer;
  /** About how much memory it takes. */
  readonly bytes: number;
  /** Its number, given when it is sent to the writer. */
  seq = 0;
  /** Where it is stored; undefined for a retry, which has a row of its own. */
  segment: Segment | undefined;
  index = 0;
  /** Which delivery is the next, or the one that runs. */
  attempt = 1;
  /** Its place among its consumer's messages. */
  slot = 0;
  /** It waits to be acknowledged, and does not count as one that its consumer has. */
  hasFreedPlace = false;
  /** What the body says, as its publisher in this process gave it. See {@link Lane} for how long it is kept. */
  decoded: object | undefined;
  /** Which opening of the database it belongs to; see {@link Outbox.generation}. */
  generation = 0;

  /** `properties` are given for one that is stored already. */
  constructor(lane: Lane, content: Content, properties?: Buffer) {
    this.lane = lane;
    this.content = content;
    this.properties = properties ?? encodeProperties(content, lane.queue.name);
    this.bytes = overheadBytes + content.body.length;
  }

  /** Notes where it is stored, or will be. */
  store(segment: Segment, index: number, generation: number): void {
    this.seq = segment.seq + index;
    this.segment = segment;
    this.index = index;
    this.generation = generation;
  }

  hasExpired(now: number): boolean {
    const { expiresAt } = this.content;
    return expiresAt !== 0 && expiresAt <= now;
  }

  /** What its handler gets. */
  toDelivery(freePlace: () => void): Delivery {
    const { exchange, routingKey, body, contentType, headers, publishedAt } = this.content;
    return {
      id: String(this.seq),
      queue: this.lane.queue.name,
      exchange,
      routingKey,
      body,
      contentType,
      headers,
      priority: this.lane.priority,
      publishedAt,
      attempt: this.attempt,
      decoded: this.decoded,
      freePlace,
    };
  }
}
