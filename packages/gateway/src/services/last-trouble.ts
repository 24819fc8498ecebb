// The last trouble that there was, with its times, kept over restarts: what is shown when all is well again.

import type { Datastore } from "@switchboard/server/datastore";
import type { Trouble } from "./trouble.ts";

/** A trouble that may be over. */
export interface PastTrouble extends Trouble {
  /** Null: still there. */
  readonly until: Date | null;
}

const collection = "attention";
const key = "last";

/** Remembers it. */
export class LastTrouble {
  readonly #datastore: Datastore;
  #last: PastTrouble | undefined;

  private constructor(datastore: Datastore, last: PastTrouble | undefined) {
    this.#datastore = datastore;
    this.#last = last;
  }

  static async open(datastore: Datastore): Promise<LastTrouble> {
    await datastore.requireCollection(collection, "text", { type: "log" });
    const found = await datastore.query(collection, [["id", "=", key]], { single: true });
    if (found === null) return new LastTrouble(datastore, undefined);
    const { trouble, since, until } = found as unknown as { trouble: string; since: Date | null; until: Date | null };
    return new LastTrouble(datastore, { ...(JSON.parse(trouble) as Trouble), since, until });
  }

  get last(): PastTrouble | undefined {
    return this.#last;
  }

  /** Takes what is wrong now. Resolves when it is safe which trouble was the last, and whether it is over. */
  async note(troubles: readonly Trouble[], now: number): Promise<void> {
    const before = this.#last;
    const newest = troubles.reduce<Trouble | undefined>((one, other) => (isNewer(other, one) ? other : one), undefined);
    if (newest !== undefined) this.#last = { ...newest, until: null };
    else if (before?.until === null) this.#last = { ...before, until: new Date(now) };
    const last = this.#last;
    // Its text may change every time; the latest one is kept with its end.
    if (last !== undefined && (last.id !== before?.id || last.until !== before.until)) await this.#save(last);
  }

  async #save({ since, until, ...trouble }: PastTrouble): Promise<void> {
    await this.#datastore.upsert(collection, key, { trouble: JSON.stringify(trouble), since, until });
  }
}

function isNewer({ since }: Trouble, other: Trouble | undefined): boolean {
  return other === undefined || (since !== null && (other.since === null || since > other.since));
}
