// One call with one result: with a time limit and a way to give it up.

import type { Clock, Timer } from "@switchboard/core";
import { type CallArguments, type ClientFrame, Password } from "@switchboard/protocol";
import type { Calls, Exchange } from "./calls.ts";
import { ClientError } from "./errors.ts";
import { duration, type Login } from "./options.ts";

/** How one call waits. */
export interface CallOptions {
  /** How long to wait for the answer, or for the next piece of a stream; 0: for ever. Default: the client's. */
  readonly timeoutMs?: number;
  /** Gives the call up: the server is told, and the call rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What an exchange needs to be told apart and to wait. */
export interface Waiting extends CallOptions {
  /** For messages: the method, or what else was asked. */
  readonly what: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** The frame of a call. */
export function callFrame(method: string, args: CallArguments): (id: string) => ClientFrame {
  return (id) => ({ namespace: "rpc", name: "call", id, args: { method, args: args ?? [], view: false } });
}

/** The frame of a login. */
export function loginFrame(login: Login, resource: string | undefined): (id: string) => ClientFrame {
  const named = resource === undefined ? {} : { resource };
  if ("service" in login)
    return (id) => ({ namespace: "rpc", name: "auth_service", id, args: { name: login.service } });
  if ("token" in login) {
    return (id) => ({ namespace: "rpc", name: "auth_token", id, args: { token: login.token, ...named } });
  }
  if ("link" in login) return callFrame("auth.login_once", [login.link, resource ?? null]);
  const { username, password = "", checkPassword = false } = login;
  const secret = password instanceof Password ? password : new Password(password);
  const args = { username, password: secret, check_password: checkPassword, ...named };
  return (id) => ({ namespace: "rpc", name: "auth", id, args });
}

/**
 * Starts an exchange and resolves with its one result. A result that comes in pieces is collected.
 *
 * @throws {RpcError} what the server answered. @throws {ClientError} CLIENT_TIMEOUT, CLIENT_CONNECTION_LOST. The signal's reason.
 */
export function exchangeOnce(calls: Calls, frameOf: (id: string) => ClientFrame, waiting: Waiting): Promise<unknown> {
  if (waiting.signal?.aborted) return Promise.reject(waiting.signal.reason);
  return new Promise((resolve, reject) => {
    new SingleExchange(calls, resolve, reject).begin(frameOf, waiting);
  });
}

// Classes and not closures, because there is one of each for every call.
class SingleExchange implements Exchange, GivesUp {
  readonly #calls: Calls;
  readonly #resolve: (result: unknown) => void;
  readonly #reject: (error: unknown) => void;
  #watch: Watch | undefined;
  #id = "";
  #collected: unknown[] | undefined;
  #wanted = 1;

  constructor(calls: Calls, resolve: (result: unknown) => void, reject: (error: unknown) => void) {
    this.#calls = calls;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(frameOf: (id: string) => ClientFrame, waiting: Waiting): void {
    try {
      this.#watch = new Watch(waiting, this);
      this.#id = this.#calls.start(frameOf, this);
    } catch (error) {
      this.onFailure(error);
    }
  }

  onResponse(result: unknown): void {
    this.#watch?.end();
    this.#resolve(result);
  }

  onFragment(seqno: number, items: readonly unknown[]): void {
    if (seqno !== this.#wanted) return;
    this.#collected ??= [];
    for (const item of items) this.#collected.push(item);
    this.#calls.want(this.#id, ++this.#wanted);
  }

  onEnd(): void {
    this.onResponse(this.#collected ?? []);
  }

  onFailure(error: unknown): void {
    this.#watch?.end();
    this.#reject(error);
  }

  giveUp(reason: unknown): void {
    this.#calls.abort(this.#id);
    this.#reject(reason);
  }
}

/** Somebody whose time can be up. */
export interface GivesUp {
  /** Called once, with the signal's reason or CLIENT_TIMEOUT. */
  giveUp(reason: unknown): void;
}

/** A time limit and a signal at work. The time begins at once. */
export class Watch {
  readonly #waiting: Waiting;
  readonly #waiter: GivesUp;
  readonly #onAbort: (() => void) | undefined;
  #timer: Timer | undefined;

  /** @throws {ClientError} CLIENT_OPTION_INVALID for a time that timers cannot wait. */
  constructor(waiting: Waiting, waiter: GivesUp) {
    const { timeoutMs, signal } = waiting;
    duration("timeoutMs", timeoutMs);
    this.#waiting = waiting;
    this.#waiter = waiter;
    this.#onAbort = signal && (() => this.#giveUp(signal.reason));
    if (this.#onAbort !== undefined) signal?.addEventListener("abort", this.#onAbort);
    this.restart();
  }

  /** The time limit begins anew. */
  restart(): void {
    this.pause();
    const { clock, timeoutMs } = this.#waiting;
    if (timeoutMs > 0) this.#timer = clock.setTimer(() => this.#timeOut(), timeoutMs);
  }

  /** No limit until {@link Watch.restart}, because nobody waits; the signal stays. */
  pause(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Both are over. */
  end(): void {
    this.pause();
    if (this.#onAbort !== undefined) this.#waiting.signal?.removeEventListener("abort", this.#onAbort);
  }

  #timeOut(): void {
    const { what, timeoutMs } = this.#waiting;
    const message = `${what}: no answer within ${timeoutMs} ms`;
    this.#giveUp(new ClientError("CLIENT_TIMEOUT", message, { details: { timeoutMs } }));
  }

  #giveUp(reason: unknown): void {
    this.end();
    this.#waiter.giveUp(reason);
  }
}
