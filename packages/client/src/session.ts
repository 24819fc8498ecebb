// Keeps a client connected and logged in: opens the connection, logs in, restores what was there, watches the connection, comes back when it is lost.
// client.ts is the face; connection.ts one connection.

import type { Timer } from "@switchboard/core";
import { type ClientFrame, errno, RpcError } from "@switchboard/protocol";
import { Backoff } from "./backoff.ts";
import { callFrame, exchangeOnce, loginFrame } from "./call.ts";
import type { Calls } from "./calls.ts";
import { Connection } from "./connection.ts";
import { ClientError } from "./errors.ts";
import type { Login, ResolvedClientOptions } from "./options.ts";
import type { ServiceRunner } from "./service.ts";
import { Subscriptions } from "./subscriptions.ts";

/**
 * What a client is doing: `connecting` for the first time; `ready`, connected and logged in; `reconnecting` after the connection was lost;
 * `closed` for good.
 */
export type ClientState = "connecting" | "ready" | "reconnecting" | "closed";

/** Takes a change of state: the new one, and what led to it if something went wrong. */
export type StateListener = (state: ClientState, error?: unknown) => void;

/** An attempt to connect again that is still to come. */
export interface NextAttempt {
  /** 1 for the first one since the connection was lost. */
  readonly number: number;
  /** When it comes, in milliseconds of the client's clock. */
  readonly at: number;
}

/** Who is logged in. */
export interface Credentials {
  /** Undefined for a service. */
  readonly token: string | undefined;
  /** How long the token lives while nobody uses it; undefined: for ever. */
  readonly lifetimeMs: number | undefined;
  readonly username: string | undefined;
}

/** The session of one client. */
export class Session {
  readonly options: ResolvedClientOptions;
  readonly subscriptions: Subscriptions;
  readonly services: Map<string, ServiceRunner> = new Map();
  readonly #listeners = new Set<StateListener>();
  readonly #ending = new AbortController();
  #login: Login | undefined;
  #credentials: Credentials | undefined;
  #state: ClientState = "connecting";
  #connection: Connection | undefined;
  #heartbeat: Timer | undefined;
  #readySince = 0;
  #backoff: Backoff | undefined;
  #nextAttempt: NextAttempt | undefined;
  #endPause: (() => void) | undefined;
  #endedBy: unknown;

  constructor(options: ResolvedClientOptions) {
    this.options = options;
    this.#login = options.login;
    this.subscriptions = new Subscriptions({
      subscribe: (args) => this.#tell({ namespace: "events", name: "subscribe", id: null, args }),
      unsubscribe: (args) => this.#tell({ namespace: "events", name: "unsubscribe", id: null, args }),
    });
  }

  get state(): ClientState {
    return this.#state;
  }

  get credentials(): Credentials | undefined {
    return this.#credentials;
  }

  get nextAttempt(): NextAttempt | undefined {
    return this.#nextAttempt;
  }

  /** Ends the pause before the next attempt to connect again, if there is one. */
  tryNow(): void {
    this.#endPause?.();
  }

  /** What ended the session; undefined as long as it is not closed. */
  get endedBy(): unknown {
    return this.#endedBy;
  }

  /** The same, but undefined also when it was ended on purpose on this side: what loops over events are told. */
  get closedFor(): unknown {
    const error = this.#endedBy;
    return error instanceof ClientError && error.code === "CLIENT_CLOSED" ? undefined : error;
  }

  /** The open exchanges. @throws {ClientError} CLIENT_CONNECTION_LOST, or what ended the session. */
  calls(): Calls {
    return this.#ready().calls;
  }

  /** Sends a frame that is not answered. @throws as {@link Session.calls}. */
  send(frame: ClientFrame): void {
    this.#ready().send(frame);
  }

  onStateChange(listener: StateListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Connects for the first time. A failure ends the session. */
  async start(): Promise<void> {
    try {
      await this.#establish();
    } catch (error) {
      this.end(error);
      throw error;
    }
  }

  /** Logs in on the open connection, and from now on whenever it is opened again. */
  async logIn(login: Login): Promise<void> {
    const calls = this.calls();
    await this.#authenticate(calls, login);
    this.#login = login;
    await this.#restore(calls);
    this.#beat();
  }

  /** Ends it for good: `error` is what everything that waits is told, or throws from now on. Does nothing the second time. */
  end(error: unknown): void {
    if (this.#state === "closed") return;
    this.#endedBy = error;
    this.#heartbeat?.cancel();
    this.#connection?.close(error);
    this.#connection = undefined;
    this.#ending.abort(error);
    this.#become("closed", error);
    this.subscriptions.close(this.closedFor);
  }

  /** Offers a service on the open connection, and from now on whenever it is opened again. */
  async offer(name: string, runner: ServiceRunner): Promise<void> {
    const calls = this.calls();
    this.services.set(name, runner);
    try {
      await this.#offerTo(calls, name);
    } catch (error) {
      this.services.delete(name);
      throw error;
    }
  }

  #ready(): Connection {
    if (this.#state === "ready" && this.#connection !== undefined) return this.#connection;
    if (this.#state === "closed") throw this.#endedBy;
    throw new ClientError("CLIENT_CONNECTION_LOST", `there is no connection to ${this.options.url} at the moment`);
  }

  async #establish(): Promise<void> {
    const connection = await Connection.open(
      this.options,
      {
        onEvent: (event) => this.subscriptions.dispatch(event),
        onLogout: (reason, isTokenValid) => this.#loggedOut(reason, isTokenValid),
        onClose: (error) => this.#lost(error),
        run: (method, args, signal) => this.#run(method, args, signal),
      },
      this.#ending.signal,
    );
    this.#connection = connection;
    try {
      if (this.#login !== undefined) await this.#logInAgain(connection.calls, this.#login);
      await this.#restore(connection.calls);
      // It may have been lost, or given up, since the last answer.
      if (connection.closedBy !== undefined) throw connection.closedBy;
      this.#ending.signal.throwIfAborted();
    } catch (error) {
      connection.close(error);
      throw error;
    }
    this.#readySince = this.options.clock.now();
    this.#become("ready");
    this.#beat();
  }

  // A token saves the server a password check, and is all there is to a client that was given no password.
  async #logInAgain(calls: Calls, login: Login): Promise<void> {
    const token = this.#credentials?.token;
    if (token !== undefined) {
      try {
        await this.#authenticate(calls, { token });
        return;
      } catch (error) {
        // It may have expired meanwhile, or been ended; then the first login is tried again.
        if (!(error instanceof ClientError) || error.code !== "CLIENT_LOGIN_REFUSED" || isUsedUp(login)) throw error;
      }
    }
    await this.#authenticate(calls, login);
  }

  async #authenticate(calls: Calls, login: Login): Promise<void> {
    try {
      const frameOf = loginFrame(login, this.options.resource);
      const answer = await this.#ask(calls, frameOf, "logging in");
      const [token, lifetime, username] = Array.isArray(answer) ? (answer as unknown[]) : [];
      this.#credentials = {
        token: typeof token === "string" ? token : undefined,
        lifetimeMs: typeof lifetime === "number" ? lifetime * 1000 : undefined,
        username: typeof username === "string" ? username : "service" in login ? login.service : undefined,
      };
    } catch (cause) {
      if (!(cause instanceof RpcError) || cause.retryable) throw cause;
      throw new ClientError("CLIENT_LOGIN_REFUSED", `the server refused the login: ${cause.message}`, { cause });
    }
  }

  async #restore(calls: Calls): Promise<void> {
    if (this.#credentials === undefined) return;
    const { features, onError } = this.options;
    if (features.length > 0) await this.#enable(calls, features);
    const masks = this.subscriptions.masks();
    if (masks.length > 0) this.#connection?.send({ namespace: "events", name: "subscribe", id: null, args: masks });
    for (const name of this.services.keys()) {
      try {
        await this.#offerTo(calls, name);
      } catch (error) {
        // Somebody else has it now, say; the rest of the session is worth having.
        if (!(error instanceof RpcError)) throw error;
        onError(error);
      }
    }
  }

  /** A server that lacks what was not asked for by name is as good without. */
  async #enable(calls: Calls, features: readonly string[]): Promise<void> {
    const method = "management.enable_features";
    try {
      await this.#ask(calls, callFrame(method, [features]), method);
    } catch (cause) {
      const isLacking = cause instanceof RpcError && (cause.errno === errno.ENOENT || cause.errno === errno.EINVAL);
      if (!isLacking) throw cause;
      if (!this.options.needsFeatures) return;
      const message = `features: expected some that the server has, got ${features.join(", ")}: ${cause.message}`;
      throw new ClientError("CLIENT_OPTION_INVALID", message, { cause });
    }
  }

  async #offerTo(calls: Calls, name: string): Promise<void> {
    for (const method of ["plugin.register_service", "plugin.resume_service"]) {
      await this.#ask(calls, callFrame(method, [name]), method);
    }
  }

  #ask(calls: Calls, frameOf: ReturnType<typeof callFrame>, what: string): Promise<unknown> {
    const { clock, connectTimeoutMs } = this.options;
    return exchangeOnce(calls, frameOf, { what, clock, timeoutMs: connectTimeoutMs, signal: this.#ending.signal });
  }

  #run(method: string, args: unknown, signal: AbortSignal): unknown {
    const dot = method.lastIndexOf(".");
    const service = this.services.get(method.slice(0, Math.max(dot, 0)));
    if (service === undefined)
      throw new RpcError(errno.ENOENT, `no service for ${JSON.stringify(method)} is offered here`);
    return service.run(method.slice(dot + 1), args, signal);
  }

  /** Frames about subscriptions mean something only after login; {@link #restore} sends what was wanted before. */
  #tell(frame: ClientFrame): void {
    if (this.#state === "ready" && this.#credentials !== undefined) this.#connection?.send(frame);
  }

  // Whoever can log in by more than a dead token comes back.
  #loggedOut(reason: string, isTokenValid: boolean): void {
    const message = `the server ended the session: ${reason}`;
    if (isTokenValid) {
      this.#connection?.drop(new ClientError("CLIENT_CONNECTION_LOST", message, { details: { isPlanned: false } }));
      return;
    }
    const error = new ClientError("CLIENT_LOGGED_OUT", message, { details: { reason } });
    if (this.#login === undefined || isUsedUp(this.#login)) this.end(error);
    else if (this.#credentials !== undefined) {
      this.#credentials = { ...this.#credentials, token: undefined };
      this.#connection?.drop(error);
    }
  }

  #lost(error: unknown): void {
    this.#heartbeat?.cancel();
    // While it is being established, whoever establishes it sees to that.
    if (this.#state !== "ready") return;
    this.#connection = undefined;
    const { reconnect, random } = this.options;
    if (reconnect === false) this.end(error);
    else void this.#comeBack((this.#backoff ??= new Backoff(reconnect, random)), error);
  }

  async #comeBack(backoff: Backoff, cause: unknown): Promise<void> {
    backoff.ended(this.options.clock.now() - this.#readySince);
    this.#become("reconnecting", cause);
    this.subscriptions.gap();
    for (let number = 1; this.#state === "reconnecting"; number++) {
      const delayMs = backoff.nextMs();
      this.#nextAttempt = { number, at: this.options.clock.now() + delayMs };
      await this.#pause(delayMs);
      this.#nextAttempt = undefined;
      if (this.#ending.signal.aborted) return;
      try {
        await this.#establish();
      } catch (error) {
        if (!isRetryable(error)) this.end(error);
      }
    }
  }

  #pause(delayMs: number): Promise<void> {
    const { signal } = this.#ending;
    return new Promise((resolve) => {
      const over = (): void => {
        timer.cancel();
        this.#endPause = undefined;
        signal.removeEventListener("abort", over);
        resolve();
      };
      const timer = this.options.clock.setTimer(over, delayMs);
      signal.addEventListener("abort", over);
      this.#endPause = over;
    });
  }

  #beat(): void {
    const { heartbeatMs, clock, url } = this.options;
    this.#heartbeat?.cancel();
    const connection = this.#connection;
    if (heartbeatMs === 0 || connection === undefined) return;
    const everyMs = Math.min(heartbeatMs, (this.#credentials?.lifetimeMs ?? Infinity) / 3);
    const ping = (): void => {
      const before = connection.received;
      // Whatever is answered, even a refusal, shows that the server is there; and the call keeps the token alive.
      exchangeOnce(connection.calls, callFrame("management.ping", []), {
        what: "management.ping",
        clock,
        timeoutMs: 0,
      }).catch(() => undefined);
      this.#heartbeat = clock.setTimer(() => {
        if (connection.received > before) ping();
        else {
          const message = `lost the connection to ${url}: nothing came within ${everyMs} ms after a ping`;
          connection.drop(new ClientError("CLIENT_CONNECTION_LOST", message));
        }
      }, everyMs);
    };
    this.#heartbeat = clock.setTimer(ping, everyMs);
  }

  #become(state: ClientState, error?: unknown): void {
    this.#state = state;
    for (const listener of this.#listeners) {
      try {
        listener(state, error);
      } catch (thrown) {
        this.options.onError(thrown);
      }
    }
  }
}

function isRetryable(error: unknown): boolean {
  return typeof error === "object" && error !== null && "retryable" in error && error.retryable === true;
}

/** True when nothing is left to log in with once the token is dead. */
function isUsedUp(login: Login): boolean {
  return "token" in login || "link" in login;
}
