// HTTP and HTTPS servers on one port of several addresses.

import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Logger } from "@switchboard/core";
import { SocketSet } from "./socket-set.ts";
import { answer, type HttpRoutes } from "./http-routes.ts";

/** Certificate and key, in PEM. */
export interface TlsOptions {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** Where to listen. */
export interface ListenOptions {
  /** Addresses, such as `127.0.0.1` and `::1`. Those of a family that this machine does not have are left out. */
  readonly hosts: readonly string[];
  /** 0: any free one, the same for all addresses. */
  readonly port: number;
  readonly tls?: TlsOptions | undefined;
  readonly logger: Logger;
}

/** An open port. */
export interface HttpListener {
  readonly port: number;
  /** Stops listening, and closes connections that carry no request. */
  stop(): void;
  /** Resolves when there is no connection (any more). */
  drained(): Promise<void>;
  /** Cuts every connection. */
  close(): Promise<void>;
}

/** Listens, and hands what comes to the routes. Rejects with the system's error when an address cannot be used. */
export async function listen(routes: HttpRoutes, options: ListenOptions): Promise<HttpListener> {
  const sockets = new SocketSet();
  const servers = await listenOnAll(routes, options, sockets);
  return {
    port: portOf(servers[0]),
    stop: () => {
      for (const server of servers) {
        server.close();
        server.closeIdleConnections();
      }
    },
    drained: () => sockets.drained(),
    close: async () => {
      const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      sockets.destroy();
      await Promise.all(closed);
    },
  };
}

const maxAttempts = 10;

/** One server for each address, all on one port. */
async function listenOnAll(
  routes: HttpRoutes,
  options: ListenOptions,
  sockets: SocketSet,
  attempt = 1,
): Promise<readonly Server[]> {
  const servers: Server[] = [];
  try {
    for (const host of options.hosts) {
      const server = createOne(routes, options);
      server.on("connection", (socket: Socket) => {
        socket.setNoDelay(true);
        sockets.add(socket);
      });
      const port = servers.length === 0 ? options.port : portOf(servers[0]);
      if (await listenOn(server, { host, port, isFurther: servers.length > 0 })) servers.push(server);
    }
    return servers;
  } catch (error) {
    for (const server of servers) server.close();
    // The port that was free at the first address is taken at another one.
    const isUnlucky =
      options.port === 0 && servers.length > 0 && (error as NodeJS.ErrnoException).code === "EADDRINUSE";
    if (isUnlucky && attempt < maxAttempts) return listenOnAll(routes, options, sockets, attempt + 1);
    throw error;
  }
}

function portOf(server: Server | undefined): number {
  return (server?.address() as AddressInfo | null | undefined)?.port ?? 0;
}

function createOne(routes: HttpRoutes, { tls, logger }: ListenOptions): Server {
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    routes.request(request, response).catch((error: unknown) => {
      logger.error({ err: error, path: request.url?.split("?", 1)[0] }, "an HTTP request failed");
      answer(response, 500, "internal error");
    });
  };
  const server = tls === undefined ? createHttpServer(handle) : createHttpsServer({ ...tls }, handle);
  server.on("upgrade", (request, socket, head) => routes.upgrade(request, socket, head));
  server.on("clientError", (_, socket) => socket.destroy());
  return server;
}

/** False when this machine does not have the address's family and another address is open already. */
function listenOn(
  server: Server,
  { host, port, isFurther }: { readonly host: string; readonly port: number; readonly isFurther: boolean },
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === "EAFNOSUPPORT" || error.code === "EADDRNOTAVAIL";
      if (isMissing && isFurther) resolve(false);
      else reject(error);
    });
    // Both families may listen on all addresses at once.
    server.listen({ host, port, ipv6Only: true }, () => resolve(true));
  });
}
