// The list of messages: rows of a search, and what comes in on top while it is live. Held, it only counts; nothing below the eye moves. Memory
// keeps 5,000 rows. Pure but for the stream it reads.

import { type Signal, signal } from "@preact/signals";
import type { Gateway } from "../../services/connection.ts";
import type { MessageRow } from "../../services/types.ts";

/** Rows kept in memory. */
export const mostRows = 5000;

/** What the list knows. */
export interface TailState {
  readonly rows: readonly MessageRow[];
  /** New ones that are not shown, newest first. */
  readonly newer: readonly MessageRow[];
  readonly newerCount: number;
  readonly heldSince: Date | undefined;
  /** Rows that the server skipped because they came too fast. */
  readonly skipped: number;
}

/** The beginning. */
export const emptyTail: TailState = { rows: [], newer: [], newerCount: 0, heldSince: undefined, skipped: 0 };

/** What can happen to the list. */
export type TailEvent =
  | { readonly kind: "read"; readonly rows: readonly MessageRow[] }
  | { readonly kind: "batch"; readonly rows: readonly MessageRow[]; readonly skipped: number }
  | { readonly kind: "hold"; readonly at: Date }
  | { readonly kind: "show" }
  | { readonly kind: "resume" };

/** The list after an event. No row is there twice, none is lost: what is held is shown on resume. */
export function tailAfter(state: TailState, event: TailEvent): TailState {
  switch (event.kind) {
    case "read": {
      const known = new Set(event.rows.map(({ id }) => id));
      const live = [...state.newer, ...state.rows].filter(
        ({ id, at }) => !known.has(id) && at > (event.rows[0]?.at ?? new Date(0)),
      );
      return { ...emptyTail, rows: [...live, ...event.rows].slice(0, mostRows), heldSince: state.heldSince };
    }
    case "batch": {
      const known = new Set([...state.newer, ...state.rows.slice(0, 500)].map(({ id }) => id));
      const fresh = event.rows.filter(({ id }) => !known.has(id) && known.add(id));
      const skipped = state.skipped + event.skipped;
      if (state.heldSince === undefined)
        return { ...state, rows: [...fresh, ...state.rows].slice(0, mostRows), skipped };
      return {
        ...state,
        newer: [...fresh, ...state.newer].slice(0, mostRows),
        newerCount: state.newerCount + fresh.length + event.skipped,
        skipped,
      };
    }
    case "hold":
      return state.heldSince === undefined ? { ...state, heldSince: event.at } : state;
    case "show":
      return { ...state, rows: [...state.newer, ...state.rows].slice(0, mostRows), newer: [], newerCount: 0 };
    case "resume":
      return { ...tailAfter(state, { kind: "show" }), heldSince: undefined };
  }
}

/** A list that follows a search. */
export class LiveTail {
  readonly state: Signal<TailState> = signal(emptyTail);
  #stop: AbortController | undefined;

  /** Takes what happened. */
  take(event: TailEvent): void {
    this.state.value = tailAfter(this.state.peek(), event);
  }

  /** Follows a search until {@link LiveTail.stop}. */
  follow(client: Gateway, query: string): void {
    this.stop();
    const stop = new AbortController();
    this.#stop = stop;
    void this.#read(client, query, stop.signal);
  }

  /** Follows no longer. */
  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
  }

  async #read(client: Gateway, query: string, signal: AbortSignal): Promise<void> {
    try {
      const batches = client.stream("messages.tail", [{ query, max_per_second: 200 }], { signal }) as AsyncIterable<{
        rows: MessageRow[];
        skipped: number;
      }>;
      for await (const { rows, skipped } of batches) {
        if (signal.aborted) return;
        this.take({ kind: "batch", rows, skipped });
      }
    } catch {
      // The line is lost or the page was left; the strip says the first, and the list is read again when it is back.
    }
  }
}
