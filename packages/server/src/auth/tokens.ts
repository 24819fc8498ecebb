// Tokens: what a client holds after login, and what opens a terminal or a file transfer. They live in memory only, so a restart ends them all.

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
  /** Called once, when it expires by itself or is ended by {@link TokenStore.revokeOf}. */
  readonly onExpire?: () => void;
}

/** A token that is valid now. */
export interface IssuedToken<Data> extends TokenRequest<Data> {
  /** 32 letters and digits. */
  readonly value: string;
}

interface Entry<Data> extends IssuedToken<Data> {
  expiresAt: number;
  timer: Timer | undefined;
}

const tokenLength = 32;

/** All valid tokens. */
export class TokenStore<Data> {
  readonly #clock: Clock;
  readonly #newValue: () => string;
  readonly #maxTokens: number;
  readonly #entries = new Map<string, Entry<Data>>();

  /** `maxTokens`: how many may be valid at a time, default 100,000. */
  constructor(options: { readonly clock?: Clock; readonly newValue?: () => string; readonly maxTokens?: number } = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#newValue = options.newValue ?? (() => randomText(tokenLength));
    this.#maxTokens = options.maxTokens ?? 100_000;
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
    if (this.#entries.size >= this.#maxTokens)
      throw new ServerError("AUTH_THROTTLED", `${this.#maxTokens} tokens are in use`);
    const entry: Entry<Data> = { ...request, value: this.#newValue(), expiresAt: Infinity, timer: undefined };
    this.#entries.set(entry.value, entry);
    if (entry.lifetimeMs !== null) {
      entry.expiresAt = this.#clock.now() + entry.lifetimeMs;
      this.#watch(entry, entry.lifetimeMs);
    }
    return entry;
  }

  /** The token, if it is valid and of this kind. Looking does not count as use. */
  find(value: string, kind: TokenKind): IssuedToken<Data> | undefined {
    const entry = this.#entries.get(value);
    return entry?.kind === kind && this.#clock.now() < entry.expiresAt ? entry : undefined;
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
    if (entry !== undefined && entry.lifetimeMs !== null) entry.expiresAt = this.#clock.now() + entry.lifetimeMs;
  }

  /** Gives a token that had no end a lifetime, which begins now. Others keep theirs. */
  expireAfter(value: string, lifetimeMs: number): void {
    const entry = this.#entries.get(value);
    if (entry === undefined || entry.timer !== undefined) return;
    entry.expiresAt = this.#clock.now() + lifetimeMs;
    this.#watch(entry, lifetimeMs);
  }

  /** Ends a token. False when it was not valid. */
  revoke(value: string): boolean {
    this.#entries.get(value)?.timer?.cancel();
    return this.#entries.delete(value);
  }

  /** Ends all tokens of a user, of all kinds, except one. */
  revokeOf(username: string, except?: string): void {
    for (const { value, username: owner, onExpire } of this.#entries.values()) {
      if (owner === username && value !== except && this.revoke(value)) onExpire?.();
    }
  }

  /** Ends all tokens without calling anybody. */
  clear(): void {
    for (const value of this.#entries.keys()) this.revoke(value);
  }

  // One timer per token, not one per use: when it fires and the token has been used since, it is set again for the rest.
  #watch(entry: Entry<Data>, delayMs: number): void {
    entry.timer = this.#clock.setTimer(() => {
      const left = entry.expiresAt - this.#clock.now();
      if (left > 0) {
        this.#watch(entry, left);
        return;
      }
      this.#entries.delete(entry.value);
      entry.onExpire?.();
    }, delayMs);
  }
}
