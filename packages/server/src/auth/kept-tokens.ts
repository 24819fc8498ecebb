// Session tokens over a restart: the collection `session_tokens` of the datastore, which holds their digests, so that nobody who reads it can log in.
// Tokens in use are in tokens.ts; logins.ts asks here for those that are not known there.

import { createHash } from "node:crypto";
import { type Clock, type Logger, silentLogger, systemClock } from "@switchboard/core";
import type { QueryFilter } from "@switchboard/protocol";
import type { Datastore, StoredObject } from "../datastore/index.ts";

/** What is kept of a token. */
export interface KeptToken {
  readonly username: string;
  /** The same for all tokens that came of one login. */
  readonly family: string;
  /** Milliseconds without use after which it expires; null: never, as long as its connection is open. */
  readonly lifetimeMs: number | null;
  /** Milliseconds since 1970; null: not as long as its connection is open. */
  readonly expiresAt: number | null;
  /** Of the user's password when the token was issued. */
  readonly passwordVersion: number;
}

const collection = "session_tokens";

/** The tokens that are kept. One that cannot be kept ends with the server, and the log tells; one that cannot be forgotten is worth nothing either. */
export class KeptTokens {
  readonly #datastore: Datastore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Under way, by digest. */
  readonly #changes = new Map<string, Promise<void>>();
  readonly #forgetting = new Set<Promise<unknown>>();
  #forgotten = 0;
  /** Something could not be forgotten: nothing is found any more, so that nobody who was logged out comes back. */
  #isBroken = false;

  private constructor(datastore: Datastore, clock: Clock, logger: Logger) {
    this.#datastore = datastore;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Opens the tokens of a datastore. Those whose connections a crash has cut end `lifetimeMs` from now. */
  static async open(
    datastore: Datastore,
    options: { readonly lifetimeMs: number; readonly clock?: Clock; readonly logger?: Logger },
  ): Promise<KeptTokens> {
    const { lifetimeMs, clock = systemClock, logger = silentLogger } = options;
    const indexes = ["username", "family"];
    await datastore.requireCollection(collection, "text", { type: "log", indexes, ttl_index: "expires_at" });
    const expires_at = new Date(clock.now() + lifetimeMs);
    for (const { id, ...record } of await datastore.query(collection, [["expires_at", "=", null]]))
      await datastore.update(collection, id, { ...record, expires_at });
    return new KeptTokens(datastore, clock, logger);
  }

  /** The token, if it is kept and has not expired. @throws {ServerError} as {@link Datastore.getById}. */
  async find(value: string): Promise<KeptToken | undefined> {
    const record = await this.#read(digestOf(value));
    if (record === null) return undefined;
    const { username, family, lifetime_ms: lifetimeMs, expires_at: expires, password_version: version } = record;
    // Without an end it belongs to an open connection, so that it is known already.
    if (!(expires instanceof Date) || expires.getTime() <= this.#clock.now()) return undefined;
    return {
      username: String(username),
      family: String(family),
      lifetimeMs: typeof lifetimeMs === "number" ? lifetimeMs : null,
      expiresAt: expires.getTime(),
      passwordVersion: Number(version),
    };
  }

  /** Keeps a token; resolves when it is safe. */
  async add(value: string, token: KeptToken): Promise<void> {
    await this.#keep(() => this.#datastore.insert(collection, { id: digestOf(value), ...toRecord(token) }));
  }

  /** Keeps what has changed of a token, unless it was forgotten meanwhile. */
  async change(value: string, token: KeptToken): Promise<void> {
    const id = digestOf(value);
    const write = async (): Promise<void> => {
      // Never `upsert`: it would bring back what was forgotten.
      if (await this.#datastore.exists(collection, [["id", "=", id]]))
        await this.#datastore.update(collection, id, toRecord(token));
    };
    // The latest change is the last to be written.
    const change = (this.#changes.get(id) ?? Promise.resolve()).then(() => this.#keep(write));
    this.#changes.set(id, change);
    await change;
    if (this.#changes.get(id) === change) this.#changes.delete(id);
  }

  /** Forgets a token; resolves when that is safe. */
  forget(value: string): Promise<void> {
    return this.#forget(() => this.#datastore.delete(collection, digestOf(value)));
  }

  /** Forgets the tokens of one login, except some. */
  forgetFamily(family: string, except: readonly string[]): Promise<void> {
    return this.#forgetWhere(["family", "=", family], except);
  }

  /** Forgets all tokens of a user, except some. */
  forgetUser(username: string, except: readonly string[]): Promise<void> {
    return this.#forgetWhere(["username", "=", username], except);
  }

  async #read(id: string): Promise<StoredObject | null> {
    for (;;) {
      await Promise.all(this.#forgetting);
      const before = this.#forgotten;
      const record = this.#isBroken ? null : await this.#datastore.getById(collection, id);
      // What was forgotten meanwhile may have been read just before.
      if (before === this.#forgotten) return record;
    }
  }

  #forgetWhere(condition: readonly [string, "=", string], except: readonly string[]): Promise<void> {
    const filter: QueryFilter = [condition, ["id", "nin", except.map(digestOf)]];
    return this.#forget(() => this.#datastore.deleteWhere(collection, filter));
  }

  async #forget(work: () => Promise<unknown>): Promise<void> {
    this.#forgotten++;
    const forgetting = work().catch((error: unknown) => {
      this.#isBroken = true;
      this.#logger.error({ err: error }, "tokens could not be forgotten: none is accepted again until a restart");
    });
    this.#forgetting.add(forgetting);
    await forgetting;
    this.#forgetting.delete(forgetting);
  }

  async #keep(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#logger.error({ err: error }, "a session's token could not be kept: it ends with the server");
    }
  }
}

/** A token has 190 random bits: nothing slower than this is needed to keep it from being found by trying. */
function digestOf(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}

function toRecord({ username, family, lifetimeMs, expiresAt, passwordVersion }: KeptToken): Record<string, unknown> {
  const expires_at = expiresAt === null ? null : new Date(expiresAt);
  return { username, family, lifetime_ms: lifetimeMs, expires_at, password_version: passwordVersion };
}
