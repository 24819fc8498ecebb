// The tokens of sessions: issued at login, found again after a restart of the server, ended by logout, by a change of the account, or by themselves.
// logins.ts decides who gets one.

import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "@switchboard/core";
import { type IssuedToken, type KeptToken, type KeptTokens, type Principal, TokenStore } from "../auth/index.ts";
import type { TokenData } from "../files/transfers.ts";

const tokenForm = /^[A-Za-z0-9]{32}$/;

/** How session tokens work. */
export interface SessionTokensOptions {
  /** Brings tokens over a restart. Default: they end with the server. */
  readonly kept?: KeptTokens | undefined;
  readonly clock?: Clock;
}

/** What a token is issued for. */
export interface SessionTokenRequest {
  readonly principal: Principal;
  /** Milliseconds without use after which it expires; null: never, as long as its connection is open. */
  readonly lifetimeMs: number | null;
  /** Of the token that was logged in with. Default: this one is the first of its family. */
  readonly family?: string | undefined;
  /** Whether it is to outlive the server. Default true. */
  readonly isKept?: boolean;
  /** Called once, when it expires by itself. */
  readonly onExpire: (value: string) => void;
}

/** The tokens of all sessions. */
export class SessionTokens {
  /** In memory, with those of links and file transfers. */
  readonly store: TokenStore<TokenData>;
  readonly #kept: KeptTokens | undefined;
  /** How often all sessions of a user were ended. */
  readonly #endings = new Map<string, number>();
  readonly #writing = new Set<Promise<void>>();

  constructor({ kept, clock = systemClock }: SessionTokensOptions) {
    this.#kept = kept;
    this.store = new TokenStore({ clock, onProlonged: (token) => this.#prolonged(token) });
  }

  /** Issues a token, and resolves when it will outlive the server, if it shall. @throws {ServerError} AUTH_THROTTLED. */
  async issue({
    principal,
    lifetimeMs,
    family = randomUUID(),
    isKept = true,
    onExpire,
  }: SessionTokenRequest): Promise<string> {
    const token = this.store.issue({
      kind: "session",
      lifetimeMs,
      username: principal.name,
      data: { principal, family },
      onExpire: () => onExpire(token.value),
    });
    if (isKept) await this.#kept?.add(token.value, toKept(token));
    return token.value;
  }

  /** The token, if it is valid, also one from before a restart. Looking does not count as use. */
  async find(value: string): Promise<IssuedToken<TokenData> | undefined> {
    const found = this.store.find(value, "session");
    // Strangers may ask as often as they like: what cannot be a token is not looked for.
    if (found !== undefined || this.#kept === undefined || !tokenForm.test(value)) return found;
    const kept = await this.#kept.find(value);
    if (kept === undefined) return undefined;
    const { username, family, lifetimeMs, expiresAt, passwordVersion } = kept;
    // The roles are those that the user has when it logs in again.
    const principal: Principal = { kind: "user", name: username, roles: new Set(), passwordVersion };
    const request = { kind: "session", lifetimeMs, username, data: { principal, family } } as const;
    return this.store.find(value, "session") ?? this.store.restore(value, request, expiresAt);
  }

  /** Ends a token; resolves when it cannot come back. */
  async revoke(value: string): Promise<void> {
    this.store.revoke(value);
    await this.#write(this.#kept?.forget(value));
  }

  /** Ends all tokens that came of the same login, except those that open connections hold; resolves when they cannot come back. */
  async revokeFamily(family: string, held: readonly string[]): Promise<void> {
    this.store.revokeWhere(({ value, data }) => data.family === family && !held.includes(value));
    await this.#write(this.#kept?.forgetFamily(family, held));
  }

  /** Ends all tokens of a user, of all kinds, except one; resolves when they cannot come back. */
  async revokeOf(username: string, except?: string): Promise<void> {
    this.#endings.set(username, this.endingsOf(username) + 1);
    this.store.revokeWhere((token) => token.username === username && token.value !== except);
    await this.#write(this.#kept?.forgetUser(username, except === undefined ? [] : [except]));
  }

  /** Lets a token go on although the password was changed: its holder has changed it. */
  async renew(value: string, principal: Principal): Promise<void> {
    const token = this.store.find(value, "session");
    if (token === undefined) return;
    this.store.setData(value, { ...token.data, principal });
    await this.#write(this.#kept?.change(value, toKept(token)));
  }

  /** Grows each time that all sessions of a user are ended: a login during which it has grown must not succeed. */
  endingsOf(username: string): number {
    return this.#endings.get(username) ?? 0;
  }

  /** Takes all tokens out of memory; resolves when what is kept of them is up to date. */
  async close(): Promise<void> {
    this.store.clear();
    await Promise.all(this.#writing);
  }

  #prolonged(token: IssuedToken<TokenData>): void {
    if (token.kind === "session") void this.#write(this.#kept?.change(token.value, toKept(token)));
  }

  async #write(work: Promise<void> | undefined): Promise<void> {
    if (work === undefined) return;
    this.#writing.add(work);
    await work;
    this.#writing.delete(work);
  }
}

function toKept({ username, lifetimeMs, expiresAt, data }: IssuedToken<TokenData>): KeptToken {
  const { family = "", principal } = data;
  return { username, family, lifetimeMs, expiresAt, passwordVersion: principal.passwordVersion ?? 0 };
}
