// Chooses the messages of one page out of a walk over parked messages.

import type { ParkedMessage, ParkedPage } from "../bus.ts";

/** Which page is wanted. */
export interface PageRequest {
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after: string | undefined;
  /**
   * True if the walk meets messages in parking order, so that the page is done when it is full. A quorum queue puts what was looked at
   * behind what was not, and has to be walked to its end.
   */
  readonly isOrdered: boolean;
}

/** Where a page ended. */
interface Cursor {
  readonly parkedAt: number;
  readonly id: string;
}

/** One page that is being filled. Keeps no more than `limit` + 1 messages. */
export class PageBuilder {
  readonly #request: PageRequest;
  readonly #after: Cursor | undefined;
  readonly #messages: ParkedMessage[] = [];
  #isPast: boolean;

  constructor(request: PageRequest) {
    this.#request = request;
    this.#after = parseCursor(request.after);
    this.#isPast = this.#after === undefined;
  }

  /** Offers the next message of the walk. True: the page is complete. */
  add(message: ParkedMessage): boolean {
    const { limit, isOrdered } = this.#request;
    if (isOrdered) {
      if (!this.#isBehind(message)) return false;
      this.#messages.push(message);
      return this.#messages.length > limit;
    }
    if (this.#after !== undefined && compare(message, this.#after) <= 0) return false;
    this.#messages.push(message);
    this.#messages.sort(compare);
    this.#messages.splice(limit + 1);
    return false;
  }

  /** The page. */
  page(): ParkedPage {
    const { limit } = this.#request;
    const messages = this.#messages.slice(0, limit);
    const last = messages.at(-1);
    const hasMore = this.#messages.length > limit && last !== undefined;
    return { messages, next: hasMore ? `${last.parkedAt}-${last.id}` : undefined };
  }

  #isBehind(message: ParkedMessage): boolean {
    if (this.#isPast || this.#after === undefined) return true;
    // The message at which the page before ended may have been taken away since.
    this.#isPast = message.id === this.#after.id || message.parkedAt > this.#after.parkedAt;
    return this.#isPast && message.id !== this.#after.id;
  }
}

// Ids of one process count up, and get longer as they do.
function compare(a: Cursor, b: Cursor): number {
  return a.parkedAt - b.parkedAt || a.id.length - b.id.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function parseCursor(after: string | undefined): Cursor | undefined {
  const [, parkedAt, id] = /^(\d+)-(.+)$/s.exec(after ?? "") ?? [];
  return parkedAt === undefined || id === undefined ? undefined : { parkedAt: Number(parkedAt), id };
}
