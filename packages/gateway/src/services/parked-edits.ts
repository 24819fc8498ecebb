// What people changed in parked messages before they put them back: who, when, and how the message was before.

import type { ParkedMessage } from "@switchboard/bus";
import type { Datastore } from "@switchboard/server/datastore";
import { bodyMembers } from "./parked-copies.ts";

const collection = "parked_edits";
const maxBytes = 10_000_000;

/** One change. */
export interface ParkedEdit {
  readonly at: Date;
  /** Null when nobody was logged in. */
  readonly by: string | null;
  readonly parked: ParkedMessage;
  readonly messageId: string | null;
  readonly after: { readonly body: string; readonly headers: Readonly<Record<string, string>> };
}

/** Keeps changes, the newest ten megabytes of them. */
export class ParkedEdits {
  readonly #datastore: Datastore;

  private constructor(datastore: Datastore) {
    this.#datastore = datastore;
  }

  static async open(datastore: Datastore): Promise<ParkedEdits> {
    await datastore.requireCollection(collection, "serial", { type: "log", cap: maxBytes });
    return new ParkedEdits(datastore);
  }

  /** Keeps one; resolves when it is safe. */
  async add({ at, by, parked, messageId, after }: ParkedEdit): Promise<void> {
    await this.#datastore.insert(collection, {
      at,
      by,
      queue: parked.queue,
      parked_id: parked.id,
      message_id: messageId,
      error: parked.history.at(-1)?.message ?? null,
      // As text: what stands in them is somebody else's, and may have keys that mean something to the datastore.
      before: JSON.stringify({ ...bodyMembers(parked.body), headers: parked.headers }),
      after: JSON.stringify(after),
    });
  }

  /** The newest first; of one queue, or of all. */
  async list(queue: string | undefined, limit: number): Promise<object[]> {
    const filter = queue === undefined ? [] : [["queue", "=", queue] as const];
    const found = await this.#datastore.query(collection, filter, { sort: ["-id"], limit });
    return (found as readonly Record<string, unknown>[]).map(
      ({ id, at, by, queue: where, parked_id, message_id, error, before, after }) => ({
        id,
        at,
        by,
        queue: where,
        parked_id,
        message_id,
        error,
        before: JSON.parse(String(before)) as unknown,
        after: JSON.parse(String(after)) as unknown,
      }),
    );
  }
}
