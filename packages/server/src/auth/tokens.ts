// Tokens: what a client holds after login, and what opens a terminal or a file transfer. They live in memory; kept-tokens.ts brings those of sessions
// over a restart.

import { type Clock, systemClock, type Timer } from "@switchboard/core";
import { ServerError } from "../errors.ts";
import { randomText } from "./passwords.ts";

/** What a token is for. A token of one kind is never accepted as one of another. */
export type TokenKind = "session" | "link" | "shell" | "file";

/** What a token is issued for. */
export interface TokenRequest<Data> {
  readonly kind: TokenKind;
  /** Milliseconds without use after which it expires; null: never. */
  readonly lifetimeMs: number | null;
  /** Only this user may use it. */
  readonly username: string;
  /** Whatever belongs to it. */
  readonly data: Data;
  /** Called once, when it expires by itself or is ended by {@link TokenStore.revokeWhere}. */
  readonly onExpire?: () => void;
}

/** A token that is valid now. */
export interface IssuedToken<Data> extends TokenRequest<Data> {
  /** 32 letters and digits. */
  readonly value: string;
  /** Milliseconds since 1970; null: not as long as its connection is open. */
  readonly expiresAt: number | null;
}

interface Entry<Data> extends IssuedToken<Data> {
  data: Data;
  expiresAt: number | null;
  /** {@link TokenStoreOptions.onProlonged} knows of. */
  toldExpiresAt: number | null;
  timer: Timer | undefined;
}

/** How tokens are kept in memory. */
export interface TokenStoreOptions<Data> {
  readonly clock?: Clock;
  /** Makes a value that nobody can guess. */
  readonly newValue?: () => string;
  /** How many may be valid at a time, default 100,000. */
  readonly maxTokens?: number;
  /** Told the new end of a token that was used: not at each use, but four times in its lifetime at most. */
  readonly onProlonged?: (token: IssuedToken<Data>) => void;
}

const tokenLength = 32;

/** All valid tokens. */
export class TokenStore<Data> {
  readonly #clock: Clock;
  readonly #newValue: () => string;
  readonly #maxTokens: number;
  readonly #onProlonged: (token: IssuedToken<Data>) => void;
  readonly #entries = new Map<string, Entry<Data>>();

  constructor(options: TokenStoreOptions<Data> = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#newValue = options.newValue ?? (() => randomText(tokenLength));
    this.#maxTokens = options.maxTokens ?? 100_000;
    this.#onProlonged = options.onProlonged ?? (() => undefined);
  }

  /** How many tokens are valid. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Issues a token.
   *
   * @throws {ServerError} AUTH_THROTTLED when too many are valid already.
   */
  issue(request: TokenRequest<Data>): IssuedToken<Data> {
    const { lifetimeMs } = request;
    return this.restore(this.#newValue(), request, lifetimeMs === null ? null : this.#clock.now() + lifetimeMs);
  }

  /**
   * Takes up a token that was issued before a restart.
   *
   * @throws {ServerError} AUTH_THROTTLED when too many are valid already.
   */
  restore(value: string, request: TokenRequest<Data>, expiresAt: number | null): IssuedToken<Data> {
    if (this.#entries.size >= this.#maxTokens)
      throw new ServerError("AUTH_THROTTLED", `${this.#maxTokens} tokens are in use`);
    const entry: Entry<Data> = { ...request, value, expiresAt, toldExpiresAt: expiresAt, timer: undefined };
    this.#entries.set(value, entry);
    this.#watch(entry);
    return entry;
  }

  /** The token, if it is valid and of this kind. Looking does not count as use. */
  find(value: string, kind: TokenKind): IssuedToken<Data> | undefined {
    const entry = this.#entries.get(value);
    return entry?.kind === kind && this.#leftMs(entry) > 0 ? entry : undefined;
  }

  /** Like {@link find}, and the token is used up: a second time finds nothing. */
  take(value: string, kind: TokenKind): IssuedToken<Data> | undefined {
    const token = this.find(value, kind);
    if (token !== undefined) this.revoke(value);
    return token;
  }

  /** Counts as use: the lifetime begins anew. Cheap enough for every call. */
  touch(value: string): void {
    const entry = this.#entries.get(value);
    if (entry === undefined || entry.lifetimeMs === null) return;
    entry.expiresAt = this.#clock.now() + entry.lifetimeMs;
    if (entry.expiresAt - (entry.toldExpiresAt ?? 0) > entry.lifetimeMs / 4) this.#tell(entry);
  }

  /** Gives a token that had no end a lifetime, which begins now. Others keep theirs. */
  expireAfter(value: string, lifetimeMs: number): void {
    const entry = this.#entries.get(value);
    if (entry === undefined || entry.expiresAt !== null) return;
    entry.expiresAt = this.#clock.now() + lifetimeMs;
    this.#tell(entry);
    this.#watch(entry);
  }

  /** Gives a token other data. Does nothing when it is not valid. */
  setData(value: string, data: Data): void {
    const entry = this.#entries.get(value);
    if (entry !== undefined) entry.data = data;
  }

  /** Ends a token. False when it was not valid. */
  revoke(value: string): boolean {
    this.#entries.get(value)?.timer?.cancel();
    return this.#entries.delete(value);
  }

  /** Ends all tokens for which `isMeant` is true. */
  revokeWhere(isMeant: (token: IssuedToken<Data>) => boolean): void {
    for (const entry of this.#entries.values()) {
      if (isMeant(entry) && this.revoke(entry.value)) entry.onExpire?.();
    }
  }

  /** Ends all tokens without calling anybody, after telling `onProlonged` their exact ends. */
  clear(): void {
    for (const entry of this.#entries.values()) {
      this.#tell(entry);
      this.revoke(entry.value);
    }
  }

  #leftMs({ expiresAt }: Entry<Data>): number {
    return expiresAt === null ? Infinity : expiresAt - this.#clock.now();
  }

  #tell(entry: Entry<Data>): void {
    if (entry.expiresAt === entry.toldExpiresAt) return;
    entry.toldExpiresAt = entry.expiresAt;
    this.#onProlonged(entry);
  }

  // One timer per token, not one per use: when it fires and the token has been used since, it is set again for the rest.
  #watch(entry: Entry<Data>): void {
    const leftMs = this.#leftMs(entry);
    if (leftMs === Infinity) return;
    entry.timer = this.#clock.setTimer(() => {
      if (this.#leftMs(entry) > 0) {
        this.#watch(entry);
        return;
      }
      this.#entries.delete(entry.value);
      entry.onExpire?.();
    }, leftMs);
  }
}
