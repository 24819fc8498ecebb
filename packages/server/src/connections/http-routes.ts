// Which path of an HTTP server leads where. Whole paths are compared, each also with the prefix `/dispatcher`, under which front proxies and existing
// clients ask; anything else is 404.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** Answers a plain request. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>;
/** Takes over a connection that asked for a WebSocket. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

const prefix = "/dispatcher";

/** A table of paths. */
export class HttpRoutes {
  readonly #requests = new Map<string, { readonly method: string; readonly handler: RequestHandler }>();
  readonly #upgrades = new Map<string, UpgradeHandler>();
  #fallback: RequestHandler | undefined;

  /** A plain request with this method (GET includes HEAD). */
  on(method: string, path: string, handler: RequestHandler): void {
    this.#requests.set(path, { method, handler });
  }

  /** A WebSocket. */
  onUpgrade(path: string, handler: UpgradeHandler): void {
    this.#upgrades.set(path, handler);
  }

  /** Everything else that is asked for by GET. */
  otherwise(handler: RequestHandler): void {
    this.#fallback = handler;
  }

  async request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = urlOf(request);
    const route = url === undefined ? undefined : this.#requests.get(pathOf(url));
    const method = request.method === "HEAD" ? "GET" : request.method;
    if (url !== undefined && route?.method === method) await route?.handler(request, response, url);
    else if (route !== undefined) answer(response, 405, "method not allowed", { Allow: route.method });
    else if (url !== undefined && method === "GET" && this.#fallback !== undefined)
      await this.#fallback(request, response, url);
    else answer(response, 404, "not found");
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = urlOf(request);
    const handler = url === undefined ? undefined : this.#upgrades.get(pathOf(url));
    if (handler === undefined) refuseUpgrade(socket, "404 Not Found");
    else handler(request, socket, head);
  }
}

/** Answers with a line of text. */
export function answer(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = `${text}\n`;
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    "X-Content-Type-Options": "nosniff",
    ...headers,
  });
  response.end(body);
}

/** Answers with a JSON document that must not be kept. */
export function answerJson(response: ServerResponse, status: number, json: string): void {
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(json),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(json);
}

/** Says no to a connection that asked for a WebSocket. */
export function refuseUpgrade(socket: Duplex, status: string): void {
  socket.on("error", () => undefined);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function urlOf(request: IncomingMessage): URL | undefined {
  const url = `http://host${request.url ?? ""}`;
  return request.url?.startsWith("/") === true && URL.canParse(url) ? new URL(url) : undefined;
}

function pathOf({ pathname }: URL): string {
  return pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length) : pathname;
}
