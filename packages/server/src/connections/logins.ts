// Logging in and out on behalf of connections: users and services, tokens, the record of sessions, and the events that tell of them.

import { type Clock, type Logger, silentLogger, systemClock } from "@switchboard/core";
import type { AuditLog, Authenticator, KeptTokens, Principal, SessionLog, TokenStore } from "../auth/index.ts";
import { ServerError } from "../errors.ts";
import type { Events } from "../events/index.ts";
import type { TokenData } from "../files/transfers.ts";
import { toRpcError } from "../rpc/rpc-error.ts";
import { SessionTokens } from "./session-tokens.ts";
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
  /** Brings session tokens over a restart. Default: they end with the server. */
  readonly keptTokens?: KeptTokens | undefined;
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
/** How long somebody who is known waits for the users' store to say so. Milliseconds. */
const patienceMs = 2_000;

/** What a session begins with. */
interface Entrance {
  readonly resource: string | undefined;
  /** {@link SessionTokens.endingsOf} before anything was checked. */
  readonly endings: number;
  /** Of the token that was logged in with. */
  readonly family?: string | undefined;
  /** The datastore does not answer: it is not waited for. */
  readonly isAway?: boolean | undefined;
}

/** Who comes back by a token. */
interface Resumed {
  readonly principal: Principal;
  /** The users' store could not be asked: this is as it was when the token was issued. */
  readonly isAway?: boolean;
}

/** Logs connections in and out. */
export class Logins {
  /** In memory, of all kinds. */
  readonly tokens: TokenStore<TokenData>;
  readonly #sessions: SessionTokens;
  readonly #options: LoginsOptions;
  readonly #logger: Logger;
  readonly #lifetimeMs: () => Promise<number> | number;
  #lastLifetimeMs = 600_000;
  readonly #logins = new WeakSet<LoginTarget>();
  /** All that are logged in. */
  readonly #inside = new Set<LoginTarget>();
  /** Ends of sessions that are being recorded. */
  readonly #ending = new Set<Promise<void>>();

  constructor(options: LoginsOptions) {
    const { clock = systemClock, logger = silentLogger, tokenLifetimeMs = () => 600_000, keptTokens } = options;
    this.#options = options;
    this.#logger = logger;
    this.#lifetimeMs = tokenLifetimeMs;
    this.#sessions = new SessionTokens({ kept: keptTokens, clock });
    this.tokens = this.#sessions.store;
  }

  /** @throws {ServerError} AUTH_REFUSED, AUTH_THROTTLED. */
  async byPassword(
    target: LoginTarget,
    { username, password, checkPassword, resource }: PasswordLogin,
  ): Promise<LoginResult> {
    return this.#once(target, username, async () => {
      const { host, isTrusted } = target.peer;
      const endings = this.#sessions.endingsOf(username);
      const request = { username, password, address: host, isTrusted: isTrusted && checkPassword !== true };
      const principal = await this.#options.authenticator.logIn(request);
      return this.#enter(target, principal, { resource, endings });
    });
  }

  /** @throws {ServerError} AUTH_REFUSED. */
  async byToken(target: LoginTarget, token: string, resource?: string): Promise<LoginResult> {
    return this.#once(target, null, async () => {
      const known = await this.#sessions.find(token);
      if (known === undefined) throw new ServerError("AUTH_REFUSED", "the token is not valid (any more)");
      const { username, data } = known;
      const endings = this.#sessions.endingsOf(username);
      const { principal, isAway } = await this.#resume(data);
      if (this.tokens.find(token, "session") === undefined)
        throw new ServerError("AUTH_REFUSED", "the session was ended");
      const result = await this.#enter(target, principal, { resource, endings, family: data.family, isAway });
      this.#tell("server.client_loggin", target, { resource: resource ?? null, username: result[2] });
      return result;
    });
  }

  /** Logs in by a link from {@link createLink}, which is then used up. @throws {ServerError} AUTH_REFUSED. */
  async byLink(target: LoginTarget, token: string, resource?: string): Promise<LoginResult> {
    return this.#once(target, null, async () => {
      const known = this.tokens.take(token, "link");
      if (known === undefined) throw new ServerError("AUTH_REFUSED", "the link is not valid (any more)");
      const endings = this.#sessions.endingsOf(known.username);
      const { principal, isAway } = await this.#resume(known.data);
      return this.#enter(target, principal, { resource, endings, isAway });
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
    try {
      const known = await this.#sessions.find(token);
      if (known === undefined) return undefined;
      this.tokens.touch(token);
      return (await this.#resume(known.data)).principal;
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
   * Ends the session of a target, if it has one. When `revoke`, its token dies with it, and so do those with which it came to be; else it can be used
   * for another login for as long as it lives.
   */
  async leave(target: LoginTarget, { revoke = false }: { readonly revoke?: boolean } = {}): Promise<void> {
    const { login } = target;
    if (login === undefined) return;
    this.#inside.delete(target);
    target.setLogin(undefined);
    const { principal, token, sessionId } = login;
    if (token !== undefined) {
      if (revoke) void this.#remember(this.#revoke(token));
      else void this.#remember(this.#expire(token));
    }
    if (principal.kind === "service") this.#tell("server.service_logout", target, { name: principal.name });
    else this.#tell("server.client_logout", target, { username: principal.name });
    if (sessionId !== undefined) await this.#remember(this.#recordEnd(sessionId));
  }

  /** Makes the token of a target worthless, and those with which its session came to be; resolves when they cannot come back. */
  async revokeToken({ login }: LoginTarget): Promise<void> {
    if (login?.token !== undefined) await this.#revoke(login.token);
  }

  /**
   * Ends all tokens of a user, whose account was changed, except those of one target: tokens outlive connections, and links and transfers have none
   * yet. Logins that are under way fail. Resolves when no token can come back.
   */
  async revokeTokensOf(username: string, except?: LoginTarget): Promise<void> {
    const login = except?.login;
    // Of another account: its token is not one of these.
    const token = login?.principal.kind === "user" && login.principal.name === username ? login.token : undefined;
    await this.#sessions.revokeOf(username, token);
    if (token === undefined) return;
    try {
      await this.#sessions.renew(token, await this.#options.authenticator.resume(username));
    } catch {
      // The user has locked itself out.
      await this.#sessions.revoke(token);
    }
  }

  /** Resolves when what has ended so far is recorded and cannot come back. */
  async settled(): Promise<void> {
    await Promise.all(this.#ending);
  }

  /** Resolves when the ends of all sessions are recorded. Tokens that were not ended can be used at the next start. */
  async close(): Promise<void> {
    await this.settled();
    await this.#sessions.close();
  }

  async #revoke(token: string): Promise<void> {
    const family = this.#familyOf(token);
    await this.#sessions.revoke(token);
    if (family === undefined) return;
    const tokens = [...this.#inside].flatMap(({ login }) => login?.token ?? []);
    const held = tokens.filter((value) => this.#familyOf(value) === family);
    await this.#sessions.revokeFamily(family, held);
  }

  #familyOf(token: string): string | undefined {
    return this.tokens.find(token, "session")?.data.family;
  }

  async #expire(token: string): Promise<void> {
    this.tokens.expireAfter(token, await this.#lifetime());
  }

  /** As it is set; while that cannot be read, as it was last. */
  async #lifetime(): Promise<number> {
    try {
      this.#lastLifetimeMs = await this.#lifetimeMs();
    } catch (error) {
      this.#logger.warn({ err: error }, "the lifetime of tokens could not be read; it stays as it was");
    }
    return this.#lastLifetimeMs;
  }

  #remember(work: Promise<void>): Promise<void> {
    const ending = work.finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
    return ending;
  }

  async #recordEnd(sessionId: number): Promise<void> {
    try {
      await this.#options.sessionLog?.end(sessionId);
    } catch (error) {
      this.#logger.error({ err: error, sessionId }, "the end of a session could not be recorded");
    }
    void this.#options.events.emit("session.changed", { operation: "update", ids: [sessionId] });
  }

  /**
   * Whoever was locked out, lost roles or has another password since the token was issued must not gain by it. While the users' store is away, those
   * who were in may come back as they were: a change of their account would have ended their tokens.
   */
  async #resume({ principal }: TokenData): Promise<Resumed> {
    if (principal.kind !== "user") return { principal };
    // A token from before a restart has come without roles.
    const isKnown = principal.roles.size > 0;
    try {
      const now = await this.#options.authenticator.resume(principal.name, isKnown ? patienceMs : undefined);
      if (now.passwordVersion === (principal.passwordVersion ?? 0)) return { principal: now };
    } catch (error) {
      if (isKnown && error instanceof ServerError && error.code === "AUTH_UNAVAILABLE") {
        return { principal, isAway: true };
      }
      throw error;
    }
    throw new ServerError("AUTH_REFUSED", "the password was changed");
  }

  async #enter(
    target: LoginTarget,
    principal: Principal,
    { resource, endings, family, isAway = false }: Entrance,
  ): Promise<LoginResult> {
    await this.leave(target);
    const lifetimeMs = target.peer.isLocal ? null : isAway ? this.#lastLifetimeMs : await this.#lifetime();
    const seconds = lifetimeMs === null ? null : lifetimeMs / 1000;
    const onExpire = (value: string): void => {
      if (target.login?.token === value) target.logout(`session was inactive for ${Math.round(seconds ?? 0)} seconds`);
    };
    const token = await this.#sessions.issue({ principal, lifetimeMs, family, isKept: !isAway, onExpire });
    const sessionId = isAway ? undefined : await this.#begin(target, principal.name, resource);
    if (this.#sessions.endingsOf(principal.name) !== endings) {
      await this.#sessions.revoke(token);
      if (sessionId !== undefined) await this.#recordEnd(sessionId);
      throw new ServerError("AUTH_REFUSED", "the account was changed meanwhile");
    }
    this.#set(target, { principal, resource, token, sessionId });
    this.#tell("server.client_login", target, { username: principal.name });
    return [token, seconds, principal.name];
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
    this.#inside.add(target);
    if (!target.isClosed) return;
    // It went away while it logged in: nobody has got this token, and whoever comes back will use the one before.
    if (login.token !== undefined) void this.#remember(this.#sessions.revoke(login.token));
    void this.leave(target);
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
