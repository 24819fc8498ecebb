// Writes frames. Encode an event once and send the same text to all its subscribers.

import type { AuthFrame, Frame } from "./frames.ts";
import { encodeValue } from "./values.ts";

// The constant beginning of each frame, so that only id and args are left to write.
const heads: Readonly<Record<Frame["name"], string>> = {
  auth: head("rpc", "auth"),
  auth_token: head("rpc", "auth_token"),
  auth_service: head("rpc", "auth_service"),
  call: head("rpc", "call"),
  response: head("rpc", "response"),
  error: head("rpc", "error"),
  fragment: head("rpc", "fragment"),
  continue: head("rpc", "continue"),
  end: head("rpc", "end"),
  close: head("rpc", "close"),
  abort: head("rpc", "abort"),
  subscribe: head("events", "subscribe"),
  unsubscribe: head("events", "unsubscribe"),
  event: head("events", "event"),
  event_burst: head("events", "event_burst"),
  logout: head("events", "logout"),
  setup: head("transport", "setup"),
};

/**
 * Writes a frame as JSON text: members in the order `namespace`, `name`, `id`, `args`, values as {@link encodeValue} writes them.
 *
 * @throws {ProtocolError} PROTOCOL_VALUE_INVALID for args nested too deep or referring to themselves.
 */
export function encodeFrame(frame: Frame): string {
  const id = frame.id === null ? "null" : JSON.stringify(frame.id);
  const args = frame.name === "auth" ? encodeAuthArgs(frame) : encodeValue(frame.args);
  return `${heads[frame.name]}${id},"args":${args}}`;
}

// The one place where a password travels as a plain text, because existing servers and clients have it so.
function encodeAuthArgs({ args }: AuthFrame): string {
  return JSON.stringify({ ...args, password: args.password.reveal() });
}

function head(namespace: Frame["namespace"], name: Frame["name"]): string {
  return `{"namespace":"${namespace}","name":"${name}","id":`;
}
