// What the two workers that serve the message store over HTTP have in common: where they listen, who may ask, health, and what becomes of errors.
// They need a process with a message store, such as a gateway's.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { ConfigSource } from "../config/source.ts";
import { equalSecrets, readBasic } from "../http/basic-auth.ts";
import { closeServer } from "../http/close-server.ts";
import type { MessageStore } from "../store/message-store.ts";
import { Worker, type WorkerContext } from "../worker/worker.ts";
import type { WorkerSurroundings } from "../worker/create-worker.ts";
import { MiddlewareError } from "../worker/errors.ts";

const storeHttpFields = {
  web_path: { type: "text", default: "/message_store", static: true, doc: "Where everything is below." },
  web_port: {
    type: "int",
    min: 0,
    max: 65_535,
    static: true,
    deprecated: "twisted_endpoint",
    doc: "Port to listen on.",
  },
  web_host: { type: "text", static: true, deprecated: "twisted_endpoint", doc: "Interface to listen on." },
  twisted_endpoint: {
    type: "serverEndpoint",
    required: true,
    static: true,
    fallbacks: [
      { host: "web_host", port: "web_port" },
      { host: "host", port: "port" },
    ],
    doc: "Where to listen, such as tcp:8080. Without an interface and a password: on this machine only.",
  },
  host: { type: "text", static: true, deprecated: "twisted_endpoint", doc: "Interface to listen on." },
  port: { type: "int", min: 0, max: 65_535, static: true, deprecated: "twisted_endpoint", doc: "Port to listen on." },
  health_path: { type: "text", default: "/health/", static: true, doc: "Answers whoever asks whether it runs." },
  web_username: { type: "text", static: true, doc: "User for HTTP Basic; without it nobody is asked." },
  web_password: { type: "text", static: true, secret: true, doc: "Password for HTTP Basic." },
  riak_manager: { type: "dict", default: {}, static: true, doc: "Vumi's Riak. Without effect." },
} as const;

/** What such a worker is configured with. */
export type StoreHttpConfig = ConfigOf<typeof storeHttpFields>;

/** A request of somebody who may ask, below `web_path`. */
export interface StoreRequest {
  readonly method: string;
  /** The parts of the path behind `web_path`, decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The answer to a request that is refused. */
export class HttpRefusal extends Error {
  override name = "HttpRefusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Serves the message store of its process over HTTP. */
export abstract class StoreHttpWorker extends Worker<StoreHttpConfig> {
  static override readonly fields: ConfigFields = storeHttpFields;
  protected readonly store: MessageStore;
  #server: Server | undefined;

  /** @throws {MiddlewareError} MIDDLEWARE_NO_STORE in a process without a message store. */
  static readParts(_config: unknown, _source: ConfigSource, surroundings: WorkerSurroundings): Promise<MessageStore> {
    const { messageStore } = surroundings;
    if (messageStore !== undefined) return Promise.resolve(messageStore);
    return Promise.reject(new MiddlewareError("MIDDLEWARE_NO_STORE", "this process has no message store to serve"));
  }

  constructor(config: StoreHttpConfig, context: WorkerContext, store: MessageStore) {
    super(config, context);
    this.store = store;
  }

  /** The port listened on; 0 before the start. */
  get port(): number {
    return (this.#server?.address() as AddressInfo | null | undefined)?.port ?? 0;
  }

  /** What `health_path` answers. */
  protected abstract readonly healthAnswer: string;

  /** Answers a request. @throws {HttpRefusal} which is answered by its status and text. */
  protected abstract answer(request: StoreRequest): Promise<void>;

  protected override setupConnectors(): void {
    // Nothing comes by the bus.
  }

  protected override async setup(): Promise<void> {
    const { twisted_endpoint: endpoint } = this.config;
    const server = createServer((request, response) => void this.#serve(request, response));
    const isOpen = this.config.web_username === null;
    const place =
      endpoint.transport === "unix"
        ? { path: endpoint.path }
        : { port: endpoint.port, host: endpoint.host ?? (isOpen ? "127.0.0.1" : undefined) };
    if (isOpen && endpoint.transport !== "unix" && endpoint.host === undefined) {
      const note = { worker: this.name };
      this.context.logger.warn(note, "messages are served on this machine only, since web_username asks nobody");
    }
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(place, resolve);
    });
    this.#server = server;
  }

  protected override async teardown(): Promise<void> {
    if (this.#server !== undefined) await closeServer(this.#server, this.context.clock);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://localhost");
      const { method = "" } = request;
      const segments = segmentsOf(pathname);
      const base = segmentsOf(this.config.web_path);
      if (isSame(segments, segmentsOf(this.config.health_path))) return sendText(response, 200, this.healthAnswer);
      if (!this.#knows(request)) {
        return sendText(response, 401, "Unauthorized", { "WWW-Authenticate": 'Basic realm="Message store"' });
      }
      if (!isSame(segments.slice(0, base.length), base)) throw new HttpRefusal(404, "Not Found");
      await this.answer({ method, segments: segments.slice(base.length), query, request, response });
    } catch (error) {
      this.#refuse(response, error);
    }
  }

  #refuse(response: ServerResponse, error: unknown): void {
    // Half an answer must not pass for a whole one.
    if (response.headersSent) response.destroy();
    else if (error instanceof HttpRefusal) sendText(response, error.status, error.message);
    else sendText(response, 500, "Internal Server Error");
    if (error instanceof HttpRefusal || response.errored !== null) return;
    this.context.logger.error(
      { worker: this.name, err: error },
      "a question about stored messages could not be answered",
    );
  }

  #knows({ headers }: IncomingMessage): boolean {
    const { web_username, web_password } = this.config;
    if (web_username === null) return true;
    const given = readBasic(headers.authorization);
    // Both are always compared, so that a wrong user takes as long as a wrong password.
    const userFits = equalSecrets(given?.user ?? "", web_username);
    const passwordFits = equalSecrets(given?.password ?? "", web_password ?? "");
    return given !== undefined && userFits && passwordFits;
  }
}

/** Answers with a text. */
export function sendText(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", ...headers }).end(body);
}

function segmentsOf(path: string): string[] {
  try {
    return path
      .split("/")
      .filter((segment) => segment !== "")
      .map((segment) => decodeURIComponent(segment));
  } catch {
    throw new HttpRefusal(404, "Not Found");
  }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((segment, index) => segment === other[index]);
}
