// The least that could do the kernel's work: what the kernel is measured against. Nobody should use it for anything else.

import type { Message, MessageListener } from "@switchboard/core";

/** Requests through a queue, a map of listeners and a table of pending promises. No timeouts, no errors, no order but the queue's. */
export class BareLoop {
  readonly listeners: Map<string, (content: unknown) => unknown> = new Map();
  readonly #pending = new Map<number, { resolve: (reply: unknown) => void; reject: (error: unknown) => void }>();
  #queue: { readonly id: number; readonly to: string; readonly content: unknown }[] = [];
  #lastId = 0;
  #scheduled = false;

  request(to: string, content: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#pending.set(id, { resolve, reject });
      this.#queue.push({ id, to, content });
      if (this.#scheduled) return;
      this.#scheduled = true;
      void turn.then(this.#drain);
    });
  }

  readonly #drain = (): void => {
    const queue = this.#queue;
    this.#queue = [];
    this.#scheduled = false;
    for (const { id, to, content } of queue) {
      const reply = this.listeners.get(to)?.(content);
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      pending?.resolve(reply);
    }
  };
}

const turn = Promise.resolve();

/** A listener whose filtering table is walked row by row; each row asks about the fields that it names. */
export class LinearListener implements MessageListener {
  readonly id: string;
  readonly #rows: Row[] = [];

  constructor(id: string) {
    this.id = id;
  }

  add({
    match,
    callback,
  }: {
    match: Readonly<Record<string, unknown>>;
    callback: (message: Message) => unknown;
  }): void {
    this.#rows.push({ match: Object.entries(match), callback });
  }

  handleMessageSync(message: Message): unknown {
    const fields = message as unknown as Readonly<Record<string, unknown>>;
    for (const { match, callback } of this.#rows) {
      if (match.every(([field, wanted]) => fields[field] === wanted)) return callback(message);
    }
    return null;
  }

  handleMessage(message: Message): unknown {
    return this.handleMessageSync(message);
  }
}

interface Row {
  readonly match: readonly (readonly [string, unknown])[];
  readonly callback: (message: Message) => unknown;
}
