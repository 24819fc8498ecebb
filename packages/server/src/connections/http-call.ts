// One call as one HTTP request: `POST /api/call` with `{"method": …, "args": …}`, and `Authorization: Bearer <token>` of an earlier login.

import type { IncomingMessage, ServerResponse } from "node:http";
import { type CallArguments, decodeValue, encodeValue, errno, ProtocolError, RpcError } from "@switchboard/protocol";
import type { Principal } from "../auth/index.ts";
import { collect, isAsyncIterable } from "../rpc/result-stream.ts";
import { toErrorArgs, toRpcError } from "../rpc/rpc-error.ts";
import type { Caller, Feature } from "../rpc/service.ts";
import type { ConnectionContext } from "./client-connection.ts";
import { answerJson } from "./http-routes.ts";
import type { Login, LoginTarget } from "./logins.ts";
import { isAllowedOrigin, type TrustedProxies } from "./proxies.ts";
import { addressOf, type Peer } from "./wire.ts";

/** What HTTP requests need besides what connections need. */
export interface HttpCallOptions {
  readonly context: ConnectionContext;
  readonly proxies: TrustedProxies;
  readonly allowedOrigins: readonly string[];
}

/** Whoever sent a request: a caller for as long as it is answered. */
export class HttpCaller implements Caller, LoginTarget {
  readonly id: string;
  readonly peer: Peer;
  readonly features: Set<Feature> = new Set();
  login: Login | undefined;
  isClosed = false;
  readonly #bearer: Principal | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(id: string, peer: Peer, bearer: Principal | undefined) {
    this.id = id;
    this.peer = peer;
    this.#bearer = bearer;
  }

  get address(): string {
    return addressOf(this.peer);
  }

  get principal(): Principal | undefined {
    return this.login?.principal ?? this.#bearer;
  }

  get resource(): string | undefined {
    return this.login?.resource;
  }

  get sessionId(): number | undefined {
    return this.login?.sessionId;
  }

  setLogin(login: Login | undefined): void {
    this.login = login;
  }

  logout(): void {
    this.close();
  }

  onClose(listener: () => void): () => void {
    if (this.isClosed) listener();
    else this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The request is over. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const listener of this.#listeners) listener();
  }
}

/** The one who sent a request, by its bearer token. */
export async function callerOf(request: IncomingMessage, { context, proxies }: HttpCallOptions): Promise<HttpCaller> {
  const [, token] = /^Bearer ([A-Za-z0-9]{1,64})$/.exec(request.headers.authorization ?? "") ?? [];
  const bearer = token === undefined ? undefined : await context.logins.ofToken(token);
  return new HttpCaller(context.connections.nextId(), proxies.peerOf(request), bearer);
}

/** Answers `POST /api/call`: `{"result": …}`, or `{"error": {code, message, extra?}}` with a fitting status. */
export async function answerCall(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpCallOptions,
): Promise<void> {
  const caller = await callerOf(request, options);
  const { context } = options;
  response.on("close", () => caller.close());
  try {
    const result = await call(request, caller, options);
    answerJson(response, 200, `{"result":${encodeValue(result)}}`);
  } catch (error) {
    const args = toErrorArgs(error, context.debug);
    // What was not read of the request would be taken for the next one.
    if (!request.complete) response.setHeader("Connection", "close");
    const { retryAfterMs } = (args.extra ?? {}) as { readonly retryAfterMs?: unknown };
    if (typeof retryAfterMs === "number") response.setHeader("Retry-After", Math.ceil(retryAfterMs / 1_000));
    const isUnknown = args.code === errno.EACCES && caller.principal === undefined;
    answerJson(response, isUnknown ? 401 : (statuses.get(args.code) ?? 422), `{"error":${encodeValue(args)}}`);
  } finally {
    // Whoever logged in by this request goes on with the token.
    await context.logins.leave(caller);
  }
}

const statuses: ReadonlyMap<number, number> = new Map([
  [errno.EINVAL, 400],
  [errno.EACCES, 403],
  [errno.EPERM, 403],
  [errno.ENOENT, 404],
  [errno.EMSGSIZE, 413],
  [errno.EBUSY, 429],
  [errno.EAGAIN, 429],
  [errno.EFAULT, 500],
  [errno.ETIMEDOUT, 504],
]);

async function call(request: IncomingMessage, caller: HttpCaller, options: HttpCallOptions): Promise<unknown> {
  const { context, allowedOrigins } = options;
  if (!isAllowedOrigin(request, allowedOrigins)) throw new RpcError(errno.EPERM, "pages of this site may not call");
  // Pages of other sites can send other types without asking first.
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? "")) {
    throw new RpcError(errno.EINVAL, "expected a body of type application/json");
  }
  const { maxFrameBytes, maxFrameBytesBeforeLogin, maxCollectedItems } = context.limits;
  const limit = caller.principal === undefined ? maxFrameBytesBeforeLogin : maxFrameBytes;
  const { method, args } = readCall(await readText(request, limit));
  const controller = new AbortController();
  caller.onClose(() => controller.abort());
  const result = await context.services.call(method, args, { caller, signal: controller.signal });
  return isAsyncIterable(result) ? collect(result, maxCollectedItems) : result;
}

function readCall(text: string): { readonly method: string; readonly args: CallArguments } {
  try {
    const body = decodeValue(text);
    if (typeof body !== "object" || body === null) throw new RpcError(errno.EINVAL, "expected {method, args}");
    const { method, args = null } = body as Readonly<Record<string, unknown>>;
    if (typeof method === "string" && typeof args === "object") return { method, args: args as CallArguments };
    throw new RpcError(errno.EINVAL, "expected a text as method, and an array or object as args");
  } catch (error) {
    throw error instanceof ProtocolError ? toRpcError(error) : error;
  }
}

async function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving it in the middle must not cut the connection before the answer is sent.
  const body = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes) throw new RpcError(errno.EMSGSIZE, `expected at most ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
