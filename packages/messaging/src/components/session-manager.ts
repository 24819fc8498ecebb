// What is remembered about a person between two messages: a flat record of texts per person, in a hash `session:<user>`.

import { type Clock, systemClock } from "@switchboard/core";
import type { KeyValue } from "@switchboard/storage";

/** A session: texts by name. Empty when there is none. */
export type Session = Readonly<Record<string, string>>;

/** What may be stored; numbers come back as text. */
export type SessionFields = Readonly<Record<string, string | number>>;

/** How sessions are kept. */
export interface SessionManagerOptions {
  /** How long a session lasts from its creation, whatever happens in it. Milliseconds; default for ever. */
  readonly maxSessionLengthMs?: number;
  readonly clock?: Clock;
}

/** Keeps sessions under `session:<user>` of the store it is given. Errors are those of the store. */
export class SessionManager {
  readonly #keyValue: KeyValue;
  readonly #maxLengthMs: number | undefined;
  readonly #clock: Clock;

  constructor(keyValue: KeyValue, { maxSessionLengthMs, clock = systemClock }: SessionManagerOptions = {}) {
    this.#keyValue = keyValue;
    this.#maxLengthMs = maxSessionLengthMs;
    this.#clock = clock;
  }

  /** Begins a session, instead of the one the user may have had. `created_at` is the time in seconds since 1970 unless given. */
  async create(user: string, fields: SessionFields = {}): Promise<Session> {
    const key = sessionKey(user);
    const session = texts({ created_at: this.#clock.now() / 1_000, ...fields });
    const maxLengthMs = this.#maxLengthMs;
    await this.#keyValue.atomic(async (group) => {
      group.delete(key);
      group.hset(key, session);
      if (maxLengthMs !== undefined) group.pexpire(key, maxLengthMs);
    });
    return session;
  }

  /** Returns the session; empty when the user has none. */
  async load(user: string): Promise<Session> {
    return { ...(await this.#keyValue.hgetall(sessionKey(user))) };
  }

  /** Stores fields; the others stay, and so does the time at which the session ends. */
  async save(user: string, fields: SessionFields): Promise<void> {
    const session = texts(fields);
    if (Object.keys(session).length === 0) return;
    const key = sessionKey(user);
    const maxLengthMs = this.#maxLengthMs;
    await this.#keyValue.atomic(async (group) => {
      const isNew = maxLengthMs !== undefined && !(await group.exists(key));
      group.hset(key, session);
      // One that ended between loading and saving would come back and never end.
      if (isNew) group.pexpire(key, maxLengthMs);
    });
  }

  /** Ends a session. */
  async clear(user: string): Promise<void> {
    await this.#keyValue.delete(sessionKey(user));
  }

  /** Has a session end `delayMs` milliseconds from now. */
  async scheduleExpiry(user: string, delayMs: number): Promise<void> {
    await this.#keyValue.pexpire(sessionKey(user), delayMs);
  }

  /** Every session there is, in no order; one that begins or ends meanwhile may or may not come. */
  async *activeSessions(): AsyncGenerator<readonly [user: string, session: Session]> {
    for await (const key of this.#keyValue.scan(`${prefix}*`)) {
      const session = await this.#keyValue.hgetall(key);
      if (Object.keys(session).length > 0) yield [key.slice(prefix.length), { ...session }];
    }
  }
}

const prefix = "session:";

function sessionKey(user: string): string {
  return prefix + user;
}

function texts(fields: SessionFields): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
}
