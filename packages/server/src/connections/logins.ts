// Logging in and out on behalf of connections: users and services, tokens, the record of sessions, and the events that tell of them.

import { type Clock, type Logger, silentLogger, systemClock } from "@switchboard/core";
import type { AuditLog, Authenticator, IssuedToken, Principal, SessionLog } from "../auth/index.ts";
import { TokenStore } from "../auth/index.ts";
import { ServerError } from "../errors.ts";
import type { Events } from "../events/index.ts";
import type { TokenData } from "../files/transfers.ts";
import { toRpcError } from "../rpc/rpc-error.ts";
import { addressOf, type Peer } from "./wire.ts";

/** What a login gives to the client: token, its lifetime in seconds (null: no end), user name. */
export type LoginResult = readonly [token: string, lifetime: number | null, username: string];

/** Somebody who is logged in. */
export interface Login {
  readonly principal: Principal;
  readonly resource: string | undefined;
  /** Undefined for services, which have none. */
  readonly token: string | undefined;
  /** Undefined when there is no record of sessions. */
  readonly sessionId: number | undefined;
}

/** What logs in: a connection, whatever it speaks. */
export interface LoginTarget {
  readonly peer: Peer;
  readonly login: Login | undefined;
  /** The connection has gone meanwhile. */
  readonly isClosed: boolean;
  setLogin(login: Login | undefined): void;
  /** Tells the client why its session is over, revokes its token, closes the connection. */
  logout(reason: string): void;
}

/** How logins work. */
export interface LoginsOptions {
  readonly authenticator: Authenticator;
  readonly events: Events;
  readonly tokens?: TokenStore<TokenData>;
  /** Without it, sessions have no numbers and leave no record. */
  readonly sessionLog?: SessionLog | undefined;
  /** Where logins are recorded. Default: nowhere. */
  readonly audit?: Pick<AuditLog, "record"> | undefined;
  /** Lifetime of the tokens of remote clients, asked for at each login. Default 600_000. */
  readonly tokenLifetimeMs?: () => Promise<number> | number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** How one logs in by name and password. */
export interface PasswordLogin {
  readonly username: string;
  readonly password: string;
  readonly checkPassword?: boolean | undefined;
  readonly resource?: string | undefined;
}

const linkLifetimeMs = 300_000;

/** Logs connections in and out. */
export class Logins {
  readonly tokens: TokenStore<TokenData>;
  readonly #options: LoginsOptions;
  readonly #logger: Logger;
  readonly #lifetimeMs: () => Promise<number> | number;
  readonly #logins = new WeakSet<LoginTarget>();
  /** Ends of sessions that are being recorded. */
  readonly #ending = new Set<Promise<void>>();

  constructor(options: LoginsOptions) {
    const { clock = systemClock, logger = silentLogger, tokenLifetimeMs = () => 600_000 } = options;
    this.#options = options;
    this.#logger = logger;
    this.#lifetimeMs = tokenLifetimeMs;
    this.tokens = options.tokens ?? new TokenStore({ clock });
  }

  /** @throws {ServerError} AUTH_REFUSED, AUTH_THROTTLED. */
  async byPassword(
    target: LoginTarget,
    { username, password, checkPassword, resource }: PasswordLogin,
  ): Promise<LoginResult> {
    return this.#once(target, username, async () => {
      const { host, isTrusted } = target.peer;
      const request = { username, password, address: host, isTrusted: isTrusted && checkPassword !== true };
      const principal = await this.#options.authenticator.logIn(request);
      return this.#enter(target, principal, resource);
    });
  }

  /** @throws {ServerError} AUTH_REFUSED. */
  async byToken(target: LoginTarget, token: string, resource?: string): Promise<LoginResult> {
    return this.#once(target, null, async () => {
      const known = this.tokens.find(token, "session");
      if (known === undefined) throw new ServerError("AUTH_REFUSED", "the token is not valid (any more)");
      const result = await this.#enter(target, await this.#resume(known.data), resource);
      this.#tell("server.client_loggin", target, { resource: resource ?? null, username: result[2] });
      return result;
    });
  }

  /** Logs in by a link from {@link createLink}, which is then used up. @throws {ServerError} AUTH_REFUSED. */
  async byLink(target: LoginTarget, token: string, resource?: string): Promise<LoginResult> {
    return this.#once(target, null, async () => {
      const known = this.tokens.take(token, "link");
      if (known === undefined) throw new ServerError("AUTH_REFUSED", "the link is not valid (any more)");
      return this.#enter(target, await this.#resume(known.data), resource);
    });
  }

  /** @throws {ServerError} AUTH_REFUSED. */
  async asService(target: LoginTarget, name: string): Promise<void> {
    await this.#once(target, name, async () => {
      const { authenticator } = this.#options;
      const principal = authenticator.logInService(name, { isLocal: target.peer.isLocal });
      await this.leave(target);
      const sessionId = await this.#begin(target, name, undefined);
      this.#set(target, { principal, resource: undefined, token: undefined, sessionId });
      this.#tell("server.service_login", target, { name });
    });
  }

  /** The principal of a valid session token, for requests that bring it along; counts as use. Undefined when it is not valid. */
  async ofToken(token: string): Promise<Principal | undefined> {
    const known = this.tokens.find(token, "session");
    if (known === undefined) return undefined;
    this.tokens.touch(token);
    try {
      return await this.#resume(known.data);
    } catch {
      return undefined;
    }
  }

  /** A user as it would log in, for links that somebody else makes. @throws {ServerError} AUTH_REFUSED. */
  principalOf(username: string): Promise<Principal> {
    return this.#options.authenticator.resume(username);
  }

  /** A token for one login of this principal within five minutes, to be handed over as a link. */
  createLink(principal: Principal): string {
    const request = {
      kind: "link",
      lifetimeMs: linkLifetimeMs,
      username: principal.name,
      data: { principal },
    } as const;
    return this.tokens.issue(request).value;
  }

  /** Counts as use of the target's token. Cheap enough for every frame. */
  touch({ login }: LoginTarget): void {
    if (login?.token !== undefined) this.tokens.touch(login.token);
  }

  /**
   * Ends the session of a target, if it has one. Its token dies with it when `revoke`; else it can be used for another login for as long as it lives.
   */
  async leave(target: LoginTarget, { revoke = false }: { readonly revoke?: boolean } = {}): Promise<void> {
    const { login } = target;
    if (login === undefined) return;
    target.setLogin(undefined);
    const { principal, token, sessionId } = login;
    if (token !== undefined) {
      if (revoke) this.tokens.revoke(token);
      else void this.#expire(token);
    }
    if (principal.kind === "service") this.#tell("server.service_logout", target, { name: principal.name });
    else this.#tell("server.client_logout", target, { username: principal.name });
    if (sessionId === undefined) return;
    const recorded = this.#recordEnd(sessionId);
    this.#ending.add(recorded);
    await recorded;
    this.#ending.delete(recorded);
  }

  /** Ends all tokens, and resolves when the ends of all sessions are recorded. */
  async close(): Promise<void> {
    this.tokens.clear();
    await Promise.all(this.#ending);
  }

  async #expire(token: string): Promise<void> {
    this.tokens.expireAfter(token, await this.#lifetimeMs());
  }

  async #recordEnd(sessionId: number): Promise<void> {
    try {
      await this.#options.sessionLog?.end(sessionId);
    } catch (error) {
      this.#logger.error({ err: error, sessionId }, "the end of a session could not be recorded");
    }
    void this.#options.events.emit("session.changed", { operation: "update", ids: [sessionId] });
  }

  /** Whoever was locked out, or lost roles, since the token was issued must not gain by it. */
  #resume({ principal }: TokenData): Promise<Principal> | Principal {
    return principal.kind === "user" ? this.#options.authenticator.resume(principal.name) : principal;
  }

  async #enter(target: LoginTarget, principal: Principal, resource: string | undefined): Promise<LoginResult> {
    await this.leave(target);
    const lifetimeMs = target.peer.isLocal ? null : await this.#lifetimeMs();
    const sessionId = await this.#begin(target, principal.name, resource);
    const token = this.#issue(target, principal, lifetimeMs);
    this.#set(target, { principal, resource, token: token.value, sessionId });
    this.#tell("server.client_login", target, { username: principal.name });
    return [token.value, lifetimeMs === null ? null : lifetimeMs / 1000, principal.name];
  }

  #issue(target: LoginTarget, principal: Principal, lifetimeMs: number | null): IssuedToken<TokenData> {
    const seconds = lifetimeMs === null ? 0 : Math.round(lifetimeMs / 1000);
    const token = this.tokens.issue({
      kind: "session",
      lifetimeMs,
      username: principal.name,
      data: { principal },
      onExpire: () => {
        if (target.login?.token === token.value) target.logout(`session was inactive for ${seconds} seconds`);
      },
    });
    return token;
  }

  async #begin(target: LoginTarget, username: string, resource: string | undefined): Promise<number | undefined> {
    const address = addressOf(target.peer);
    const session = { address, resource: resource ?? null, username };
    try {
      const id = await this.#options.sessionLog?.begin(session);
      if (id !== undefined) void this.#options.events.emit("session.changed", { operation: "create", ids: [id] });
      return id;
    } catch (error) {
      this.#logger.error({ err: error, address }, "a session could not be recorded");
      return undefined;
    }
  }

  #set(target: LoginTarget, login: Login): void {
    target.setLogin(login);
    // It went away while it logged in.
    if (target.isClosed) void this.leave(target, { revoke: true });
  }

  /** One login at a time on a connection, so that guessing is not done in parallel and sessions do not cross. */
  async #once<Result>(target: LoginTarget, name: string | null, login: () => Promise<Result>): Promise<Result> {
    if (this.#logins.has(target))
      throw new ServerError("AUTH_THROTTLED", "another login is under way on this connection");
    this.#logins.add(target);
    try {
      const result = await login();
      this.#record(target, target.login?.principal.name ?? name, null);
      return result;
    } catch (error) {
      this.#record(target, name, toRpcError(error).errno);
      throw error;
    } finally {
      this.#logins.delete(target);
    }
  }

  #record(target: LoginTarget, username: string | null, error: number | null): void {
    const session = target.login?.sessionId ?? null;
    const address = addressOf(target.peer);
    this.#options.audit?.record({
      event: "login",
      address,
      username: username?.slice(0, 100) ?? null,
      session,
      method: null,
      args: null,
      error,
    });
  }

  #tell(event: string, target: LoginTarget, args: Readonly<Record<string, unknown>>): void {
    const address = addressOf(target.peer);
    const who = String(args["name"] ?? args["username"]);
    const what = event.endsWith("logout") ? "logged out" : "logged in";
    void this.#options.events.emit(event, { address, ...args, description: `${who} ${what} from ${address}` });
  }
}
