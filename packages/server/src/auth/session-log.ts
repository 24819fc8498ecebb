// The record of logins: the collection `sessions` of the log datastore. Who is connected right now is the business of whoever holds the sockets.

import { type Clock, systemClock } from "@switchboard/core";
import type { Datastore } from "../datastore/index.ts";

/** What is recorded of a login. */
export interface SessionFields {
  /** `<ip>,<port>` or `unix,<pid>`. */
  readonly address: string;
  /** The client program, as it names itself. */
  readonly resource: string | null;
  readonly username: string;
}

const collection = "sessions";

/** Writes `started_at`, `ended_at`, `address`, `resource`, `active` and `username` of each session. */
export class SessionLog {
  readonly #datastore: Datastore;
  readonly #clock: Clock;

  private constructor(datastore: Datastore, clock: Clock) {
    this.#datastore = datastore;
    this.#clock = clock;
  }

  /** Opens the log, and ends the sessions that a crash has left active. */
  static async open(datastore: Datastore, clock: Clock = systemClock): Promise<SessionLog> {
    await datastore.requireCollection(collection, "integer", { type: "log", indexes: ["active", "username"] });
    const log = new SessionLog(datastore, clock);
    const left = (await datastore.query(collection, [["active", "=", true]], { select: "id" })) as number[];
    for (const id of left) await log.end(id);
    return log;
  }

  /** Records the beginning of a session, and resolves with its number. */
  async begin(session: SessionFields): Promise<number> {
    const record = { ...session, started_at: new Date(this.#clock.now()), ended_at: null, active: true };
    return Number(await this.#datastore.insert(collection, record));
  }

  /** Records the end of a session. Ending twice keeps the first time. */
  async end(id: number): Promise<void> {
    const session = await this.#datastore.getById(collection, id);
    if (session === null || session["active"] !== true) return;
    await this.#datastore.update(collection, id, { ...session, ended_at: new Date(this.#clock.now()), active: false });
  }
}
