// A client that speaks JSON-RPC 2.0 on a WebSocket: the same services, logins and events in another dialect. Streams are collected into arrays.

import {
  type CallArguments,
  decodeJsonRpcRequest,
  encodeJsonRpcError,
  encodeJsonRpcNotification,
  encodeJsonRpcResult,
  errno,
  type JsonRpcError,
  JsonRpcFault,
  jsonRpcCode,
  type JsonRpcId,
  type JsonRpcRequest,
  toJsonRpcError,
} from "@switchboard/protocol";
import { ServerError } from "../errors.ts";
import type { EncodedFrame } from "../events/index.ts";
import type { Invocation } from "../rpc/invocation.ts";
import { collect, isAsyncIterable } from "../rpc/result-stream.ts";
import { toErrorArgs, toRpcError } from "../rpc/rpc-error.ts";
import { ClientConnection } from "./client-connection.ts";

const beforeEvent = `{"namespace":"events","name":"event","id":null,"args":`;
const afterEvent = "}";

/** A connection of the JSON-RPC dialect. */
export class JsonRpcConnection extends ClientConnection {
  readonly #open = new Set<Invocation>();

  protected handle(text: string): void {
    let request: JsonRpcRequest;
    try {
      request = decodeJsonRpcRequest(text);
    } catch (error) {
      if (error instanceof JsonRpcFault) this.send(encodeJsonRpcError(error.id, error.error));
      else this.refuse(error);
      return;
    }
    this.context.logins.touch(this);
    const { id, method, params } = request;
    this.#call(method, params).then(
      (result) => this.#answer(id, result),
      (error: unknown) => this.#fail(id, error),
    );
  }

  protected refuse(error: unknown): void {
    this.#fail(null, error);
  }

  /** The same event as a notification, without encoding it again. */
  protected eventFrame({ text }: EncodedFrame): string {
    return `{"jsonrpc":"2.0","method":"event","params":${text.slice(beforeEvent.length, -afterEvent.length)}}`;
  }

  protected logoutFrame(reason: string, isTokenValid: boolean): string {
    return encodeJsonRpcNotification("logout", { reason, ...(isTokenValid ? { token_valid: true } : undefined) });
  }

  protected endCalls(): void {
    for (const invocation of this.#open) invocation.abort();
  }

  async #call(method: string, params: CallArguments): Promise<unknown> {
    const { services, limits } = this.context;
    if (this.#open.size >= limits.maxOpenCalls) {
      throw new ServerError("RPC_CALLS_EXCEEDED", `${limits.maxOpenCalls} calls are in flight on this connection`);
    }
    const call = services.find(method, params, this);
    const { invocation } = call;
    this.#open.add(invocation);
    try {
      const result = await services.invoke(call);
      return isAsyncIterable(result) ? await this.#collect(result, invocation) : result;
    } finally {
      this.#open.delete(invocation);
    }
  }

  async #collect(stream: AsyncIterable<unknown>, invocation: Invocation): Promise<unknown[]> {
    const iterator = stream[Symbol.asyncIterator]();
    invocation.onAbort(() => void iterator.return?.());
    return collect({ [Symbol.asyncIterator]: () => iterator }, this.context.limits.maxCollectedItems);
  }

  #answer(id: JsonRpcId | undefined, result: unknown): void {
    if (id === undefined) return;
    try {
      this.send(encodeJsonRpcResult(id, result));
    } catch (error) {
      // The result cannot be written.
      this.#fail(id, error);
    }
  }

  #fail(id: JsonRpcId | undefined, error: unknown): void {
    if (id !== undefined) this.send(encodeJsonRpcError(id, errorOf(error, this.context.debug)));
  }
}

const codes: Readonly<Record<string, number>> = {
  RPC_NAME_INVALID: jsonRpcCode.methodNotFound,
  RPC_SERVICE_UNKNOWN: jsonRpcCode.methodNotFound,
  RPC_METHOD_UNKNOWN: jsonRpcCode.methodNotFound,
  RPC_CALLS_EXCEEDED: jsonRpcCode.tooManyCalls,
  RPC_RATE_EXCEEDED: jsonRpcCode.tooManyCalls,
};

function errorOf(error: unknown, debug: boolean): JsonRpcError {
  const { cause, errno: number } = toRpcError(error);
  const answer = toJsonRpcError(toErrorArgs(error, debug));
  const code = cause instanceof ServerError ? codes[cause.code] : undefined;
  if (code !== undefined && cause instanceof ServerError) return { ...answer, code, message: cause.message };
  return number === unforeseen ? { ...answer, code: jsonRpcCode.internalError, message: "Internal error" } : answer;
}

const unforeseen = errno.EFAULT;
