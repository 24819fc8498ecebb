// Reads frames and checks them. Whatever comes in, the result is a frame of the declared shape or a ProtocolError that says what was
// expected and which id to answer under. The frames themselves are described in frames.ts.

import { ProtocolError, type ErrorArgs, type TraceLine } from "./errors.ts";
import type { CallArguments, ClientFrame, Frame, FrameId, ServerEvent, ServerFrame } from "./frames.ts";
import { kindOf, parseJson, Password, reviveParsed } from "./values.ts";

type ArgsReader = (args: unknown) => unknown;

interface FrameKind {
  readonly namespace: Frame["namespace"];
  readonly from: "client" | "server" | "both";
  readonly read: ArgsReader;
}

// The closed table: anything else is an unknown frame. A Map, because names come from outside.
const kinds: ReadonlyMap<unknown, FrameKind> = new Map<Frame["name"], FrameKind>([
  ["auth", { namespace: "rpc", from: "client", read: readAuth }],
  ["auth_token", { namespace: "rpc", from: "client", read: readAuthToken }],
  ["auth_service", { namespace: "rpc", from: "client", read: readAuthService }],
  ["call", { namespace: "rpc", from: "both", read: readCall }],
  ["response", { namespace: "rpc", from: "both", read: (args) => args }],
  ["error", { namespace: "rpc", from: "both", read: readError }],
  ["fragment", { namespace: "rpc", from: "both", read: readFragment }],
  ["continue", { namespace: "rpc", from: "both", read: readSeqno }],
  ["end", { namespace: "rpc", from: "both", read: readSeqno }],
  ["close", { namespace: "rpc", from: "both", read: () => null }],
  ["abort", { namespace: "rpc", from: "both", read: () => null }],
  ["subscribe", { namespace: "events", from: "client", read: readMasks }],
  ["unsubscribe", { namespace: "events", from: "client", read: readMasks }],
  ["event", { namespace: "events", from: "both", read: (args) => readEvent(args, "args") }],
  ["event_burst", { namespace: "events", from: "both", read: readBurst }],
  ["logout", { namespace: "events", from: "server", read: readLogout }],
  ["setup", { namespace: "transport", from: "client", read: readSetup }],
]);

/**
 * Reads a frame that a client sent.
 *
 * Missing `id` and `args` count as null; unknown members are dropped. Masks that are not texts are dropped, because a subscription is
 * never answered. Event `args` that are not an object become `{value: …}`.
 *
 * @throws {ProtocolError} PROTOCOL_FRAME_INVALID, PROTOCOL_VALUE_INVALID, PROTOCOL_DESCRIPTOR_REFUSED; answer with its `errno` and `frameId`.
 */
export function decodeClientFrame(text: string): ClientFrame {
  return decode(text, "client") as ClientFrame;
}

/**
 * Reads a frame that a server sent. See {@link decodeClientFrame}.
 *
 * @throws {ProtocolError} PROTOCOL_FRAME_INVALID, PROTOCOL_VALUE_INVALID, PROTOCOL_DESCRIPTOR_REFUSED.
 */
export function decodeServerFrame(text: string): ServerFrame {
  return decode(text, "server") as ServerFrame;
}

function decode(text: string, sender: "client" | "server"): Frame {
  const { namespace, name, id: givenId, args = null } = object(parseJson(text), "a frame");
  const kind = kinds.get(name);
  if (kind === undefined || kind.namespace !== namespace || (kind.from !== sender && kind.from !== "both")) {
    throw refuse(`unknown frame ${quote(namespace)}/${quote(name)}`);
  }
  const id = readId(givenId);
  try {
    return { namespace, name, id, args: kind.read(reviveParsed(args, text)) } as Frame;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw error.inFrame(`${kind.namespace}/${String(name)}`, id);
  }
}

function readId(id: unknown): FrameId {
  if (typeof id === "string") return id;
  if (id === null || id === undefined) return null;
  throw refuse(`id: expected a text or null, got ${kindOf(id)}`);
}

function readAuth(args: unknown): unknown {
  const { username, password, check_password, resource } = object(args, "args");
  if (password !== null && password !== undefined && !(password instanceof Password)) string(password, "args.password");
  return {
    username: string(username, "args.username"),
    password: password instanceof Password ? password : new Password((password ?? "") as string),
    ...(typeof check_password === "boolean" ? { check_password } : undefined),
    ...readResource(resource),
  };
}

function readAuthToken(args: unknown): unknown {
  const { token, resource } = object(args, "args");
  return { token: string(token, "args.token"), ...readResource(resource) };
}

// Informative only, so whatever is not a text counts as not given.
function readResource(resource: unknown): { resource: string } | undefined {
  return typeof resource === "string" ? { resource } : undefined;
}

function readAuthService(args: unknown): unknown {
  return { name: string(object(args, "args").name, "args.name") };
}

function readCall(args: unknown): unknown {
  const call = object(args, "args");
  const method = string(call.method, "args.method");
  const given = call.args;
  if (typeof given !== "object") throw refuse(`args.args: expected an array, an object or null, got ${kindOf(given)}`);
  const callArgs = given as CallArguments;
  return typeof call.view === "boolean" ? { method, args: callArgs, view: call.view } : { method, args: callArgs };
}

function readError(args: unknown): ErrorArgs {
  const { code, message, extra, stacktrace } = object(args, "args");
  return {
    code: integer(code, "args.code"),
    message: string(message, "args.message"),
    ...(extra === undefined ? undefined : { extra }),
    ...(Array.isArray(stacktrace) ? { stacktrace: stacktrace as TraceLine[] } : undefined),
  };
}

function readFragment(args: unknown): unknown {
  const { seqno, fragment } = object(args, "args");
  return { seqno: integer(seqno, "args.seqno"), fragment: array(fragment, "args.fragment") };
}

function readSeqno(args: unknown): number {
  return integer(args, "args");
}

function readMasks(args: unknown): string[] {
  return Array.isArray(args) ? args.filter((mask) => typeof mask === "string") : [];
}

function readBurst(args: unknown): unknown {
  const { events } = object(args, "args");
  return { events: array(events, "args.events").map((event, index) => readEvent(event, `args.events[${index}]`)) };
}

function readEvent(value: unknown, where: string): ServerEvent {
  const { name, args } = object(value, where);
  return { name: string(name, `${where}.name`), args: isObject(args) ? args : { value: args ?? null } };
}

function readLogout(args: unknown): unknown {
  const { reason, token_valid } = object(args, "args");
  return { reason: string(reason, "args.reason"), ...(token_valid === true ? { token_valid } : undefined) };
}

function readSetup(args: unknown): unknown {
  const [address, port] = array(args, "args");
  return [string(address, "args[0]"), integer(port, "args[1]")];
}

function object(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw refuse(`${where}: expected an object, got ${kindOf(value)}`);
}

// Extended values are objects of a class; what counts as an object on the wire comes straight from JSON.
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function array(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw refuse(`${where}: expected an array, got ${kindOf(value)}`);
}

function string(value: unknown, where: string): string {
  if (typeof value === "string") return value;
  throw refuse(`${where}: expected a text, got ${kindOf(value)}`);
}

function integer(value: unknown, where: string): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw refuse(`${where}: expected an integer, got ${typeof value === "number" ? String(value) : kindOf(value)}`);
}

function quote(name: unknown): string {
  return typeof name === "string" ? JSON.stringify(name.slice(0, 64)) : kindOf(name);
}

function refuse(message: string): ProtocolError {
  return new ProtocolError("PROTOCOL_FRAME_INVALID", message);
}
