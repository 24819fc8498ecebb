// How a client is configured, as given and as resolved.

import { type Clock, systemClock } from "@switchboard/core";
import type { Password } from "@switchboard/protocol";
import { ClientError } from "./errors.ts";
import type { OpenSocket } from "./socket.ts";
import { openWebSocket } from "./web-socket.ts";

/** Who logs in: a user, the holder of a token from an earlier login or of a link, or a local daemon. */
export type Login =
  | {
      readonly username: string;
      /** Default: none, for a Unix socket that trusts whoever can open it. */
      readonly password?: string | Password;
      /** True: the server checks the password even where it would trust the peer. Default false. */
      readonly checkPassword?: boolean;
    }
  | { readonly token: string }
  /** Of a link that a gateway printed; it works once. */
  | { readonly link: string }
  | { readonly service: string };

/** Pauses between attempts to connect again: they double from the least to the most, each shortened at random by up to half. */
export interface ReconnectOptions {
  /** Default 500. */
  readonly minDelayMs?: number;
  /** Default 30_000. */
  readonly maxDelayMs?: number;
}

/** How a client connects, logs in and waits. */
export interface ClientOptions {
  /** `ws:` or `wss:`; with `@switchboard/client/node` also `unix:/path`. Without a path it is `/dispatcher/socket`. Default `ws://127.0.0.1:5000`. */
  readonly url?: string;
  /** Default: nobody; only methods that are open to all can be called until {@link Client.login}. */
  readonly login?: Login;
  /** Names this program in the server's list of sessions. */
  readonly resource?: string;
  /**
   * Features of the connection that are switched on after login; a server that lacks one ends the client with CLIENT_OPTION_INVALID. Default
   * `["streaming_responses"]` where the server has that.
   */
  readonly features?: readonly string[];
  /** How long a call waits for its answer, and a stream for its next piece; 0: for ever. Default 60_000. */
  readonly timeoutMs?: number;
  /** How long one attempt to connect and log in may take. Default 10_000. */
  readonly connectTimeoutMs?: number;
  /**
   * How often the server is pinged. A ping that nothing has answered when the next one is due means that the connection is lost. Pings also keep the
   * login's token alive, so they come at least three times in its lifetime. 0: never. Default 20_000.
   */
  readonly heartbeatMs?: number;
  /** False: a lost connection closes the client. Default: connect again, for ever. */
  readonly reconnect?: ReconnectOptions | false;
  /** Opens sockets. Default: the host's WebSocket. */
  readonly openSocket?: OpenSocket;
  /** What handlers of events and state changes throw, and what cannot be told to anybody else. Default: `console.error`. */
  readonly onError?: (error: unknown) => void;
  /** Default: the host's clock. */
  readonly clock?: Clock;
  /** A number from 0 to below 1, for pauses. Default `Math.random`. */
  readonly random?: () => number;
}

/** The same with nothing left open. */
export interface ResolvedClientOptions extends Required<Omit<ClientOptions, "login" | "resource" | "reconnect">> {
  readonly login: Login | undefined;
  readonly resource: string | undefined;
  /** Whether the features were asked for by name. */
  readonly needsFeatures: boolean;
  readonly reconnect: Required<ReconnectOptions> | false;
}

const maxDelayMs = 2_147_483_647;

/** Fills in defaults and checks what was given. */
export function resolveOptions(given: ClientOptions): ResolvedClientOptions {
  const { reconnect = {} } = given;
  return {
    url: given.url ?? "ws://127.0.0.1:5000",
    login: given.login,
    resource: given.resource,
    features: given.features ?? ["streaming_responses"],
    needsFeatures: given.features !== undefined,
    timeoutMs: duration("timeoutMs", given.timeoutMs ?? 60_000),
    connectTimeoutMs: duration("connectTimeoutMs", given.connectTimeoutMs ?? 10_000),
    heartbeatMs: duration("heartbeatMs", given.heartbeatMs ?? 20_000),
    reconnect: reconnect !== false && {
      minDelayMs: duration("reconnect.minDelayMs", reconnect.minDelayMs ?? 500),
      maxDelayMs: duration("reconnect.maxDelayMs", reconnect.maxDelayMs ?? 30_000),
    },
    openSocket: given.openSocket ?? openWebSocket,
    // oxlint-disable-next-line no-console -- the one place where an error that nobody takes can be seen
    onError: given.onError ?? ((error) => console.error(error)),
    clock: given.clock ?? systemClock,
    random: given.random ?? Math.random,
  };
}

/** Checks a duration: 0 to 2_147_483_647 ms, what timers can wait. */
export function duration(name: string, value: number): number {
  if (value >= 0 && value <= maxDelayMs) return value;
  throw new ClientError("CLIENT_OPTION_INVALID", `${name}: expected 0 to ${maxDelayMs} milliseconds, got ${value}`);
}
