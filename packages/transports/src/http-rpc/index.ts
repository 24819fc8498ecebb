// The base of channels that speak HTTP: each request becomes one inbound message and stays open until the reply to it comes, or it has
// waited long enough. One worker per transport name, since the reply must come back to the process that holds the connection.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  closeServer,
  ConfigError,
  type ConfigFields,
  type ConfigOf,
  equalSecrets,
  readBasic,
  readBody,
  Transport,
  type TransportConfig,
  type UserMessage,
} from "@switchboard/messaging";
import { type Parameters, readParameters, readTarget } from "./parameters.ts";
import { PendingRequests } from "./pending-requests.ts";

const httpFields = {
  web_path: {
    type: "text",
    required: true,
    static: true,
    doc: "Path under which messages are taken, such as /api/sms.",
  },
  web_port: { type: "int", min: 0, max: 65_535, default: 0, static: true, doc: "Port to listen on; 0 for any." },
  web_host: { type: "text", static: true, doc: "Interface to listen on; default all." },
  web_username: { type: "text", static: true, doc: "User for HTTP Basic; without it nobody is asked." },
  web_password: { type: "text", static: true, secret: true, doc: "Password for HTTP Basic." },
  web_auth_domain: { type: "text", default: "Vumi HTTP RPC transport", static: true, doc: "Realm for HTTP Basic." },
  health_path: {
    type: "text",
    default: "health",
    static: true,
    doc: "Path that tells how many requests wait; never asks for a password.",
  },
  request_cleanup_interval: {
    type: "int",
    default: 5,
    static: true,
    deprecated: "nothing: requests time out at their exact moment",
    doc: "Without effect.",
  },
  request_timeout: {
    type: "int",
    min: 1,
    default: 240,
    unit: "seconds",
    static: true,
    doc: "How long a request may wait for its reply.",
  },
  request_timeout_status_code: {
    type: "int",
    min: 200,
    max: 599,
    default: 504,
    static: true,
    doc: "Status of the answer after that.",
  },
  request_timeout_body: { type: "text", default: "", static: true, doc: "Body of the answer after that." },
  noisy: { type: "bool", default: false, static: true, doc: "Whether replies are written to the log, at debug level." },
  validation_mode: {
    type: "text",
    choices: ["strict", "permissive"],
    default: "strict",
    static: true,
    doc: "Whether parameters that nobody expects are refused or passed over.",
  },
  response_time_down: {
    type: "float",
    min: 0,
    default: 10,
    unit: "seconds",
    static: true,
    doc: "A reply that takes longer makes the channel `down`.",
  },
  response_time_degraded: {
    type: "float",
    min: 0,
    default: 1,
    unit: "seconds",
    static: true,
    doc: "A reply that takes longer makes the channel `degraded`.",
  },
  max_body_bytes: {
    type: "int",
    min: 1,
    default: 1_048_576,
    unit: "bytes",
    static: true,
    doc: "Largest request body; a larger one gets 413.",
  },
} as const;

/** What HTTP transports are configured with. */
export type HttpRpcConfig = TransportConfig & ConfigOf<typeof httpFields>;

/** One request of the channel's, read completely. */
export interface HttpRequest {
  /** The inbound message that it becomes should have this id: the reply finds the request by it. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly parameters: Parameters;
  readonly body: Buffer;
}

/** An answer. */
export interface HttpAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly body: string;
  /** Added to, or instead of, the transport's own. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

type Target = ReturnType<typeof readTarget>;

const noBody = Buffer.alloc(0);

interface WaitingRequest {
  readonly arrivedAt: number;
  readonly response: ServerResponse;
  toAddr: string | undefined;
}

interface ResponseStatus {
  readonly status: "ok" | "degraded" | "down";
  readonly type: string;
  readonly message: string;
  readonly reasons: readonly string[];
}

const responseSent: ResponseStatus = { status: "ok", type: "response_sent", message: "Response sent", reasons: [] };
const methods = new Set(["GET", "HEAD", "POST", "PUT"]);

/**
 * Serves HTTP. A subclass implements `handleRequest`: it publishes the message and, when the answer does not depend on a reply, calls
 * `finishRequest` itself.
 */
export abstract class HttpRpcTransport<Config extends HttpRpcConfig = HttpRpcConfig> extends Transport<Config> {
  static override readonly fields: ConfigFields = httpFields;
  /** Content type of answers. */
  protected readonly contentType: string = "text/plain";
  #server: Server | undefined;
  /** The last status of the component `response`. */
  #reported: ResponseStatus | undefined;
  readonly #pending: PendingRequests<WaitingRequest> = new PendingRequests(
    this.context.clock,
    this.config.request_timeout * 1_000,
    (id, request) => this.#timedOut(id, request),
  );

  /** The port listened on; 0 before the start. */
  get port(): number {
    const address = this.#server?.address() as AddressInfo | null | undefined;
    return address?.port ?? 0;
  }

  /** How many requests wait for their reply. */
  get pendingRequests(): number {
    return this.#pending.size;
  }

  /** Makes a message of a request. What it throws answers the request with 500 and is logged. */
  protected abstract handleRequest(request: HttpRequest): void | Promise<void>;

  /** Answers what the health path says. */
  protected healthAnswer(): string {
    return `{"pending_requests": ${this.pendingRequests}}`;
  }

  /** Returns the answer for a caller without the right credentials; undefined lets it pass. */
  protected refusal(request: IncomingMessage): HttpAnswer | undefined {
    const { web_username, web_password, web_auth_domain } = this.config;
    if (web_username === null || web_username === "") return undefined;
    const given = readBasic(request.headers.authorization);
    // Both are always compared, so that a wrong user takes as long as a wrong password.
    const userFits = equalSecrets(given?.user ?? "", web_username);
    const passwordFits = equalSecrets(given?.password ?? "", web_password ?? "");
    if (given !== undefined && userFits && passwordFits) return undefined;
    return { status: 401, body: "Unauthorized", headers: { "WWW-Authenticate": `basic realm="${web_auth_domain}"` } };
  }

  /** Notes where a waiting request's message went, for the log. */
  protected noteAddress(id: string, toAddr: string | null): void {
    const request = this.#pending.get(id);
    if (request !== undefined && toAddr !== null) request.toAddr = toAddr;
  }

  /** Answers a waiting request. Returns false when it does not wait any more: answered, timed out, or its client is gone. */
  protected finishRequest(id: string, answer: HttpAnswer): boolean {
    const request = this.#pending.take(id);
    if (request === undefined) return false;
    this.#answer(request.response, answer);
    this.#reportResponseTime(answer.status ?? 200, request);
    return true;
  }

  protected override async setup(): Promise<void> {
    const { web_path, web_username, web_password, web_port, web_host } = this.config;
    if (segmentsOf(web_path).length === 0)
      throw invalid("web_path", `a path such as "/api", got ${JSON.stringify(web_path)}`);
    if ((web_username === null) !== (web_password === null)) {
      throw invalid("web_username", "web_username and web_password both, or neither");
    }
    const server = createServer((request, response) => this.#serve(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(web_port, web_host ?? undefined, resolve);
    });
    this.#server = server;
    await this.publishStatus({
      component: "http",
      status: "ok",
      type: "listening",
      message: `Listening on ${web_host ?? "all interfaces"}, port ${this.port}, path ${web_path}`,
    });
  }

  protected override async teardown(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    for (const { response } of this.#pending.takeAll()) this.#answer(response, { status: 503, body: "Shutting down" });
    await closeServer(server, this.context.clock);
  }

  protected override async sendOutbound(message: UserMessage): Promise<void> {
    const { message_id, in_reply_to, content } = message;
    if (isMissing(in_reply_to) || isMissing(content)) {
      const missing = Object.entries({ in_reply_to, content }).filter(([, value]) => isMissing(value));
      const nack_reason = `Missing fields: ${missing.map(([name]) => name).join(", ")}`;
      await this.publishEvent({
        event_type: "nack",
        user_message_id: message_id,
        nack_reason,
        sent_message_id: message_id,
      });
      return;
    }
    if (this.config.noisy) this.context.logger.debug({ worker: this.name, message_id, content }, "reply");
    // A reply to a request that does not wait any more is acknowledged all the same: Vumi's applications count on it.
    this.finishRequest(in_reply_to, { body: content });
    await this.publishAck(message_id, message_id);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    try {
      const target = readTarget(request.url ?? "/", this.config.web_path);
      if (isWithin(target.path, this.config.health_path)) this.#health(request, response);
      else if (isWithin(target.path, this.config.web_path)) {
        this.#take(request, response, target).catch((error: unknown) => this.#failed(response, error));
      } else this.#answer(response, { status: 404, body: "Not Found" });
    } catch (error) {
      this.#failed(response, error);
    }
  }

  #failed(response: ServerResponse, error: unknown): void {
    this.context.logger.error({ worker: this.name, err: error }, "an HTTP request could not be handled");
    this.#answer(response, { status: 500, body: "Internal Server Error" });
  }

  #health({ method }: IncomingMessage, response: ServerResponse): void {
    const allowed = method === "GET" || method === "HEAD";
    if (!allowed)
      return this.#answer(response, { status: 405, body: "Method Not Allowed", headers: { Allow: "GET, HEAD" } });
    this.#answer(response, { body: this.healthAnswer(), headers: { "Content-Type": "text/html" } });
  }

  async #take(request: IncomingMessage, response: ServerResponse, { path, query }: Target): Promise<void> {
    const { method = "" } = request;
    if (!methods.has(method)) return this.#answer(response, { status: 501, body: "Not Implemented" });
    const refusal = this.refusal(request);
    if (refusal !== undefined) return this.#answer(response, refusal);
    const arrivedAt = this.context.clock.now();
    const body = hasBody(request) ? await readBody(request, this.config.max_body_bytes) : noBody;
    if (body === undefined)
      return this.#answer(response, { status: 413, body: "Content Too Large", headers: { Connection: "close" } });
    const parameters = readParameters(query, body, request.headers["content-type"]);
    if (parameters === undefined) return this.#answer(response, { status: 400, body: "The form is not UTF-8." });

    const id = this.context.newId();
    this.#pending.add(id, { arrivedAt, response, toAddr: undefined });
    // A client that goes away before its reply comes must not be kept.
    response.on("close", () => this.#pending.take(id));
    try {
      await this.handleRequest({ id, method, path, headers: request.headers, parameters, body });
    } catch (error) {
      this.context.logger.error(
        { worker: this.name, message_id: id, err: error },
        "an HTTP request could not be made a message",
      );
      this.finishRequest(id, { status: 500, body: "Internal Server Error" });
    }
  }

  #timedOut(id: string, request: WaitingRequest): void {
    const { request_timeout, request_timeout_status_code: status, request_timeout_body: body } = this.config;
    this.context.logger.warn({ worker: this.name, message_id: id }, `Timing out ${request.toAddr ?? "Unknown"}`);
    this.#answer(request.response, { status, body });
    const reasons = [tookLongerThan(request_timeout)];
    const seconds = this.#secondsSince(request);
    this.#report(seconds, { status: "down", type: "timeout", message: "Response timed out", reasons });
  }

  #secondsSince({ arrivedAt }: WaitingRequest): number {
    return (this.context.clock.now() - arrivedAt) / 1_000;
  }

  #reportResponseTime(httpStatus: number, request: WaitingRequest): void {
    const { response_time_down: down, response_time_degraded: degraded } = this.config;
    const seconds = this.#secondsSince(request);
    if (httpStatus < 200 || httpStatus >= 400) return;
    if (seconds <= degraded) this.#report(seconds, responseSent);
    else if (httpStatus < 300) {
      const isDown = seconds > down;
      this.#report(seconds, {
        status: isDown ? "down" : "degraded",
        type: isDown ? "very_slow_response" : "slow_response",
        message: isDown ? "Very slow response" : "Slow response",
        reasons: [tookLongerThan(isDown ? down : degraded)],
      });
    }
  }

  #report(response_time: number, status: ResponseStatus): void {
    // What nearly every response is like: nothing is made for it.
    if (status === this.#reported) return;
    this.#reported = status;
    const published = this.publishStatusChange({ ...status, component: "response", details: { response_time } });
    published?.catch((error: unknown) => {
      this.context.logger.error({ worker: this.name, err: error }, "a status could not be published");
    });
  }

  #answer(response: ServerResponse, { status = 200, body, headers }: HttpAnswer): void {
    if (response.writableEnded || response.destroyed) return;
    const { contentType } = this;
    const withCharset = contentType.startsWith("text/") ? `${contentType}; charset=utf-8` : contentType;
    const usual = { "Content-Type": withCharset, "Content-Length": Buffer.byteLength(body) };
    if (headers === undefined) response.writeHead(status, usual);
    else {
      response.statusCode = status;
      for (const [name, value] of Object.entries({ ...usual, ...headers })) response.setHeader(name, value);
    }
    response.end(body);
  }
}

/** True unless a request surely has no body, which then need not be read. */
function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

function isMissing(value: string | null): value is null | "" {
  return value === null || value === "";
}

function tookLongerThan(seconds: number): string {
  return `Response took longer than ${seconds.toFixed(6)}s`;
}

function segmentsOf(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}

/** True for `prefix` itself and everything below it. */
function isWithin(path: string, prefix: string): boolean {
  // What nearly every request is like, and costs no splitting.
  if (path === prefix) return path !== "/";
  const wanted = segmentsOf(prefix);
  if (wanted[0] !== undefined && !path.includes(wanted[0])) return false;
  const segments = segmentsOf(path);
  return wanted.length > 0 && wanted.every((segment, index) => segments[index] === segment);
}

function invalid(field: string, expected: string): ConfigError {
  return new ConfigError("CONFIG_INVALID", `${field}: expected ${expected}`, { details: { fields: [field] } });
}
