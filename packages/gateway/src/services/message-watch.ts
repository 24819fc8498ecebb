// Which messages are new, or have changed, since somebody last asked: what the live list is fed from. It keeps ids only, and only so many.

import type { MessageStore } from "@switchboard/messaging/store";
import type { GatewayObserver } from "../observe/gateway-observer.ts";

/** What happened since the last time. */
export interface MessageNews {
  /** Ids of messages that were stored, oldest first. */
  readonly stored: readonly string[];
  /** Ids of messages that something became of. */
  readonly changed: readonly string[];
  /** How many more were stored than could be kept. */
  readonly skipped: number;
}

/** Collects news for one reader. */
export class MessageWatch {
  readonly #limit: number;
  readonly #removers: readonly (() => void)[];
  #stored = new Set<string>();
  #changed = new Set<string>();
  #skipped = 0;

  /** `limit`: how many ids are kept until they are taken. */
  constructor(sources: { readonly store: MessageStore; readonly observer: GatewayObserver }, limit: number) {
    this.#limit = limit;
    this.#removers = [
      sources.store.onStored((items) => {
        for (const item of items) {
          if (item.kind === "message") this.#addStored(item.message.message_id);
          else this.#addChanged(item.event.user_message_id);
        }
      }),
      // Workers of other processes store by themselves; their steps are heard of.
      sources.observer.onEntry((entry) => {
        if (entry.did === "published" && entry.worker_kind === "channel") this.#addStored(entry.message_id);
        else this.#addChanged(entry.message_id);
        if (entry.in_reply_to !== undefined) this.#addChanged(entry.in_reply_to);
      }),
    ];
  }

  /** Takes at most `most` stored messages, the newest, and all changed ones; the rest counts as skipped. */
  take(most: number): MessageNews {
    const all = [...this.#stored];
    const stored = most === 0 ? [] : all.slice(-most);
    const changed = [...this.#changed].filter((id) => !this.#stored.has(id)).slice(-this.#limit);
    const skipped = this.#skipped + all.length - stored.length;
    this.#stored = new Set();
    this.#changed = new Set();
    this.#skipped = 0;
    return { stored, changed, skipped };
  }

  close(): void {
    for (const remove of this.#removers) remove();
  }

  #addStored(id: string): void {
    if (this.#stored.size < this.#limit) this.#stored.add(id);
    else if (!this.#stored.has(id)) this.#skipped += 1;
  }

  #addChanged(id: string): void {
    if (this.#changed.size < this.#limit) this.#changed.add(id);
  }
}
