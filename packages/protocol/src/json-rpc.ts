// The JSON-RPC 2.0 dialect that the server offers beside its own frames: one request per message, no batches, requests without `id` are
// notifications. Error numbers are those of the specification plus two of the dispatcher's successor; extended values work as in frames.

import { errno, errnoName } from "./errno.ts";
import { type ErrorArgs, ProtocolError, type ValidationEntry } from "./errors.ts";
import { encodeValue, kindOf, parseJson, reviveParsed } from "./values.ts";

/** WebSocket subprotocol under which a client asks for this dialect. */
export const jsonRpcSubprotocol = "jsonrpc-2.0";

/** Error numbers of this dialect. JSON-RPC 2.0 §5.1; the last two belong to the server. */
export const jsonRpcCode = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  tooManyCalls: -32000,
  callFailed: -32001,
} as const;

/** Id of a request, echoed in its response. */
export type JsonRpcId = string | number | null;

/** A call, or (without `id`) a notification, which is never answered. */
export interface JsonRpcRequest {
  readonly jsonrpc: "2.0";
  readonly id?: JsonRpcId;
  readonly method: string;
  /** By position or by name; null when left out. */
  readonly params: readonly unknown[] | Readonly<Record<string, unknown>> | null;
}

/** The `error` member of a response. */
export interface JsonRpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/**
 * Reads one request.
 *
 * @throws {JsonRpcFault} with the error object and the id to answer under; null when the id could not be read.
 */
export function decodeJsonRpcRequest(text: string): JsonRpcRequest {
  const parsed = guard(jsonRpcCode.parseError, null, () => parseJson(text));
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new JsonRpcFault(jsonRpcCode.invalidRequest, null, `expected one request object, got ${kindOf(parsed)}`);
  }
  const { jsonrpc, id, method, params = null } = parsed as Readonly<Record<string, unknown>>;
  const isId = id === undefined || id === null || typeof id === "string" || Number.isFinite(id);
  const answerId = isId ? ((id ?? null) as JsonRpcId) : null;
  if (!isId)
    throw new JsonRpcFault(
      jsonRpcCode.invalidRequest,
      null,
      `id: expected a text, a number or null, got ${kindOf(id)}`,
    );
  if (jsonrpc !== "2.0") throw new JsonRpcFault(jsonRpcCode.invalidRequest, answerId, 'jsonrpc: expected "2.0"');
  if (typeof method !== "string") {
    throw new JsonRpcFault(jsonRpcCode.invalidRequest, answerId, `method: expected a text, got ${kindOf(method)}`);
  }
  if (typeof params !== "object") {
    throw new JsonRpcFault(
      jsonRpcCode.invalidRequest,
      answerId,
      `params: expected an array or an object, got ${kindOf(params)}`,
    );
  }
  const revived = guard(jsonRpcCode.invalidParams, answerId, () => reviveParsed(params, text));
  const request = { jsonrpc: "2.0" as const, method, params: revived as JsonRpcRequest["params"] };
  return id === undefined ? request : { ...request, id: answerId };
}

/** Writes the response to a call that succeeded. */
export function encodeJsonRpcResult(id: JsonRpcId, result: unknown): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${encodeValue(result)}}`;
}

/** Writes the response to a call that failed. */
export function encodeJsonRpcError(id: JsonRpcId, error: JsonRpcError): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${encodeValue(error)}}`;
}

/** Writes a message that the server sends by itself, such as an event. */
export function encodeJsonRpcNotification(method: string, params: unknown): string {
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${encodeValue(params)}}`;
}

/**
 * The error object for what an `rpc/error` frame would say.
 *
 * EINVAL with a list of validation entries becomes `invalidParams` with `data.extra` = `[attribute path, message, errno]` each; everything else
 * `callFailed` with `data` = `{error, errname, reason, trace, extra}`. Whoever knows better (unknown method, too many calls) writes its own.
 */
export function toJsonRpcError({ code, message, extra, stacktrace }: ErrorArgs): JsonRpcError {
  const data = {
    error: code,
    errname: errnoName(code) ?? String(code),
    reason: message,
    trace: stacktrace ?? null,
    extra: extra ?? null,
  };
  if (code === errno.EINVAL && isValidation(extra)) {
    const entries = extra.map(({ path, message, code }) => [path.join("."), message, code]);
    return { code: jsonRpcCode.invalidParams, message: "Invalid params", data: { ...data, extra: entries } };
  }
  return { code: jsonRpcCode.callFailed, message: "Method call error", data };
}

/** Something that is not a request of this dialect. Answer with `error` under `id`. */
export class JsonRpcFault extends ProtocolError {
  override name = "JsonRpcFault";
  readonly id: JsonRpcId;
  readonly error: JsonRpcError;

  constructor(code: number, id: JsonRpcId, message: string) {
    super("PROTOCOL_FRAME_INVALID", message);
    this.id = id;
    this.error = { code, message };
  }
}

function guard<Result>(code: number, id: JsonRpcId, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new JsonRpcFault(code, id, error.message);
  }
}

function isValidation(extra: unknown): extra is readonly ValidationEntry[] {
  return Array.isArray(extra) && extra.every((entry) => Array.isArray((entry as { path?: unknown } | null)?.path));
}
