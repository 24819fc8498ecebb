// What the components of channels have said of themselves: the latest status of each, and how it came to that.

import type { Clock } from "@switchboard/core";
import { type TransportStatus, timestampMs } from "@switchboard/messaging";

/** A status, and when it was said. */
export interface StatusRecord {
  readonly worker: string;
  readonly component: string;
  readonly status: TransportStatus["status"];
  readonly type: string;
  readonly message: string;
  readonly reasons: readonly unknown[];
  readonly details: Readonly<Record<string, unknown>>;
  /** Since when it has been at this level. Milliseconds since 1970. */
  readonly since: number;
  readonly at: number;
}

const maxHistory = 100;
const maxComponents = 2_000;

/** The statuses of all workers. */
export class StatusBook {
  readonly #clock: Clock;
  /** Oldest first, per worker and component. */
  readonly #history = new Map<string, StatusRecord[]>();
  readonly #listeners = new Set<(record: StatusRecord) => void>();

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  add(worker: string, said: TransportStatus): void {
    const key = `${worker}\n${said.component}`;
    const history = this.#history.get(key) ?? [];
    const last = history.at(-1);
    const at = timestampMs(said.timestamp) || this.#clock.now();
    const { component, status, type, message, reasons, details } = said;
    const since = last !== undefined && last.status === status ? last.since : at;
    const record: StatusRecord = { worker, component, status, type, message, reasons, details, since, at };
    if (this.#history.size >= maxComponents && !this.#history.has(key)) return;
    history.push(record);
    if (history.length > maxHistory) history.shift();
    this.#history.set(key, history);
    for (const listener of this.#listeners) listener(record);
  }

  /** The latest status of each component, of one worker or of all. */
  latest(worker?: string): StatusRecord[] {
    const latest = [...this.#history.values()].flatMap((history) => history.slice(-1));
    return worker === undefined ? latest : latest.filter((record) => record.worker === worker);
  }

  /** What the components of a worker have said, newest first. */
  history(worker: string): StatusRecord[] {
    const all = [...this.#history.values()].filter(([first]) => first?.worker === worker).flat();
    return all.toSorted((one, other) => other.at - one.at);
  }

  /** The worst of a worker's components; undefined when none has said anything. */
  worst(worker: string): StatusRecord | undefined {
    const order = ["ok", "degraded", "down"];
    return this.latest(worker).toSorted((one, other) => order.indexOf(other.status) - order.indexOf(one.status))[0];
  }

  /** Forgets a worker that is no more. */
  forget(worker: string): void {
    for (const key of this.#history.keys()) if (key.startsWith(`${worker}\n`)) this.#history.delete(key);
  }

  /** Calls `listener` with each status from now on. Returns its remover. */
  onStatus(listener: (record: StatusRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
