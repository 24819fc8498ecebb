// The frames of the control protocol: every message, both ways, is `{namespace, name, id, args}`.
// Types only; decode.ts reads frames, encode.ts writes them. docs/protocol.md describes them with a sample each.

import type { ErrorArgs } from "./errors.ts";
import type { Password } from "./values.ts";

/** Chosen by whoever starts an exchange, any text, echoed unchanged in every reply to it. Null where no reply is expected. */
export type FrameId = string | null;

interface Envelope<Namespace extends string, Name extends string, Args> {
  readonly namespace: Namespace;
  readonly name: Name;
  readonly id: FrameId;
  readonly args: Args;
}

/** Positional arguments, arguments by parameter name, or null for none. */
export type CallArguments = readonly unknown[] | Readonly<Record<string, unknown>> | null;

/** `rpc/auth`: a user logs in. Answered by `response` with `[token, lifetime in seconds or null, username]`, or by `error`. */
export type AuthFrame = Envelope<
  "rpc",
  "auth",
  {
    readonly username: string;
    /** A plain text on the wire; wrapped here so that it is never printed by accident. */
    readonly password: Password;
    /** True: ask for the password even where the peer is trusted without one. */
    readonly check_password?: boolean;
    /** Free text naming the client program. */
    readonly resource?: string;
  }
>;

/** `rpc/auth_token`: logs in with a token from an earlier login. Answered like {@link AuthFrame}, with a new token. */
export type AuthTokenFrame = Envelope<"rpc", "auth_token", { readonly token: string; readonly resource?: string }>;

/** `rpc/auth_service`: a local daemon logs in under its name. Answered by `response` with `[]`, or by `error`. */
export type AuthServiceFrame = Envelope<"rpc", "auth_service", { readonly name: string }>;

/** `rpc/call`: calls `service.method`. Answered by `response`, `error` or a stream of fragments. */
export type CallFrame = Envelope<
  "rpc",
  "call",
  {
    readonly method: string;
    readonly args: CallArguments;
    /** True: keep a streamed result open after its end, so that chunks may be asked for again. */
    readonly view?: boolean;
  }
>;

/** `rpc/response`: the result of a call. */
export type ResponseFrame = Envelope<"rpc", "response", unknown>;

/** `rpc/error`: a call, a stream or a frame failed. The id is null when the frame at fault could not be told. */
export type ErrorFrame = Envelope<"rpc", "error", ErrorArgs>;

/** `rpc/fragment`: chunk number `seqno` (from 1) of a streamed result. */
export type FragmentFrame = Envelope<
  "rpc",
  "fragment",
  { readonly seqno: number; readonly fragment: readonly unknown[] }
>;

/** `rpc/continue`: asks for the chunk of that number. */
export type ContinueFrame = Envelope<"rpc", "continue", number>;

/** `rpc/end`: the chunk asked for, whose number this is, does not exist. */
export type EndFrame = Envelope<"rpc", "end", number>;

/** `rpc/close`: the stream is over, and its id free. */
export type CloseFrame = Envelope<"rpc", "close", null>;

/** `rpc/abort`: asks to stop a stream or call. Answered by `close` or `error`. */
export type AbortFrame = Envelope<"rpc", "abort", null>;

/** `events/subscribe`: adds event masks to the connection's set. Never answered. */
export type SubscribeFrame = Envelope<"events", "subscribe", readonly string[]>;

/** `events/unsubscribe`: removes exactly these masks. Never answered. */
export type UnsubscribeFrame = Envelope<"events", "unsubscribe", readonly string[]>;

/** One event: its name and an object saying what happened. */
export interface ServerEvent {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** `events/event`: an event happened, or (from a client) shall be emitted. */
export type EventFrame = Envelope<"events", "event", ServerEvent>;

/** `events/event_burst`: several events in order. A server sends it only to a connection that asked for bursts. */
export type EventBurstFrame = Envelope<"events", "event_burst", { readonly events: readonly ServerEvent[] }>;

/** `events/logout`: the server ends the session and closes the connection. With `token_valid`, its token is good for another one. */
export type LogoutFrame = Envelope<"events", "logout", { readonly reason: string; readonly token_valid?: true }>;

/** `transport/setup`: a relay announces the address it speaks for. */
export type SetupFrame = Envelope<"transport", "setup", readonly [address: string, port: number]>;

/** A frame that either side may send. */
export type SharedFrame =
  | CallFrame
  | ResponseFrame
  | ErrorFrame
  | FragmentFrame
  | ContinueFrame
  | EndFrame
  | CloseFrame
  | AbortFrame
  | EventFrame
  | EventBurstFrame;

/** A frame that a client may send. */
export type ClientFrame =
  SharedFrame | AuthFrame | AuthTokenFrame | AuthServiceFrame | SubscribeFrame | UnsubscribeFrame | SetupFrame;

/** A frame that a server may send. */
export type ServerFrame = SharedFrame | LogoutFrame;

/** Any frame. */
export type Frame = ClientFrame | ServerFrame;
