// One call with one result: with a time limit and a way to give it up.

import type { Clock } from "@switchboard/core";
import { type CallArguments, type ClientFrame, Password } from "@switchboard/protocol";
import type { Calls } from "./calls.ts";
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
  const { signal } = waiting;
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const collected: unknown[] = [];
    let wanted = 1;
    const stop = watch(waiting, (reason) => {
      calls.abort(id);
      reject(reason);
    });
    const settle =
      <Value>(report: (value: Value) => void) =>
      (value: Value): void => {
        stop.end();
        report(value);
      };
    const finish = settle(resolve);
    const exchange = {
      onResponse: finish,
      onFragment: (seqno: number, items: readonly unknown[]) => {
        if (seqno !== wanted) return;
        for (const item of items) collected.push(item);
        calls.want(id, ++wanted);
      },
      onEnd: () => finish(collected),
      onFailure: settle(reject),
    };
    let id = "";
    try {
      id = calls.start(frameOf, exchange);
    } catch (error) {
      exchange.onFailure(error);
    }
  });
}

/** A time limit and a signal at work. */
export interface Watch {
  /** The time limit begins anew. */
  restart(): void;
  /** No limit until {@link Watch.restart}, because nobody waits; the signal stays. */
  pause(): void;
  /** Both are over. */
  end(): void;
}

/** Calls `giveUp` with the reason when time is up or the signal fires. The time begins now. */
export function watch({ what, clock, timeoutMs, signal }: Waiting, giveUp: (reason: unknown) => void): Watch {
  duration("timeoutMs", timeoutMs);
  const end = (): void => {
    pause();
    signal?.removeEventListener("abort", onAbort);
  };
  const onAbort = (): void => {
    end();
    giveUp(signal?.reason);
  };
  const onTimeout = (): void => {
    end();
    giveUp(new ClientError("CLIENT_TIMEOUT", `${what}: no answer within ${timeoutMs} ms`, { details: { timeoutMs } }));
  };
  let timer = timeoutMs === 0 ? undefined : clock.setTimer(onTimeout, timeoutMs);
  const pause = (): void => {
    timer?.cancel();
    timer = undefined;
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  return {
    end,
    pause,
    restart: () => {
      pause();
      if (timeoutMs > 0) timer = clock.setTimer(onTimeout, timeoutMs);
    },
  };
}
